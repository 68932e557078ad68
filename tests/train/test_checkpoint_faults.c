/* Checkpoints when something fails or the process dies while one is written: those that were there
 * stay whole, and the next run of it works. */
#define _GNU_SOURCE
#include "support/test.h"

#include "base/clock.h"
#include "base/random.h"
#include "train/checkpoints.h"
#include "train/failing_calls.h"
#include "train/tiny.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[64];
static sample_run run;
static ls_checkpoint_origin origin;

static int make_folder(void **state) {
  (void)state;
  make_test_folder("/tmp", folder);
  sample_init(&run, tiny_network(), 1);
  return 0;
}

static int make_large(void **state) {
  (void)state;
  make_test_folder("/tmp", folder);
  sample_init(&run, ls_network_study(625, 1), 1); /* a million parameters, 10 MB */
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  sample_destroy(&run);
  remove_test_folder(folder);
  return 0;
}

static void write_good(uint64_t step) {
  ls_error error = {0};
  ls_status status = sample_write(folder, &run, step, &error);
  assert_string_equal(error.message, "");
  assert_int_equal(status, LS_OK);
}

/* Whole, and all that has a final name is: no warning. Returns its step. */
static uint64_t assert_intact(void) {
  ls_error error = {0};
  sample_clear(&run);
  ls_status status = ls_checkpoint_read(folder, &run.checkpoint, &origin, &error);
  assert_string_equal(error.message, "");
  assert_int_equal(status, LS_OK);
  assert_string_equal(origin.warning, "");
  assert_true(sample_is_exact(&run));
  return run.checkpoint.state.total_steps;
}

static void assert_two_and_nothing_else(void) {
  assert_int_equal(count_names(folder, "checkpoint-", NULL), 2);
  assert_int_equal(count_names(folder, "", NULL), 4);
}

/* Three more are written so that every part is at work: remains, two to keep, one to remove. */
static void start_with_two(void) {
  remove_test_folder(folder);
  assert_int_equal(mkdir(folder, 0777), 0);
  write_good(1);
  write_good(2);
  char remains[128];
  snprintf(remains, sizeof remains, "%s/.partial-1", folder);
  assert_int_equal(mkdir(remains, 0777), 0);
  snprintf(remains, sizeof remains, "%s/.partial-1/optimizer.bin", folder);
  write_bytes(remains, "half", 4);
}

static int count_calls(void) {
  start_with_two();
  calls_fail_at(0, 0);
  ls_status status = sample_write(folder, &run, 3, NULL);
  int count = calls_stop();
  assert_int_equal(status, LS_OK);
  assert_true(count > 20);
  assert_two_and_nothing_else();
  return count;
}

/* What no death of a process shows, but one of the machine: the last file and its folder are synced
 * before the new checkpoint gets its name, the name before older ones are looked at. */
static void test_order_of_syncs(void **state) {
  (void)state;
  count_calls();
  const char *order = calls_in_order();
  const char *name = strstr(order, "fsync rename open fsync rename open fsync opendir ");
  if (!name) fail_msg("%s", order);
  assert_null(strstr(name + 1, "fwrite"));
}

/* The first calls make a folder that is there already: how many do so. */
static int calls_for_the_folder(void) {
  int count = 0;
  for (const char *p = calls_in_order(); !strncmp(p, "mkdir ", 6); p += 6) count++;
  return count;
}

/* Calls whose failure must be told even if a whole checkpoint is there. */
static int matters(const char *call) {
  static const char *const calls[] = {"fwrite", "fflush", "fsync", "mkdir", "rename", "rmdir"};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (!strcmp(call, calls[i])) return 1;
  return 0;
}

static void test_any_call_fails(void **state) {
  (void)state;
  int count = count_calls(), idle = calls_for_the_folder(), kept = 0;
  for (int at = 1; at <= count; at++) {
    start_with_two();
    ls_error error = {0};
    calls_fail_at(at, at % 2 ? ENOSPC : EACCES);
    ls_status status = sample_write(folder, &run, 3, &error);
    calls_stop();
    uint64_t step = assert_intact();
    if (step != 3 && step != 2) fail_msg("%s (call %d): step %d", calls_failed(), at, (int)step);
    if (status == LS_OK && (step != 3 || (at > idle && matters(calls_failed()))))
      fail_msg("%s (call %d) is not told", calls_failed(), at);
    if (status != LS_OK && status != LS_IO) fail_msg("%s: status %d", calls_failed(), status);
    if (step == 2) {
      kept++;
      if (strcmp(calls_failed(), "opendir") && !strstr(error.message, "older ones are intact"))
        fail_msg("%s (call %d): %s", calls_failed(), at, error.message);
    }
    assert_true(count_names(folder, "checkpoint-000002-step-2", NULL) == 1);
    write_good(4); /* it was for that one time */
    assert_int_equal(assert_intact(), 4);
    assert_two_and_nothing_else();
  }
  print_message("# %d calls failed, %d before the new checkpoint was complete\n", count, kept);
  assert_true(kept > 10 && kept < count);
}

/* In a process of its own; returns 1 if it was killed, 0 if it came to its end. */
static int write_and_die(int at) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    calls_kill_at(at);
    _exit(sample_write(folder, &run, 3, NULL) != LS_OK);
  }
  int how;
  assert_int_equal(waitpid(child, &how, 0), child);
  if (WIFSIGNALED(how)) assert_int_equal(WTERMSIG(how), SIGKILL);
  if (WIFEXITED(how)) assert_int_equal(WEXITSTATUS(how), 0);
  return WIFSIGNALED(how);
}

static void test_death_at_any_call(void **state) {
  (void)state;
  int count = count_calls(), old = 0;
  for (int at = 1; at <= count + 1; at++) {
    start_with_two();
    assert_int_equal(write_and_die(at), at <= count);
    uint64_t step = assert_intact();
    old += step == 2;
    assert_true(step == 2 || step == 3);
    assert_true(at <= count || step == 3);
    assert_int_equal(count_names(folder, "checkpoint-000002-step-2", NULL), 1);
    write_good(4);
    assert_two_and_nothing_else();
  }
  print_message("# killed at each of %d calls, %d times before the new checkpoint was complete\n",
                count, old);
  assert_true(old > 10 && old < count);
}

/* Writes one after the other until it is killed; says so after the first. */
static void write_for_ever(uint64_t step, int tell) {
  for (;; step++) {
    if (sample_write(folder, &run, step, NULL) != LS_OK) _exit(1);
    if (tell >= 0 && write(tell, "", 1) != 1) _exit(1);
    tell = -1;
  }
}

static void kill_after(uint64_t step, double seconds) {
  int ends[2];
  char byte;
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (!child) write_for_ever(step, ends[1]);
  close(ends[1]);
  assert_int_equal(read(ends[0], &byte, 1), 1);
  close(ends[0]);
  nanosleep(&(struct timespec){(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))},
            NULL);
  int how;
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_true(WIFSIGNALED(how)); /* it did not end by a failure */
}

static void test_death_at_random_moments(void **state) {
  (void)state;
  uint64_t seed = (uint64_t)time(NULL), step = 1;
  print_message("# seed %llu\n", (unsigned long long)seed);
  double start = ls_seconds();
  write_good(step);
  double one = ls_seconds() - start;
  int in_writing = 0;
  for (uint64_t k = 0; k < 20; k++) {
    kill_after(step + 1, 2 * one * ls_random_uniform(seed, 0, k));
    uint64_t found = assert_intact();
    assert_true(found > step);
    in_writing += count_names(folder, ".partial", NULL) > 0;
    assert_in_range(count_names(folder, "checkpoint-", NULL), 2, 3);
    step = found;
  }
  write_good(step + 1);
  assert_two_and_nothing_else();
  print_message("# %d of 20 deaths left something partial behind\n", in_writing);
}

/* The limit on a file's size stands for a full disk: writes fail alike, with another errno. */
static ls_status write_limited(size_t limit, uint64_t step, ls_error *error) {
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = {.rlim_cur = limit, .rlim_max = before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  ls_status status = sample_write(folder, &run, step, error);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_DFL);
  return status;
}

static void test_limit_of_file_size(void **state) {
  (void)state;
  write_good(1);
  write_good(2);
  /* Nothing, a part of the weights, of the optimiser's arrays, of the state. */
  const size_t limits[] = {0, 100, 4096, run.count * 4 - 1};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    ls_error error = {0};
    assert_int_equal(write_limited(limits[i], 3, &error), LS_IO);
    assert_non_null(strstr(error.message, "no checkpoint of step 3, older ones are intact: "));
    assert_non_null(strstr(error.message, "File too large"));
    assert_int_equal(assert_intact(), 2);
    assert_two_and_nothing_else();
  }
  write_good(3);
  assert_int_equal(assert_intact(), 3);
}

/* A disk of 24 MB: room for two checkpoints of 10 MB, not for a third beside them. */
static void test_full_disk(void **state) {
  (void)state;
  if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
      mount("none", folder, "tmpfs", 0, "size=24m")) {
    print_message("# skipped: nothing can be mounted here: %s\n", strerror(errno));
    skip();
  }
  write_good(1);
  write_good(2);
  ls_error error = {0};
  ls_status status = sample_write(folder, &run, 3, &error);
  uint64_t after = assert_intact();
  int names = count_names(folder, "", NULL);
  remove_test_folder(origin.path);
  write_good(4);
  uint64_t at_the_end = assert_intact();
  assert_int_equal(umount(folder), 0);
  assert_int_equal(status, LS_IO);
  assert_non_null(strstr(error.message, "No space left"));
  assert_int_equal(after, 2);
  assert_int_equal(names, 4);
  assert_int_equal(at_the_end, 4);
}

/* Root is not stopped by permissions, so the test takes another user's place. */
static void test_lost_permission(void **state) {
  (void)state;
  write_good(1);
  write_good(2);
  assert_int_equal(chmod(folder, 0555), 0);
  if (!geteuid() && seteuid(65534)) {
    print_message("# skipped: no other user's place can be taken: %s\n", strerror(errno));
    skip();
  }
  ls_error error = {0}, prepare_error = {0};
  ls_status prepared = ls_checkpoint_prepare(folder, folder, &prepare_error);
  ls_status status = sample_write(folder, &run, 3, &error);
  if (!getuid() && seteuid(0)) fail();
  assert_int_equal(chmod(folder, 0777), 0);
  assert_int_equal(prepared, LS_IO);
  assert_non_null(strstr(prepare_error.message, "Permission denied"));
  assert_int_equal(status, LS_IO);
  assert_non_null(strstr(error.message, "Permission denied"));
  assert_int_equal(assert_intact(), 2);
  assert_two_and_nothing_else();
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
#define LARGE(test) cmocka_unit_test_setup_teardown(test, make_large, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_order_of_syncs),    IN_FOLDER(test_any_call_fails),
      IN_FOLDER(test_death_at_any_call), LARGE(test_death_at_random_moments),
      LARGE(test_limit_of_file_size),    LARGE(test_full_disk),
      IN_FOLDER(test_lost_permission),
  };
  return cmocka_run_group_tests_name("checkpoints under faults", tests, NULL, NULL);
}
