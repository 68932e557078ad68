/* Packed files give back what was written, and the writer refuses what they cannot hold and leaves
 * nothing unfinished behind. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "packed_events.h"

#include "base/memory.h"
#include "datasets/packed/packed_encode.h"

#include <dirent.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], file[80];

static int set_up(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/packed-XXXXXX");
  if (!mkdtemp(folder)) return 1;
  snprintf(file, sizeof file, "%s/events.h5", folder);
  return 0;
}

/* Number of files in the folder; removes them. */
static int left_behind(void) {
  DIR *open = opendir(folder);
  assert_non_null(open);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(open));) {
    if (entry->d_name[0] == '.') continue;
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    unlink(path);
    count++;
  }
  closedir(open);
  return count;
}

static int tear_down(void **state) {
  (void)state;
  left_behind();
  return rmdir(folder);
}

/* Receives one event; planes must come in order. */
typedef struct received {
  ls_pixels planes[LS_MAX_PLANES];
  int plane;
} received;

static ls_status receive(void *context, int plane, size_t count, const uint32_t *index,
                         const float *value, ls_error *error) {
  received *r = context;
  ls_pixels *to = &r->planes[plane];
  assert_true(plane >= r->plane);
  r->plane = plane;
  LS_TRY(ls_pixels_reserve(to, to->count + count, error));
  memcpy(to->index + to->count, index, count * sizeof *index);
  memcpy(to->value + to->count, value, count * sizeof *value);
  to->count += count;
  return LS_OK;
}

/* The pixels that are not zero, in order. */
static void assert_same_pixels(const ls_pixels *written, const ls_pixels *read) {
  size_t at = 0;
  for (size_t i = 0; i < written->count; i++) {
    if (written->value[i] == 0) continue;
    if (at >= read->count || written->index[i] != read->index[at] ||
        memcmp(&written->value[i], &read->value[at], sizeof(float)) != 0)
      fail_msg("pixel %zu differs", i);
    at++;
  }
  assert_int_equal(at, read->count);
}

static void check_file(const ls_event_layout *layout, unsigned count, unsigned step) {
  ls_error error = {0};
  ls_source *source;
  if (ls_source_open(file, NULL, &source, &error) != LS_OK) fail_msg("%s", error.message);
  assert_string_equal(source->functions->format, "packed");
  assert_int_equal(source->count, count);
  assert_int_equal(source->geometry.planes, EVENTS_PLANES);
  assert_int_equal(source->geometry.rows, layout->geometry.rows);
  assert_int_equal(source->geometry.columns, layout->geometry.columns);
  assert_int_equal(source->value_type, layout->value_type);
  assert_int_equal(source->class_count, EVENTS_CLASSES);
  for (int k = 0; k < EVENTS_CLASSES; k++)
    assert_string_equal(source->class_names[k], events_class_names[k]);
  for (unsigned turn = 0; turn < count; turn++) {
    unsigned event = (turn * 7 + 3) % count; /* any order */
    ls_pixels planes[EVENTS_PLANES];
    received r = {0};
    ls_pixel_sink sink = {receive, &r};
    ls_event_info info;
    events_make(planes, layout, event, step);
    assert_int_equal(source->functions->info(source, event, &info, &error), LS_OK);
    assert_int_equal(info.label, (int)(event % (EVENTS_CLASSES + 1)) - 1);
    assert_int_equal(info.pdg, 11 + event);
    assert_int_equal(info.subrun, event);
    assert_int_equal(info.event, 1000 + event);
    if (source->functions->read(source, event, 7, &sink, &error) != LS_OK)
      fail_msg("%s", error.message);
    for (int p = 0; p < EVENTS_PLANES; p++) {
      assert_same_pixels(&planes[p], &r.planes[p]);
      ls_free(r.planes[p].index);
      ls_free(r.planes[p].value);
    }
    events_free(planes);
  }
  ls_source_close(source);
}

static void test_round_trip(void **state) {
  (void)state;
  for (int type = 0; type < 2; type++) {
    ls_event_layout layout = events_layout(300, 200, (ls_value_type)type);
    events_write(file, &layout, 150, 97); /* more than the rows that are kept */
    check_file(&layout, 150, 97);
    layout = events_layout(900, 1000, (ls_value_type)type);
    events_write(file, &layout, 3, 1); /* several blocks a plane */
    check_file(&layout, 3, 1);
  }
}

/* Only the wanted planes are handed out. */
static void test_planes(void **state) {
  (void)state;
  ls_event_layout layout = events_layout(300, 200, LS_VALUE_INT32);
  ls_source *source;
  ls_error error = {0};
  events_write(file, &layout, 2, 50);
  assert_int_equal(ls_source_open(file, "wires", &source, &error), LS_OK);
  for (unsigned mask = 0; mask < 8; mask++) {
    received r = {0};
    ls_pixel_sink sink = {receive, &r};
    assert_int_equal(source->functions->read(source, 1, mask, &sink, &error), LS_OK);
    for (unsigned p = 0; p < 3; p++) {
      assert_int_equal(r.planes[p].count > 0, mask >> p & 1);
      ls_free(r.planes[p].index);
      ls_free(r.planes[p].value);
    }
  }
  ls_source_close(source);
  assert_int_equal(ls_source_open(file, "rawdigits", &source, &error), LS_USAGE);
  assert_non_null(strstr(error.message, "it holds wires"));
}

/* One event that a full-scale detector makes is as it was. */
static void test_extremes(void **state) {
  (void)state;
  ls_event_layout layout = events_layout(9600, 3456, LS_VALUE_INT32);
  ls_packed_writer *writer;
  ls_source *source;
  ls_error error = {0};
  uint32_t index[] = {0, 1, 9600u * 3456 - 1};
  float value[] = {-0x1p31F, 0x1.fffffep30F, 0x1.fffffep23F};
  ls_pixels planes[3] = {{.count = 3, .index = index, .value = value}, {0}, {0}};
  assert_int_equal(ls_packed_writer_open(file, &layout, &writer, &error), LS_OK);
  assert_int_equal(ls_packed_writer_append(writer, planes, NULL, NULL, &error), LS_OK);
  assert_int_equal(ls_packed_writer_finish(writer, &error), LS_OK);
  assert_int_equal(ls_source_open(file, NULL, &source, &error), LS_OK);
  received r = {0};
  ls_pixel_sink sink = {receive, &r};
  assert_int_equal(source->functions->read(source, 0, 7, &sink, &error), LS_OK);
  assert_same_pixels(&planes[0], &r.planes[0]);
  ls_free(r.planes[0].index);
  ls_free(r.planes[0].value);
  ls_event_info info;
  assert_int_equal(source->functions->info(source, 0, &info, &error), LS_OK);
  assert_int_equal(info.label, -1);
  assert_int_equal(info.run, -1);
  assert_int_equal(info.raw_bytes, 3ull * 9600 * 3456 * 4);
  assert_int_equal(source->functions->info(source, 1, &info, &error), LS_INTERNAL);
  ls_source_close(source);
}

/* The truth lies beside the pixels, as plain data sets. */
static void test_truth(void **state) {
  (void)state;
  static const ls_truth_column columns[] = {{"momentum", 1, "p [GeV/c]"},
                                            {"vertex", 3, "x, y, z [cm]"}};
  ls_event_layout layout = events_layout(64, 64, LS_VALUE_FLOAT32);
  layout.truth = columns;
  layout.truth_count = 2;
  ls_packed_writer *writer;
  ls_error error = {0};
  ls_pixels none[3] = {{0}, {0}, {0}};
  const double truth[] = {0.75, 1, 2, 3};
  assert_int_equal(ls_packed_writer_open(file, &layout, &writer, &error), LS_OK);
  assert_int_equal(ls_packed_writer_append(writer, none, NULL, truth, &error), LS_OK);
  assert_int_equal(ls_packed_writer_append(writer, none, NULL, NULL, &error), LS_OK);
  assert_int_equal(ls_packed_writer_finish(writer, &error), LS_OK);
  hid_t open = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t set = H5Dopen2(open, "/truth/vertex", H5P_DEFAULT);
  double read[6];
  assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, read) >= 0);
  assert_memory_equal(read, truth + 1, 3 * sizeof *read);
  for (int i = 3; i < 6; i++) assert_true(isnan(read[i]));
  H5Dclose(set);
  H5Fclose(open);
  static const ls_truth_column bad[] = {{"a/b", 1, ""}, {"", 1, ""}, {"x", 0, ""}, {"x", 65, ""}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    layout.truth = &bad[i];
    layout.truth_count = 1;
    assert_int_equal(ls_packed_writer_open(file, &layout, &writer, &error), LS_MISMATCH);
    assert_null(writer);
  }
}

static void must_refuse(ls_packed_writer *writer, const ls_pixels *planes, int label,
                        const char *where) {
  ls_error error = {0};
  ls_event_info info = {.label = label};
  assert_int_equal(ls_packed_writer_append(writer, planes, &info, NULL, &error), LS_VALUE);
  if (!strstr(error.message, where) || !strstr(error.message, file) ||
      !strstr(error.message, "/packed/records: event 1"))
    fail_msg("no '%s' in: %s", where, error.message);
}

static void test_values(void **state) {
  (void)state;
  ls_event_layout layout = events_layout(1000, 200, LS_VALUE_INT32);
  ls_packed_writer *writer;
  ls_source *source;
  ls_error error = {0};
  ls_pixels planes[EVENTS_PLANES];
  events_make(planes, &layout, 0, 100);
  assert_int_equal(ls_packed_writer_open(file, &layout, &writer, &error), LS_OK);
  assert_int_equal(ls_packed_writer_append(writer, planes, NULL, NULL, &error), LS_OK);
  static const float bad[] = {0.5F, NAN, INFINITY, 0x1p31F};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    float kept = planes[1].value[3];
    planes[1].value[3] = bad[i];
    must_refuse(writer, planes, 0, "plane 1, row 1, column ");
    planes[1].value[3] = kept;
  }
  uint32_t kept = planes[2].index[5];
  planes[2].index[5] = planes[2].index[4];
  must_refuse(writer, planes, 0, "plane 2: pixel number 5 has index");
  planes[2].index[5] = kept;
  must_refuse(writer, planes, 3, "label 3");
  must_refuse(writer, planes, -2, "label -2");
  assert_int_equal(ls_packed_writer_finish(writer, &error), LS_OK);
  assert_int_equal(ls_source_open(file, NULL, &source, &error), LS_OK);
  assert_int_equal(source->count, 1); /* the refused ones left no trace */
  ls_source_close(source);
  events_free(planes);
}

static void test_layouts(void **state) {
  (void)state;
  static const ls_geometry bad[] = {
      {0, 10, 10}, {4, 10, 10}, {1, 0, 10}, {1, 10, -1}, {3, 1 << 17, 1 << 17}};
  ls_packed_writer *writer;
  ls_error error = {0};
  left_behind();
  for (size_t i = 0; i < sizeof bad / sizeof *bad + 3; i++) {
    ls_event_layout layout = events_layout(10, 10, LS_VALUE_INT32);
    if (i < sizeof bad / sizeof *bad)
      layout.geometry = bad[i];
    else if (i == sizeof bad / sizeof *bad)
      layout.class_count = 17;
    else
      layout.image_set = i % 2 ? "" : "a/b";
    assert_int_equal(ls_packed_writer_open(file, &layout, &writer, &error), LS_MISMATCH);
    assert_null(writer);
    assert_non_null(strstr(error.message, file));
  }
  assert_int_equal(left_behind(), 0);
}

/* Pixels that come in pieces are the same event; a record that was encoded as another's is refused.
 */
static void test_pieces(void **state) {
  (void)state;
  ls_event_layout layout = events_layout(100, 100, LS_VALUE_INT32);
  ls_packed_writer *writer;
  ls_packed_encoder encoder = {0};
  ls_packed_row row;
  ls_error error = {0};
  ls_pixels planes[EVENTS_PLANES];
  events_make(planes, &layout, 1, 10);
  assert_int_equal(ls_packed_writer_open(file, &layout, &writer, &error), LS_OK);
  ls_packed_encode_begin(&encoder, 1, &row);
  assert_int_equal(ls_packed_writer_append_record(writer, &encoder, &row, NULL, NULL, &error),
                   LS_INTERNAL);
  assert_int_equal(ls_packed_writer_append(writer, planes, NULL, NULL, &error), LS_OK);
  for (int p = 0; p < EVENTS_PLANES; p++)
    for (size_t first = 0; first < planes[p].count; first += 77) {
      size_t left = planes[p].count - first;
      ls_pixels piece = {.count = left < 77 ? left : 77,
                         .index = planes[p].index + first,
                         .value = planes[p].value + first};
      assert_int_equal(ls_packed_encode_add(&encoder, &piece, p, LS_VALUE_INT32, &row, &error),
                       LS_OK);
    }
  assert_int_equal(ls_packed_writer_append_record(writer, &encoder, &row, NULL, NULL, &error),
                   LS_OK);
  assert_int_equal(ls_packed_writer_finish(writer, &error), LS_OK);
  ls_source *source;
  uint64_t whole, pieces;
  assert_int_equal(ls_source_open(file, NULL, &source, &error), LS_OK);
  assert_int_equal(events_digest(source, 0, &whole, &error), LS_OK);
  assert_int_equal(events_digest(source, 1, &pieces, &error), LS_OK);
  assert_true(whole == pieces);
  ls_source_close(source);
  unlink(file);
  ls_packed_encoder_destroy(&encoder);
  events_free(planes);
}

static void test_unfinished(void **state) {
  (void)state;
  ls_event_layout layout = events_layout(100, 100, LS_VALUE_INT32);
  ls_packed_writer *writer;
  ls_error error = {0};
  ls_pixels planes[EVENTS_PLANES];
  events_make(planes, &layout, 0, 10);
  ls_packed_writer_discard(NULL);
  assert_int_equal(ls_packed_writer_open(file, &layout, &writer, &error), LS_OK);
  assert_int_equal(ls_packed_writer_append(writer, planes, NULL, NULL, &error), LS_OK);
  assert_int_equal(access(file, F_OK), -1); /* not under the final name yet */
  ls_packed_writer_discard(writer);
  assert_int_equal(left_behind(), 0);
  assert_int_equal(ls_packed_writer_open(file, &layout, &writer, &error), LS_OK);
  assert_int_equal(ls_packed_writer_finish(writer, &error), LS_FORMAT); /* no event */
  assert_int_equal(left_behind(), 0);
  char nowhere[120];
  snprintf(nowhere, sizeof nowhere, "%s/missing/events.h5", folder);
  assert_int_equal(ls_packed_writer_open(nowhere, &layout, &writer, &error), LS_IO);
  assert_non_null(strstr(error.message, nowhere));
  events_free(planes);
}

/* Runs in a process of its own: files may not grow beyond limit bytes, as on a full disk. Exit
 * code: 10 * events written + status. */
static int limited(const ls_pixels *planes, const ls_event_layout *layout, long limit) {
  struct rlimit bound = {(rlim_t)limit, (rlim_t)limit};
  ls_error error = {0};
  ls_packed_writer *writer;
  signal(SIGXFSZ, SIG_IGN);
  if (setrlimit(RLIMIT_FSIZE, &bound)) return 100;
  ls_status status = ls_packed_writer_open(file, layout, &writer, &error);
  int written = 0;
  for (; status == LS_OK && written < 3; written += status == LS_OK)
    status = ls_packed_writer_append(writer, planes, NULL, NULL, &error);
  if (status == LS_OK)
    status = ls_packed_writer_finish(writer, &error);
  else
    ls_packed_writer_discard(writer);
  if (status != LS_OK && !strstr(error.message, file)) return 101;
  return 10 * written + (int)status;
}

static int apart(const ls_pixels *planes, const ls_event_layout *layout, long limit) {
  fflush(stdout);
  pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (int i = 0; i < 5; i++) signal(crashes[i], SIG_DFL); /* not cmocka's */
    exit(limited(planes, layout, limit));
  }
  int answer = 0;
  assert_int_equal(waitpid(child, &answer, 0), child);
  if (!WIFEXITED(answer)) fail_msg("%ld: killed by signal %d", limit, answer & 127);
  return WEXITSTATUS(answer);
}

static void test_full_disk(void **state) {
  (void)state;
  ls_event_layout layout = events_layout(800, 500, LS_VALUE_INT32);
  ls_pixels planes[EVENTS_PLANES];
  events_make(planes, &layout, 0, 1);
  assert_int_equal(apart(planes, &layout, 1l << 40), 30 + LS_OK);
  struct stat info;
  assert_int_equal(stat(file, &info), 0);
  const long size = (long)info.st_size;
  int failed_after[4] = {0};
  left_behind();
  for (long limit = 0; limit < size; limit += limit < 3000 ? 500 : size / 30) {
    int answer = apart(planes, &layout, limit);
    if (answer % 10 != LS_IO) fail_msg("limit %ld of %ld: %d", limit, size, answer);
    failed_after[answer / 10]++;
    assert_int_equal(left_behind(), 0);
  }
  for (int stage = 0; stage < 3; stage++) assert_true(failed_after[stage]);
  events_free(planes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip), cmocka_unit_test(test_planes),
      cmocka_unit_test(test_extremes),   cmocka_unit_test(test_truth),
      cmocka_unit_test(test_values),     cmocka_unit_test(test_layouts),
      cmocka_unit_test(test_pieces),     cmocka_unit_test(test_unfinished),
      cmocka_unit_test(test_full_disk),
  };
  return cmocka_run_group_tests_name("packed files", tests, set_up, tear_down);
}
