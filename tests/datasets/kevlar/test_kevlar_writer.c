/* The writer refuses what the format cannot hold, and leaves nothing unfinished behind, whatever
 * fails and wherever. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "base/memory.h"
#include "datasets/kevlar/kevlar.h"
#include "datasets/kevlar/kevlar_writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PLANES = 3, ROWS = 1000, COLUMNS = 200 };

static const char *const names[] = {"gamma", "e-", "mu-"};
static const ls_event_layout layout = {
    "wires", {PLANES, ROWS, COLUMNS}, names, 3, LS_VALUE_INT32, NULL, 0, NULL};

static char folder[64], file[80];

static int set_up(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/kevlar-writer-XXXXXX");
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

/* Every step-th pixel, different values in every plane. */
static void fill(ls_pixels *planes, uint32_t step) {
  for (int p = 0; p < PLANES; p++) {
    planes[p].count = 0;
    assert_int_equal(ls_pixels_reserve(&planes[p], ROWS * COLUMNS, NULL), LS_OK);
    for (uint32_t i = 0; i < ROWS * COLUMNS; i += step) {
      planes[p].index[planes[p].count] = i;
      planes[p].value[planes[p].count++] = (float)((int)(i * 2654435761u >> 8) % 1000 + p + 1000);
    }
  }
}

static void destroy(ls_pixels *planes) {
  for (int p = 0; p < PLANES; p++) {
    ls_free(planes[p].index);
    ls_free(planes[p].value);
  }
}

static void must_refuse(ls_kevlar_writer *writer, const ls_pixels *planes, int label,
                        const char *where) {
  ls_error error = {0};
  assert_int_equal(ls_kevlar_writer_append(writer, planes, label, &error), LS_VALUE);
  if (!strstr(error.message, where) || !strstr(error.message, file) ||
      !strstr(error.message, "/image/wires: event 1"))
    fail_msg("no '%s' in: %s", where, error.message);
}

static void test_values(void **state) {
  (void)state;
  ls_error error = {0};
  ls_kevlar_writer *writer;
  ls_pixels planes[PLANES] = {{0}};
  fill(planes, 100);
  assert_int_equal(ls_kevlar_writer_open(file, &layout, &writer, &error), LS_OK);
  assert_int_equal(ls_kevlar_writer_append(writer, planes, 0, &error), LS_OK);
  static const float bad[] = {0.5F, NAN, INFINITY, -INFINITY, 0x1p31F, -0x1.8p31F, 1e30F};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    float kept = planes[1].value[3];
    planes[1].value[3] = bad[i]; /* pixel 300 */
    must_refuse(writer, planes, 0, "plane 1, row 1, column 100 holds");
    planes[1].value[3] = kept;
  }
  uint32_t kept = planes[2].index[5];
  planes[2].index[5] = planes[2].index[4];
  must_refuse(writer, planes, 0, "plane 2: pixel number 5 has index 400");
  planes[2].index[5] = ROWS * COLUMNS;
  must_refuse(writer, planes, 0, "index 200000");
  planes[2].index[5] = kept;
  must_refuse(writer, planes, 3, "label 3");
  must_refuse(writer, planes, -2, "label -2");
  planes[0].value[0] = -0x1p31F; /* the ends of int32 are fine */
  planes[0].value[1] = 0x1.fffffep30F;
  assert_int_equal(ls_kevlar_writer_append(writer, planes, -1, &error), LS_OK);
  assert_int_equal(ls_kevlar_writer_finish(writer, &error), LS_OK);
  ls_source *source;
  assert_int_equal(ls_kevlar_open(file, NULL, &source, &error), LS_OK);
  assert_int_equal(source->count, 2); /* the refused ones left no trace */
  source->functions->close(source);
  assert_int_equal(left_behind(), 1);
  destroy(planes);
}

static void test_layouts(void **state) {
  (void)state;
  static const ls_event_layout bad[] = {
      {"wires", {0, 10, 10}, names, 3, LS_VALUE_INT32, NULL, 0, NULL},
      {"wires", {4, 10, 10}, names, 3, LS_VALUE_INT32, NULL, 0, NULL},
      {"wires", {1, 0, 10}, names, 3, LS_VALUE_INT32, NULL, 0, NULL},
      {"wires", {1, 10, -1}, names, 3, LS_VALUE_INT32, NULL, 0, NULL},
      {"wires", {3, 1 << 15, 1 << 15}, names, 3, LS_VALUE_INT32, NULL, 0, NULL},
      {"wires", {1, 10, 10}, names, 17, LS_VALUE_INT32, NULL, 0, NULL},
      {"wires", {1, 10, 10}, names, -1, LS_VALUE_INT32, NULL, 0, NULL},
      {"", {1, 10, 10}, names, 3, LS_VALUE_INT32, NULL, 0, NULL},
      {"a/b", {1, 10, 10}, names, 3, LS_VALUE_INT32, NULL, 0, NULL},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ls_error error = {0};
    ls_kevlar_writer *writer = NULL;
    assert_int_equal(ls_kevlar_writer_open(file, &bad[i], &writer, &error), LS_MISMATCH);
    assert_null(writer);
    assert_non_null(strstr(error.message, file));
  }
  assert_int_equal(left_behind(), 0);
}

static void test_unfinished(void **state) {
  (void)state;
  ls_error error = {0};
  ls_kevlar_writer *writer;
  ls_pixels planes[PLANES] = {{0}};
  fill(planes, 50);
  ls_kevlar_writer_discard(NULL);
  assert_int_equal(ls_kevlar_writer_open(file, &layout, &writer, &error), LS_OK);
  assert_int_equal(ls_kevlar_writer_append(writer, planes, 1, &error), LS_OK);
  assert_int_equal(access(file, F_OK), -1); /* not under the final name yet */
  ls_kevlar_writer_discard(writer);
  assert_int_equal(left_behind(), 0);
  assert_int_equal(ls_kevlar_writer_open(file, &layout, &writer, &error), LS_OK);
  assert_int_equal(ls_kevlar_writer_finish(writer, &error), LS_FORMAT); /* no event */
  assert_int_equal(left_behind(), 0);
  char nowhere[120];
  snprintf(nowhere, sizeof nowhere, "%s/missing/events.h5", folder);
  assert_int_equal(ls_kevlar_writer_open(nowhere, &layout, &writer, &error), LS_IO);
  assert_non_null(strstr(error.message, nowhere));
  destroy(planes);
}

/* Writes three events. *written: how many went well. */
static ls_status write_all(const ls_pixels *planes, int *written, ls_error *error) {
  ls_kevlar_writer *writer;
  LS_TRY(ls_kevlar_writer_open(file, &layout, &writer, error));
  for (*written = 0; *written < 3; ++*written) {
    ls_status status = ls_kevlar_writer_append(writer, planes, *written, error);
    if (status == LS_OK) continue;
    ls_kevlar_writer_discard(writer);
    return status;
  }
  return ls_kevlar_writer_finish(writer, error);
}

/* Argument of this program: the last part of test_broken_disk, in a process new to HDF5. */
static const char broken_end[] = "broken-end";

/* Runs in a process of its own, whose answer is 10 * events written + status: so a crash when HDF5
 * closes at the end is seen too. */
static int apart(int (*work)(const ls_pixels *, long), const ls_pixels *planes, long argument) {
  fflush(stdout);
  pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (int i = 0; i < 5; i++) signal(crashes[i], SIG_DFL); /* not cmocka's */
    if (!work) execl("/proc/self/exe", "test", broken_end, file, (char *)NULL);
    if (!work) exit(104);
    exit(work(planes, argument));
  }
  int answer = 0;
  assert_int_equal(waitpid(child, &answer, 0), child);
  if (!WIFEXITED(answer)) fail_msg("%ld: killed by signal %d", argument, answer & 127);
  return WEXITSTATUS(answer);
}

/* Files may not grow beyond limit bytes: what a full disk does. */
static int limited(const ls_pixels *planes, long limit) {
  struct rlimit bound = {(rlim_t)limit, (rlim_t)limit};
  ls_error error = {0};
  int written = 0;
  signal(SIGXFSZ, SIG_IGN);
  if (setrlimit(RLIMIT_FSIZE, &bound)) return 100;
  ls_status status = write_all(planes, &written, &error);
  if (status != LS_OK && !strstr(error.message, file)) return 101;
  return 10 * written + (int)status;
}

static void test_full_disk(void **state) {
  (void)state;
  ls_pixels planes[PLANES] = {{0}};
  int written = 0, failed_after[4] = {0};
  fill(planes, 1);
  assert_int_equal(write_all(planes, &written, NULL), LS_OK);
  struct stat info;
  assert_int_equal(stat(file, &info), 0);
  assert_int_equal(left_behind(), 1);
  const long size = (long)info.st_size;
  for (long limit = 0; limit < size + (1 << 20); limit += limit < 3000 ? 100 : size / 40) {
    int answer = apart(limited, planes, limit);
    if (answer % 10 != LS_IO) fail_msg("limit %ld of %ld: %d", limit, size, answer);
    failed_after[answer / 10]++;
    assert_int_equal(left_behind(), 0);
  }
  for (int stage = 0; stage < 3; stage++) assert_true(failed_after[stage]);
  assert_int_equal(apart(limited, planes, 2 * size + (4 << 20)), 30 + LS_OK);
  assert_int_equal(stat(file, &info), 0);
  assert_int_equal(info.st_size, size); /* what was reserved in excess was given back */
  assert_int_equal(left_behind(), 1);
  destroy(planes);
}

/* Replaces the descriptor of the unfinished file by /dev/full: HDF5's own writes fail. */
static int break_disk(void) {
  for (int descriptor = 3; descriptor < 100; descriptor++) {
    char name[64], target[200] = "";
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    if (readlink(name, target, sizeof target - 1) < 0 || !strstr(target, ".partial-")) continue;
    int full = open("/dev/full", O_RDWR);
    return full < 0 || dup2(full, descriptor) < 0;
  }
  return 1;
}

static int broken(const ls_pixels *planes, long good_events) {
  ls_kevlar_writer *writer;
  ls_error error = {0};
  int written = 0;
  if (ls_kevlar_writer_open(file, &layout, &writer, &error) != LS_OK) return 100;
  for (; written < good_events; written++)
    if (ls_kevlar_writer_append(writer, planes, 0, &error) != LS_OK) return 101;
  if (break_disk()) return 102;
  ls_status status = LS_OK;
  if (good_events < 3) {
    status = ls_kevlar_writer_append(writer, planes, 0, &error);
    ls_kevlar_writer_discard(writer);
  } else
    status = ls_kevlar_writer_finish(writer, &error);
  if (!strstr(error.message, file)) return 103;
  return 10 * written + (int)status;
}

/* The disk fails although the space was reserved: at an event, and at the end. */
static void test_broken_disk(void **state) {
  (void)state;
  ls_pixels planes[PLANES] = {{0}};
  fill(planes, 100); /* small events: the space is there already */
  for (int good = 0; good < 3; good++) {
    assert_int_equal(apart(broken, planes, good), 10 * good + LS_IO);
    assert_int_equal(left_behind(), 0);
  }
  assert_int_equal(apart(NULL, planes, 3), 30 + LS_IO);
  assert_int_equal(left_behind(), 0);
  destroy(planes);
}

/* A file that shrinks while it is open. */
static ls_status ignore(void *context, int plane, size_t count, const uint32_t *index,
                        const float *value, ls_error *error) {
  (void)context, (void)plane, (void)count, (void)index, (void)value, (void)error;
  return LS_OK;
}

static void test_shrinking_file(void **state) {
  (void)state;
  ls_pixels planes[PLANES] = {{0}};
  fill(planes, 3);
  for (off_t left = 0; left < 12000; left += 1000) {
    ls_error error = {0};
    ls_source *source;
    int written;
    assert_int_equal(write_all(planes, &written, &error), LS_OK);
    assert_int_equal(ls_kevlar_open(file, NULL, &source, &error), LS_OK);
    assert_int_equal(truncate(file, left), 0);
    const ls_pixel_sink sink = {ignore, NULL};
    assert_int_equal(source->functions->read(source, 2, 7, &sink, &error), LS_FORMAT);
    assert_non_null(strstr(error.message, "/image/wires: event 2: the file was changed"));
    source->functions->close(source);
    assert_int_equal(left_behind(), 1);
  }
  destroy(planes);
}

int main(int count, char **arguments) {
  if (count == 3 && !strcmp(arguments[1], broken_end)) {
    ls_pixels planes[PLANES] = {{0}};
    snprintf(file, sizeof file, "%s", arguments[2]);
    fill(planes, 100);
    int answer = broken(planes, 3);
    destroy(planes);
    return answer;
  }
  ls_kevlar_recognise("/"); /* HDF5 begins before the writer can ask it not to act at the end */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),      cmocka_unit_test(test_layouts),
      cmocka_unit_test(test_unfinished),  cmocka_unit_test(test_full_disk),
      cmocka_unit_test(test_broken_disk), cmocka_unit_test(test_shrinking_file),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
