/* The emulation finds faults of kernels that a GPU may hide: each is put in here, and must show. */
#include "backends/cuda/broken.h"
#include "backends/cuda/emulation/emulation.h"
#include "support/test.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = LS_BROKEN_COUNT, BLOCK = 64, ORDERS = 4 };

static float in[N], out[N];
static char text[256];

static int fill(void **state) {
  (void)state;
  for (int i = 0; i < N; i++) in[i] = 1.0f / (float)(i + 1);
  ls_emulation_set_fault(NULL, 0, 0);
  ls_emulation_set_order(0);
  memset(out, 0, sizeof out);
  return 0;
}

static int is_reversed(void) {
  for (int i = 0; i < N; i++)
    if (!(out[i] == in[i / BLOCK * BLOCK + BLOCK - 1 - i % BLOCK])) return 0;
  return 1;
}

static void sound_kernels_are_right_in_any_order(void **state) {
  (void)state;
  for (unsigned order = 0; order < ORDERS; order++) {
    ls_emulation_set_order(order);
    ls_broken_reverse(LS_SOUND, in, out, text);
    assert_string_equal(text, "");
    assert_true(is_reversed());
    ls_broken_neighbours(LS_SOUND, in, out, text);
    assert_string_equal(text, "");
    for (int i = 0; i < N; i++) {
      float expected = (i ? in[i - 1] : 0) + in[i] + (i < N - 1 ? in[i + 1] : 0);
      assert_true(out[i] == expected);
    }
  }
}

static void missing_barrier(void **state) {
  (void)state;
  for (unsigned order = 0; order < ORDERS; order++) {
    ls_emulation_set_order(order);
    ls_broken_reverse(LS_NO_BARRIER, in, out, text);
    assert_false(is_reversed());
  }
}

static void barrier_that_not_all_reach(void **state) {
  (void)state;
  ls_broken_reverse(LS_LEFT_EARLY, in, out, text);
  assert_non_null(strstr(text, "launch failure"));
  assert_non_null(strstr(text, "broken: some threads of a block left the kernel"));
}

/* What a process of its own that does this ends with: 0 if nothing was noticed. A sanitizer ends it
 * as well. */
static int end_of(void (*action)(void)) {
  int status = 0;
  pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    if (!freopen("/dev/null", "w", stderr)) _exit(2);
    signal(SIGSEGV, SIG_DFL);
    action();
    _exit(0);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void write_past_the_end(void) {
  ls_broken_reverse(LS_PAST_THE_END, in, out, text);
  if (*text) _exit(3);
}

/* What lies before a block is no number, and then the sum is none. */
static void read_before_the_start(void) {
  ls_broken_neighbours(LS_BEFORE_THE_START, in, out, text);
  if (isnan(out[0])) _exit(3);
}

static void read_directly(void) {
  (void)ls_broken_read_directly();
}

static void wrong_indices(void **state) {
  (void)state;
  assert_int_not_equal(end_of(write_past_the_end), 0);
  assert_int_not_equal(end_of(read_before_the_start), 0);
}

static void memory_of_the_device_touched_by_the_host(void **state) {
  (void)state;
  assert_int_not_equal(end_of(read_directly), 0);
}

static void racy_reduction(void **state) {
  (void)state;
  float first = 0, ordered = 0;
  int differ = 0;
  for (unsigned order = 0; order < ORDERS; order++) {
    float racy, sound;
    ls_emulation_set_order(order);
    ls_broken_sum(1, in, &racy, text);
    ls_broken_sum(0, in, &sound, text);
    if (!order) first = racy, ordered = sound;
    differ += racy != first;
    assert_true(sound == ordered);
  }
  assert_true(differ > 0);
}

static void missing_wait_between_streams(void **state) {
  (void)state;
  int wrong = 0;
  for (unsigned order = 0; order < ORDERS; order++) {
    ls_emulation_set_order(order);
    ls_broken_streams(1, in, out, text);
    assert_true(out[0] == 2 * in[0] && out[N - 1] == 2 * in[N - 1]);
    ls_broken_streams(0, in, out, text);
    wrong += out[0] != 2 * in[0];
  }
  assert_true(wrong > 0);
}

static void pinned_memory_reused_too_early(void **state) {
  (void)state;
  ls_broken_reuse(1, in, out, text);
  assert_memory_equal(out, in, sizeof in);
  ls_broken_reuse(0, in, out, text);
  assert_memory_not_equal(out, in, sizeof in);
}

static void bad_arguments(void **state) {
  (void)state;
  ls_broken_launch(3, 64, 0, text);
  assert_string_equal(text, "");
  ls_broken_launch(0, 64, 0, text);
  assert_non_null(strstr(text, "invalid configuration"));
  ls_broken_launch(1, 1025, 0, text);
  assert_non_null(strstr(text, "invalid configuration"));
  ls_broken_launch(3, 64, 1, text);
  assert_non_null(strstr(text, "illegal memory access"));
  ls_broken_pageable(in, text);
  assert_non_null(strstr(text, "invalid argument"));
}

static void unwritten_memory_holds_no_number(void **state) {
  (void)state;
  float memory = 0, shared = 0;
  ls_broken_unwritten(&memory, &shared);
  assert_true(isnan(memory) && isnan(shared));
}

static void nothing_is_left(void **state) {
  (void)state;
  assert_int_equal(ls_emulation_device_bytes(), 0);
  assert_int_equal(ls_emulation_objects(), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(sound_kernels_are_right_in_any_order, fill),
      cmocka_unit_test_setup(missing_barrier, fill),
      cmocka_unit_test_setup(barrier_that_not_all_reach, fill),
      cmocka_unit_test_setup(wrong_indices, fill),
      cmocka_unit_test_setup(memory_of_the_device_touched_by_the_host, fill),
      cmocka_unit_test_setup(racy_reduction, fill),
      cmocka_unit_test_setup(missing_wait_between_streams, fill),
      cmocka_unit_test_setup(pinned_memory_reused_too_early, fill),
      cmocka_unit_test_setup(bad_arguments, fill),
      cmocka_unit_test_setup(unwritten_memory_holds_no_number, fill),
      cmocka_unit_test_setup(nothing_is_left, fill),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
