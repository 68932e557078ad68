#include "support/test.h"

#include "datasets/files.h"
#include "datasets/numpy/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reads_what_numpy_wrote(void **state) {
  (void)state;
  assert_as_expected("floats.npy", NULL, "npy");
  assert_as_expected("integers.npy", NULL, "npy");
  assert_as_expected("one_plane.npy", NULL, "npy");
  assert_as_expected("blocks.npy", NULL, "npy"); /* events larger than a block of the reader */
}

static void says_what_it_holds(void **state) {
  (void)state;
  ls_source *source = NULL;
  ls_event_info info;
  assert_int_equal(ls_source_open(test_file("integers.npy"), NULL, &source, NULL), LS_OK);
  assert_int_equal(source->count, 2);
  assert_int_equal(source->geometry.planes, 3);
  assert_int_equal(source->geometry.rows, 5);
  assert_int_equal(source->geometry.columns, 7);
  assert_int_equal(source->value_type, LS_VALUE_INT32);
  assert_false(source->has_labels);
  assert_int_equal(source->functions->info(source, 1, &info, NULL), LS_OK);
  assert_int_equal(info.run, -1);
  assert_int_equal(info.label, -1);
  assert_int_equal(info.pdg, 0);
  assert_int_equal(info.raw_bytes, 3 * 5 * 7 * 4);
  assert_int_equal(source->functions->info(source, 2, &info, NULL), LS_USAGE);
  ls_source_close(source);
}

static void skips_planes_that_are_not_wanted(void **state) {
  (void)state;
  ls_source *source = NULL;
  assert_int_equal(ls_source_open(test_file("integers.npy"), NULL, &source, NULL), LS_OK);
  float *all = collect_event(source, 1, 7), *one = collect_event(source, 1, 2);
  enum { PIXELS = 5 * 7 };
  const float none[PIXELS] = {0};
  assert_memory_equal(one, none, sizeof none);
  assert_memory_equal(one + PIXELS, all + PIXELS, sizeof none);
  assert_memory_equal(one + 2 * PIXELS, none, sizeof none);
  free(all);
  free(one);
  ls_source_close(source);
}

static void refuses_bad_files(void **state) {
  (void)state;
  static const bad_file files[] = {
      {"fortran.npy", LS_FORMAT, "Fortran order"},
      {"big_endian.npy", LS_FORMAT, "big-endian ('>f4')"},
      {"rank2.npy", LS_FORMAT, "[events, rows, columns]"},
      {"rank5.npy", LS_FORMAT, "5 axes"},
      {"planes4.npy", LS_FORMAT, "planes <= 3"},
      {"no_events.npy", LS_FORMAT, "no events"},
      {"no_rows.npy", LS_FORMAT, "0 x 7"},
      {"doubles.npy", LS_FORMAT, "'<f8'"},
      {"bytes.npy", LS_FORMAT, "'|u1'"},
      {"compound.npy", LS_FORMAT, "plain numbers"},
      {"large_integer.npy", LS_VALUE, "event 0, plane 0, row 0, column 0 holds 16777217"},
      {"nan.npy", LS_VALUE, "event 1, plane 0, tick 2, wire 3 holds nan"},
      {"infinity.npy", LS_VALUE, "event 1, plane 0, tick 2, wire 3 holds -inf"},
      {"truncated.npy", LS_FORMAT, "cut short"},
      {"header_only.npy", LS_FORMAT, "before the end"},
      {"magic_only.npy", LS_FORMAT, "before the end"},
      {"trailing.npy", LS_FORMAT, "1 bytes after"},
      {"version9.npy", LS_FORMAT, "version 1 to 3"},
      {"no_shape.npy", LS_FORMAT, "header"},
      {"huge.npy", LS_FORMAT, "header"},
      {"negative.npy", LS_FORMAT, "header"},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) assert_refused(&files[i]);
}

static void takes_the_largest_integer(void **state) {
  (void)state;
  ls_source *source = NULL;
  assert_int_equal(ls_source_open(test_file("largest_integer.npy"), NULL, &source, NULL), LS_OK);
  float *got = collect_event(source, 0, 1);
  assert_true(got[0] == -16777216.0f && got[3] == -16777216.0f);
  free(got);
  ls_source_close(source);
}

static void reads_integers_of_every_width(void **state) {
  (void)state;
  static const char *const files[] = {"i1", "i2", "i4", "i8", "u1",    "u2",
                                      "u4", "u8", "f4", "f8", "column"};
  static const int64_t expected[] = {0, 4, 2, 1, 3};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char name[64];
    snprintf(name, sizeof name, "labels_%s.npy", files[i]);
    int64_t *values = NULL;
    size_t count = 0;
    assert_int_equal(ls_npy_read_integers(test_file(name), &values, &count, NULL), LS_OK);
    assert_int_equal(count, 5);
    assert_memory_equal(values, expected, sizeof expected);
    free(values);
  }
}

static void refuses_what_are_no_integers(void **state) {
  (void)state;
  static const bad_file files[] = {{"labels_wide.npy", LS_VALUE, "element 2"},
                                   {"labels_half.npy", LS_VALUE, "element 2"},
                                   {"labels_nan.npy", LS_VALUE, "element 2"},
                                   {"labels_matrix.npy", LS_FORMAT, "[events]"},
                                   {"labels_words.npy", LS_FORMAT, "plain numbers"},
                                   {"truncated.npy", LS_FORMAT, "cut short"},
                                   {"missing.npy", LS_IO, "No such file"}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    int64_t *values = NULL;
    size_t count = 0;
    ls_error error = {0};
    ls_status status = ls_npy_read_integers(test_file(files[i].name), &values, &count, &error);
    if (status != files[i].status || !strstr(error.message, files[i].says))
      fail_msg("%s: status %d: %s", files[i].name, status, error.message);
    assert_null(values);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_numpy_wrote),
      cmocka_unit_test(says_what_it_holds),
      cmocka_unit_test(skips_planes_that_are_not_wanted),
      cmocka_unit_test(refuses_bad_files),
      cmocka_unit_test(takes_the_largest_integer),
      cmocka_unit_test(reads_integers_of_every_width),
      cmocka_unit_test(refuses_what_are_no_integers),
  };
  return cmocka_run_group_tests_name("NumPy files", tests, NULL, NULL);
}
