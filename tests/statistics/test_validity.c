/* Reasons why a result is invalid. */
#include "support/test.h"

#include "base/clock.h"
#include "statistics/validity.h"

#include <math.h>
#include <string.h>

static void assert_refused(ls_status status, const ls_error *error, const char *words) {
  assert_int_equal(status, LS_VALUE);
  assert_non_null(strstr(error->message, words));
}

static void test_this_clock(void **state) {
  (void)state;
  ls_timer timer = ls_timer_measure();
  assert_true(timer.resolution > 0 && timer.resolution < 0.1);
  assert_true(timer.overhead > 0 && timer.overhead < 0.01);
}

static void test_timer(void **state) {
  (void)state;
  ls_error error = {0};
  ls_timer coarse = {.resolution = 1e-3, .overhead = 1e-9}, slow = {1e-9, 1e-3};
  assert_int_equal(ls_check_timer(&coarse, 0.0101, "step", &error), LS_OK);
  assert_refused(ls_check_timer(&coarse, 0.0099, "step", &error), &error, "resolution");
  assert_int_equal(ls_check_timer(&slow, 0.0401, "step", &error), LS_OK);
  assert_refused(ls_check_timer(&slow, 0.0399, "step", &error), &error, "reading the clock");
  assert_refused(ls_check_timer(&coarse, NAN, "step", &error), &error, "step took nan");
}

static void test_phases(void **state) {
  (void)state;
  ls_error error = {0};
  ls_timer timer = {1e-9, 1e-9};
  double phases[] = {0.2, 0.3, 0.5};
  assert_int_equal(ls_check_phases(phases, 3, 1, &timer, "step 4", &error), LS_OK);
  assert_int_equal(ls_check_phases(phases, 3, 1.009, &timer, "step 4", &error), LS_OK);
  assert_refused(ls_check_phases(phases, 3, 1.02, &timer, "step 4", &error), &error,
                 "step 4: its phases add up to 1 s of 1.02 s");
  assert_refused(ls_check_phases(phases, 3, 0.98, &timer, "step 4", &error), &error, "add up");
  phases[1] = -0.1;
  assert_refused(ls_check_phases(phases, 3, 0.6, &timer, "step 4", &error), &error, "phase 2 of 3");
  phases[1] = NAN;
  assert_refused(ls_check_phases(phases, 3, 0.6, &timer, "step 4", &error), &error, "phase 2 of 3");
  const double rounding[] = {1e-7, -5e-9, 1e-7}; /* far below what this clock shows */
  ls_timer coarse = {1e-6, 1e-9};
  assert_int_equal(ls_check_phases(rounding, 3, 2e-7, &coarse, "step", &error), LS_OK);
}

static void test_precision(void **state) {
  (void)state;
  ls_error error = {0};
  ls_summary s = {.n = 5, .median = 1, .ci95_low = NAN, .ci95_high = NAN};
  assert_refused(ls_check_precision(&s, 0.05, "step", &error), &error, "5 times");
  s = (ls_summary){.n = 9, .median = 1, .ci95_low = 0.96, .ci95_high = 1.06};
  assert_refused(ls_check_precision(&s, 0.05, "step", &error), &error, "not within 5%");
  s.ci95_high = 1.04;
  assert_int_equal(ls_check_precision(&s, 0.05, "step", &error), LS_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_this_clock),
      cmocka_unit_test(test_timer),
      cmocka_unit_test(test_phases),
      cmocka_unit_test(test_precision),
  };
  return cmocka_run_group_tests_name("validity", tests, NULL, NULL);
}
