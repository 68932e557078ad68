/* When threads must not spin. That it helps, and happens once: tests/cli/test_launch.py. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "bench/launch.h"
#include "bench/spinning.h"

#include <stdlib.h>

static void test_decision(void **state) {
  (void)state;
  assert_true(ls_spinning_harms(4, 2, 2, 2));   /* unbound, four times too many */
  assert_false(ls_spinning_harms(4, 2, 8, 8));  /* unbound, just fits */
  assert_true(ls_spinning_harms(4, 3, 8, 8));   /* unbound, does not */
  assert_false(ls_spinning_harms(4, 2, 2, 8));  /* each bound to two of its own */
  assert_true(ls_spinning_harms(4, 2, 1, 8));   /* each bound to one */
  assert_false(ls_spinning_harms(9, 1, 2, 2));  /* one thread waits for nobody */
  assert_false(ls_spinning_harms(1, 9, 2, 2));  /* within a process libgomp sees it */
  assert_false(ls_spinning_harms(0, 9, 2, 2));  /* no launcher */
  assert_false(ls_spinning_harms(16, 0, 2, 2)); /* no wish: the program will not choose so many */
}

static void test_option(void **state) {
  (void)state;
  char *two[] = {"larscale", "train", "--threads", "2"}, *four[] = {"larscale", "--threads=4"};
  char *last[] = {"larscale", "--threads", "2", "--threads=3"};
  char *others[] = {"larscale", "train", "--threadsafe", "--codec-threads", "7", "--threads"};
  assert_int_equal(ls_spinning_threads(4, two), 2);
  assert_int_equal(ls_spinning_threads(2, four), 4);
  assert_int_equal(ls_spinning_threads(4, last), 3);
  assert_int_equal(ls_spinning_threads(6, others), 0);
}

static void test_wish(void **state) {
  (void)state;
#ifndef _OPENMP
  setenv("OMP_NUM_THREADS", "3", 1);
  assert_int_equal(ls_launch_wanted_threads(0), 1);
#else
  setenv("OMP_NUM_THREADS", "3,2", 1);
  assert_int_equal(ls_launch_wanted_threads(0), 3);
  assert_int_equal(ls_launch_wanted_threads(5), 5);
  setenv("OMP_NUM_THREADS", "many", 1);
  assert_int_equal(ls_launch_wanted_threads(0), 0);
  setenv("OMP_NUM_THREADS", "-4", 1);
  assert_int_equal(ls_launch_wanted_threads(0), 0);
  unsetenv("OMP_NUM_THREADS");
  assert_int_equal(ls_launch_wanted_threads(0), 0);
  assert_int_equal(ls_launch_wanted_threads(5), 5);
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_decision),
      cmocka_unit_test(test_option),
      cmocka_unit_test(test_wish),
  };
  return cmocka_run_group_tests_name("spinning", tests, NULL, NULL);
}
