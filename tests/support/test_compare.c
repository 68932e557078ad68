/* The comparator on wrong data: each kind of fault must be refused. */
#include "support/compare.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

static const double expected[4] = {1, -2, 0, 0.5};

static ls_status compare(const float *actual, double tolerance) {
  return ls_compare("values", actual, expected, 4, tolerance, NULL);
}

static void accepts_equal_and_near(void **state) {
  (void)state;
  assert_int_equal(compare((float[]){1, -2, 0, 0.5f}, 0), LS_OK);
  assert_int_equal(compare((float[]){1.00015f, -2, -0.00015f, 0.5f}, 1e-4), LS_OK);
}

static void refuses_errors(void **state) {
  (void)state;
  assert_int_equal(compare((float[]){1, -2, 0, 0.5003f}, 1e-4), LS_VALUE);
  assert_int_equal(compare((float[]){1, 2, 0, 0.5f}, 1e-4), LS_VALUE);
  assert_int_equal(compare((float[]){1, -2, 0.0003f, 0.5f}, 1e-4), LS_VALUE);
  assert_int_equal(compare((float[]){2, -4, 0, 1}, 0.5), LS_VALUE);
}

static void refuses_nan_and_infinity(void **state) {
  (void)state;
  assert_int_equal(compare((float[]){NAN, -2, 0, 0.5f}, 0.9), LS_VALUE);
  assert_int_equal(compare((float[]){1, -2, 0, NAN}, 0.9), LS_VALUE);
  assert_int_equal(compare((float[]){1, -INFINITY, 0, 0.5f}, 0.9), LS_VALUE);
}

static void refuses_lost_nan_and_infinity(void **state) {
  (void)state;
  const double with_nan[2] = {NAN, 1}, with_infinity[2] = {1, INFINITY};
  assert_int_equal(ls_compare("v", (float[]){0, 1}, with_nan, 2, 0.9, NULL), LS_VALUE);
  assert_int_equal(ls_compare("v", (float[]){INFINITY, 1}, with_nan, 2, 0.9, NULL), LS_VALUE);
  assert_int_equal(ls_compare("v", (float[]){NAN, 1}, with_nan, 2, 0.1, NULL), LS_OK);
  assert_int_equal(ls_compare("v", (float[]){1, 3e38f}, with_infinity, 2, 0.9, NULL), LS_VALUE);
  assert_int_equal(ls_compare("v", (float[]){1, -INFINITY}, with_infinity, 2, 0.9, NULL), LS_VALUE);
  assert_int_equal(ls_compare("v", (float[]){1, INFINITY}, with_infinity, 2, 0.1, NULL), LS_OK);
}

static void refuses_zero(void **state) {
  (void)state;
  const double tiny[2] = {1e-30, 0}, zero[2] = {0, 0};
  assert_int_equal(compare((float[]){0, 0, 0, 0}, 0.9), LS_VALUE);
  assert_int_equal(ls_compare("v", (float[]){0, 0}, tiny, 2, 0.9, NULL), LS_VALUE);
  assert_int_equal(ls_compare("v", (float[]){0, -0.0f}, zero, 2, 0, NULL), LS_OK);
  assert_int_equal(ls_compare("v", (float[]){0, 1e-30f}, zero, 2, 0.9, NULL), LS_VALUE);
}

static void refuses_untouched(void **state) {
  (void)state;
  float actual[4] = {1, -2, 0, 0.5f};
  ls_poison(&actual[2], sizeof actual[2]);
  assert_int_equal(compare(actual, 0.9), LS_VALUE);
  const double nan_expected[1] = {NAN};
  ls_poison(actual, sizeof actual);
  ls_error error = {0};
  assert_int_equal(ls_compare("v", actual, nan_expected, 1, 0.9, &error), LS_VALUE);
  assert_non_null(strstr(error.message, "was not written"));
}

static void refuses_no_elements_and_no_tolerance(void **state) {
  (void)state;
  const float actual[4] = {1, -2, 0, 0.5f};
  assert_int_equal(ls_compare("v", actual, expected, 0, 0.1, NULL), LS_VALUE);
  assert_int_equal(compare(actual, 1), LS_VALUE);
  assert_int_equal(compare(actual, NAN), LS_VALUE);
  assert_int_equal(compare(actual, -1), LS_VALUE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepts_equal_and_near),
      cmocka_unit_test(refuses_errors),
      cmocka_unit_test(refuses_nan_and_infinity),
      cmocka_unit_test(refuses_lost_nan_and_infinity),
      cmocka_unit_test(refuses_zero),
      cmocka_unit_test(refuses_untouched),
      cmocka_unit_test(refuses_no_elements_and_no_tolerance),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
