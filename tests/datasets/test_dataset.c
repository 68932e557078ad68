#include "support/test.h"

#include "datasets/dataset.h"
#include "datasets/files.h"
#include "datasets/labels.h"

#include <stdio.h>
#include <string.h>

/* Opens the paths of make_files.py; up to 4 names, NULL where fewer. */
static ls_status open_named(const char *const names[4], const char *labels, ls_dataset **dataset,
                            ls_error *error) {
  const char *paths[4];
  size_t count = 0;
  for (; count < 4 && names[count]; count++) paths[count] = test_file(names[count]);
  return ls_dataset_open(paths, count, labels, NULL, 5, dataset, error);
}

#define NAMES(...)                                                                                 \
  (const char *const[5]) {                                                                         \
    __VA_ARGS__, NULL                                                                              \
  }

static ls_dataset *must_open(const char *const names[4], const char *labels) {
  ls_dataset *dataset = NULL;
  ls_error error = {0};
  if (open_named(names, labels, &dataset, &error) != LS_OK) fail_msg("%s", error.message);
  return dataset;
}

static void must_refuse(const char *const names[4], const char *labels, ls_status status,
                        const char *says) {
  ls_dataset *dataset = NULL;
  ls_error error = {0};
  ls_status got = open_named(names, labels, &dataset, &error);
  if (got != status || !strstr(error.message, says) || strchr(error.message, '\n') || dataset)
    fail_msg("status %d instead of %d, or not '%s': %s", got, status, says, error.message);
}

static void assert_files(const ls_dataset *dataset, const char *const *ends, size_t count) {
  assert_int_equal(ls_dataset_file_count(dataset), count);
  for (size_t i = 0; i < count; i++) {
    const char *path = ls_dataset_file(dataset, i);
    assert_string_equal(path + strlen(path) - strlen(ends[i]), ends[i]);
  }
  assert_null(ls_dataset_file(dataset, count));
}

static void takes_folders_and_globs_in_order(void **state) {
  (void)state;
  static const char *const sorted[] = {"several/a.npy", "several/b.npy", "several/c.npy"};
  static const char *const mixed[] = {"several/c.npy", "several/a.npy", "several/b.npy"};
  ls_dataset *dataset = must_open(NAMES("several"), "index");
  assert_files(dataset, sorted, 3);
  assert_int_equal(ls_dataset_count(dataset), 5);
  ls_dataset_close(dataset);
  dataset = must_open(NAMES("several/"), "index");
  assert_files(dataset, sorted, 3);
  ls_dataset_close(dataset);
  dataset = must_open(NAMES("several/c.npy", "several/[ab].n?y"), "index");
  assert_files(dataset, mixed, 3);
  ls_dataset_close(dataset);
  dataset = must_open(NAMES("sever*"), "index");
  assert_files(dataset, sorted, 3);
  ls_dataset_close(dataset);
}

static void refuses_paths_without_events(void **state) {
  (void)state;
  must_refuse(NAMES(NULL), "index", LS_USAGE, "no event files are named");
  must_refuse(NAMES("missing.npy"), "index", LS_IO, "missing.npy: cannot be opened: No such file");
  must_refuse(NAMES("missing*"), "index", LS_IO, "no file matches");
  must_refuse(NAMES("nothing"), "index", LS_IO, "holds no event files");
  must_refuse(NAMES("several/notes.txt"), "index", LS_FORMAT, "no events in a known format");
  /* A damaged event file in a folder is no other file to pass over. */
  must_refuse(NAMES("one_damaged"), "index", LS_FORMAT, "truncated.npy: is cut short");
}

static void refuses_files_that_do_not_fit(void **state) {
  (void)state;
  must_refuse(NAMES("good.npy", "other_shape.npy"), "index", LS_MISMATCH,
              "other_shape.npy: 1 planes of 5 ticks and 8 wires, but");
  must_refuse(NAMES("good.npy", "floats.npy", "good.npy"), "index", LS_USAGE, "are the same file");
  must_refuse(NAMES("several", "link.npy"), "index", LS_USAGE, "are the same file");
}

static void finds_every_event(void **state) {
  (void)state;
  ls_dataset *dataset = must_open(NAMES("several"), "index");
  static const size_t files[] = {0, 1, 1, 2, 2}, places[] = {0, 0, 1, 0, 1};
  static const size_t order[] = {4, 0, 2, 1, 3, 3, 0};
  ls_image image = {0}, alone = {0};
  ls_geometry geometry = ls_dataset_geometry(dataset);
  ls_image_policy policy = ls_image_policy_default(ls_dataset_format(dataset), &geometry);
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    size_t event = order[i], in_file = 99;
    ls_source *source = NULL, *direct = NULL;
    assert_int_equal(ls_dataset_locate(dataset, event, &source, &in_file, NULL), LS_OK);
    assert_string_equal(source->path, ls_dataset_file(dataset, files[event]));
    assert_int_equal(in_file, places[event]);
    assert_int_equal(ls_dataset_read(dataset, event, &policy, &image, NULL), LS_OK);
    assert_int_equal(image.event, event);
    assert_int_equal(image.label, event % 5);
    assert_int_equal(ls_source_open(source->path, NULL, &direct, NULL), LS_OK);
    assert_int_equal(ls_image_read(direct, in_file, &policy, &alone, NULL), LS_OK);
    assert_int_equal(image.plane[0].count, alone.plane[0].count);
    assert_true(alone.plane[0].count > 0);
    assert_memory_equal(image.plane[0].index, alone.plane[0].index, 4 * alone.plane[0].count);
    assert_memory_equal(image.plane[0].value, alone.plane[0].value, 4 * alone.plane[0].count);
    ls_source_close(direct);
  }
  double read = 0, inflate = -1;
  ls_dataset_times(dataset, &read, &inflate);
  assert_true(read > 0 && inflate == 0);
  ls_error error = {0};
  assert_int_equal(ls_dataset_read(dataset, 5, &policy, &image, &error), LS_USAGE);
  assert_non_null(strstr(error.message, "events 0 to 4"));
  ls_image_destroy(&image);
  ls_image_destroy(&alone);
  ls_dataset_close(dataset);
}

static void says_float_if_any_file_has_floats(void **state) {
  (void)state;
  ls_dataset *dataset = must_open(NAMES("whole_numbers.npy"), "index");
  assert_int_equal(ls_dataset_value_type(dataset), LS_VALUE_INT32);
  ls_dataset_close(dataset);
  dataset = must_open(NAMES("whole_numbers.npy", "good.npy"), "index");
  assert_int_equal(ls_dataset_value_type(dataset), LS_VALUE_FLOAT32);
  ls_dataset_close(dataset);
}

/* Compares the labels of the five events of folder "several". */
static void assert_labels(const char *rule, const int expected[5]) {
  ls_dataset *dataset = must_open(NAMES("several"), rule);
  for (size_t event = 0; event < 5; event++) {
    int label = -9;
    assert_int_equal(ls_dataset_label(dataset, event, &label, NULL), LS_OK);
    if (label != expected[event])
      fail_msg("%s: event %zu has label %d instead of %d", rule, event, label, expected[event]);
  }
  ls_dataset_close(dataset);
}

static void labels_by_rule(void **state) {
  (void)state;
  static const int listed[] = {0, 4, 2, 1, 3};
  assert_labels("index", (const int[]){0, 1, 2, 3, 4});
  assert_labels("constant:3", (const int[]){3, 3, 3, 3, 3});
  assert_labels(test_file("labels.txt"), listed);
  assert_labels(test_file("labels_i8.npy"), listed);
  assert_labels(test_file("labels_column.npy"), listed);
}

static void refuses_wrong_rules(void **state) {
  (void)state;
  static const struct {
    const char *rule, *says;
  } rules[] = {{"constant", "needs a number"},
               {"constant:", "needs a number"},
               {"constant:x", "needs a number"},
               {"constant:2x", "needs a number"},
               {"constant: 2", "needs a number"},
               {"constant:5", "classes are 0 to 4"},
               {"constant:-1", "classes are 0 to 4"},
               {"constant:99999999999999999999", "needs a number"},
               {"", "is empty"},
               {"PDG", "no such rule and no such file; allowed are file, pdg, index, constant:K"}};
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    must_refuse(NAMES("several"), rules[i].rule, LS_USAGE, rules[i].says);
    must_refuse(NAMES("several"), rules[i].rule, LS_USAGE, "--labels");
  }
  must_refuse(NAMES("several"), NULL, LS_USAGE, "a.npy: the file holds no labels; say --labels");
  must_refuse(NAMES("several"), "file", LS_USAGE, "holds no labels");
}

static void refuses_wrong_label_files(void **state) {
  (void)state;
  static const struct {
    const char *name;
    ls_status status;
    const char *says;
  } files[] = {{"labels_short.txt", LS_MISMATCH, "4 labels, but the files hold 5 events"},
               {"labels_long.npy", LS_MISMATCH, "6 labels, but the files hold 5 events"},
               {"labels_empty.txt", LS_MISMATCH, "0 labels"},
               {"labels_garbage.txt", LS_FORMAT, "line 3 is no class number: 'gamma'"},
               {"labels_two.txt", LS_FORMAT, "line 3 is no class number: '2 3'"},
               {"labels_line.txt", LS_FORMAT, ":2: longer than"},
               {"labels_class9.txt", LS_VALUE, "event 1 has label 9; the classes are 0 to 4"},
               {"labels_class5.npy", LS_VALUE, "event 3 has label 5"},
               {"labels_negative.npy", LS_VALUE, "event 2 has label -1"},
               {"labels_half.npy", LS_VALUE, "element 2 is no whole number"},
               {"several", LS_IO, "is a folder"}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    must_refuse(NAMES("several"), test_file(files[i].name), files[i].status, files[i].says);
    must_refuse(NAMES("several"), test_file(files[i].name), files[i].status, files[i].name);
  }
}

static void knows_the_studys_particles(void **state) {
  (void)state;
  static const int codes[][2] = {{22, 0},  {11, 1},   {-11, 1},   {13, 2},   {-13, 2},
                                 {211, 3}, {-211, 3}, {321, 4},   {-321, 4}, {-22, -1},
                                 {0, -1},  {14, -1},  {2212, -1}, {111, -1}};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    assert_int_equal(ls_class_of_pdg(codes[i][0]), codes[i][1]);
  ls_dataset *dataset = must_open(NAMES("several"), "index");
  assert_string_equal(ls_dataset_class_name(dataset, 0), "gamma");
  assert_string_equal(ls_dataset_class_name(dataset, 4), "K+");
  assert_string_equal(ls_dataset_class_name(dataset, 5), "no class");
  ls_dataset_close(dataset);
  const char *path = test_file("several");
  assert_int_equal(ls_dataset_open(&path, 1, "index", NULL, 7, &dataset, NULL), LS_OK);
  assert_string_equal(ls_dataset_class_name(dataset, 6), "class 6");
  ls_dataset_close(dataset);
}

static void labels_by_particle(void **state) {
  (void)state;
  if (!needs_hdf5()) return;
  ls_dataset *dataset = must_open(NAMES("larcv3.h5"), "pdg");
  int label = -9;
  ls_error error = {0};
  assert_string_equal(ls_dataset_format(dataset), "larcv3");
  assert_int_equal(ls_dataset_label(dataset, 0, &label, NULL), LS_OK);
  assert_int_equal(label, 2);
  assert_int_equal(ls_dataset_label(dataset, 1, &label, NULL), LS_OK);
  assert_int_equal(label, 0);
  assert_int_equal(ls_dataset_label(dataset, 2, &label, &error), LS_VALUE);
  assert_non_null(strstr(error.message, "larcv3.h5: event 2 names no primary particle"));
  ls_dataset_close(dataset);
  /* pi is class 3: not with two classes. */
  const char *path = test_file("larcv3.h5");
  assert_int_equal(ls_dataset_open(&path, 1, "pdg", NULL, 2, &dataset, NULL), LS_OK);
  assert_int_equal(ls_dataset_label(dataset, 3, &label, &error), LS_VALUE);
  assert_non_null(strstr(error.message, "event 3 has label 3; the classes are 0 to 1"));
  ls_dataset_close(dataset);
}

static void refuses_mixed_formats(void **state) {
  (void)state;
  if (!needs_hdf5()) return;
  must_refuse(NAMES("larcv3.h5", "like_larcv3.npy"), "index", LS_MISMATCH,
              "like_larcv3.npy is of format npy, but");
  const char *path = test_file("larcv3.h5");
  ls_dataset *dataset = NULL;
  ls_error error = {0};
  assert_int_equal(ls_dataset_open(&path, 1, "pdg", "none", 5, &dataset, &error), LS_USAGE);
  assert_non_null(strstr(error.message, "there is no producer 'none'; there are: wire"));
  assert_null(dataset);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_folders_and_globs_in_order),
      cmocka_unit_test(refuses_paths_without_events),
      cmocka_unit_test(refuses_files_that_do_not_fit),
      cmocka_unit_test(finds_every_event),
      cmocka_unit_test(says_float_if_any_file_has_floats),
      cmocka_unit_test(labels_by_rule),
      cmocka_unit_test(refuses_wrong_rules),
      cmocka_unit_test(refuses_wrong_label_files),
      cmocka_unit_test(knows_the_studys_particles),
      cmocka_unit_test(labels_by_particle),
      cmocka_unit_test(refuses_mixed_formats),
  };
  return cmocka_run_group_tests_name("data sets", tests, NULL, NULL);
}
