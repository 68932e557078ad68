#include "support/test.h"

#include "datasets/files.h"

#include <stdlib.h>
#include <string.h>

static void reads_what_h5py_wrote(void **state) {
  (void)state;
  if (!needs_hdf5()) return;
  assert_as_expected("larcv3.h5", NULL, "larcv3");
  assert_as_expected("larcv3.h5", "wire", "larcv3");
  assert_as_expected("images_only.h5", NULL, "larcv3");
  assert_as_expected("producers.h5", NULL, "larcv3"); /* wires before masks */
}

static void says_what_it_holds(void **state) {
  (void)state;
  if (!needs_hdf5()) return;
  static const int pdg[] = {13, 22, 0, -211};
  ls_source *source = NULL;
  ls_event_info info;
  assert_int_equal(ls_source_open(test_file("larcv3.h5"), NULL, &source, NULL), LS_OK);
  assert_int_equal(source->count, 4);
  assert_int_equal(source->geometry.planes, 3);
  assert_int_equal(source->geometry.rows, 6);
  assert_int_equal(source->geometry.columns, 9);
  assert_int_equal(source->value_type, LS_VALUE_FLOAT32);
  assert_false(source->has_labels);
  for (size_t event = 0; event < 4; event++) {
    assert_int_equal(source->functions->info(source, event, &info, NULL), LS_OK);
    assert_int_equal(info.run, 7);
    assert_int_equal(info.subrun, 1);
    assert_int_equal(info.event, 100 + event);
    assert_int_equal(info.label, -1);
    assert_int_equal(info.pdg, pdg[event]);
    assert_int_equal(info.raw_bytes, (9 + 9 + 7) * 6 * 4);
    assert_in_range(info.stored_bytes, 1, 100000);
  }
  assert_int_equal(source->functions->info(source, 4, &info, NULL), LS_USAGE);
  ls_source_close(source);
  assert_int_equal(ls_source_open(test_file("images_only.h5"), NULL, &source, NULL), LS_OK);
  assert_int_equal(source->functions->info(source, 0, &info, NULL), LS_OK);
  assert_int_equal(info.run, -1);
  assert_int_equal(info.pdg, 0);
  ls_source_close(source);
}

static void reads_the_producer_that_is_named(void **state) {
  (void)state;
  if (!needs_hdf5()) return;
  ls_source *source = NULL;
  ls_error error = {0};
  assert_int_equal(ls_source_open(test_file("producers.h5"), "a_mask", &source, NULL), LS_OK);
  float *got = collect_event(source, 1, 7), sum = 0;
  for (size_t i = 0; i < 3 * 6 * 9; i++) sum += got[i];
  assert_true(sum == 60); /* 20 voxels of value 1 in each plane */
  free(got);
  got = collect_event(source, 1, 4);
  for (size_t i = 0; i < 2 * 6 * 9; i++) assert_true(got[i] == 0);
  free(got);
  ls_source_close(source);
  assert_int_equal(ls_source_open(test_file("producers.h5"), "wir", &source, &error), LS_USAGE);
  assert_non_null(strstr(error.message, "a_mask, wire"));
  assert_null(source);
}

static void refuses_bad_files(void **state) {
  (void)state;
  if (!needs_hdf5()) return;
  static const bad_file files[] = {
      {"larcv3_no_images.h5", LS_FORMAT, "sparse2d_NAME_group"},
      {"larcv3_no_voxels.h5", LS_FORMAT, "sparse2d_wire_group/voxels is missing"},
      {"larcv3_plain_voxels.h5", LS_FORMAT, "compounds"},
      {"larcv3_no_value.h5", LS_FORMAT, "no member value"},
      {"larcv3_whole_value.h5", LS_FORMAT, "member value is not a floating-point number"},
      {"larcv3_rank2.h5", LS_FORMAT, "2 dimensions"},
      {"larcv3_meta3.h5", LS_FORMAT, "member number_of_voxels"},
      {"larcv3_no_events.h5", LS_FORMAT, "no events"},
      {"larcv3_event_ids.h5", LS_FORMAT, "of 3 events"},
      {"larcv3_beyond.h5", LS_FORMAT, "event 3, plane 2"},
      {"larcv3_too_many_voxels.h5", LS_FORMAT, "55 voxels in an image of 9 x 6"},
      {"larcv3_planes_beyond.h5", LS_FORMAT, "3 rows from 1099511627776 on of data set"},
      {"larcv3_four_planes.h5", LS_FORMAT, "event 0 has 4 planes"},
      {"larcv3_two_planes.h5", LS_FORMAT, "event 1 has 3 planes, but event 0 has 2"},
      {"larcv3_other_plane.h5", LS_FORMAT, "each once"},
      {"larcv3_same_plane.h5", LS_FORMAT, "each once"},
      {"larcv3_huge.h5", LS_FORMAT, "an image of 8589934592"},
      {"larcv3_long.h5", LS_FORMAT, "an image of 1 x 1073741824"},
      {"larcv3_signed.h5", LS_FORMAT, "member id is not an integer of the expected shape and sign"},
      {"larcv3_empty_image.h5", LS_FORMAT, "an image of 0 x 5"},
      {"larcv3_larger_event.h5", LS_FORMAT, "event 1 is of 10 x 6"},
      {"larcv3_nan.h5", LS_VALUE, "event 0, plane 1, tick"},
      {"larcv3_duplicate.h5", LS_FORMAT, "event 0, plane 0: voxel id"},
      {"larcv3_outside.h5", LS_FORMAT, "voxel id 54 is outside the image of 9 x 6"},
      {"larcv3_far_outside.h5", LS_FORMAT, "outside the image"},
      {"larcv3_no_process.h5", LS_FORMAT, "no member process"},
      {"larcv3_truncated.h5", LS_FORMAT, "cut short"},
      {"larcv3_damaged.h5", LS_FORMAT, "damaged"},
      {"other.h5", LS_FORMAT, "larcv3 HDF5 (group /Data)"},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) assert_refused(&files[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_h5py_wrote),
      cmocka_unit_test(says_what_it_holds),
      cmocka_unit_test(reads_the_producer_that_is_named),
      cmocka_unit_test(refuses_bad_files),
  };
  return cmocka_run_group_tests_name("larcv3 files", tests, NULL, NULL);
}
