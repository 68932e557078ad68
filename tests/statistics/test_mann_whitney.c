/* The test of Mann and Whitney against tables, published examples and values by hand. */
#include "support/test.h"

#include "statistics/statistics.h"

#include <math.h>

#define assert_within(a, b, margin) assert_true(fabs((a) - (b)) <= (margin))

static void assert_p(double p, double expected) {
  assert_within(p, expected, 1e-9 + 1e-9 * expected);
}

/* Samples of n and m different values with U = u: the first lies u places above the very bottom. */
static double p_of(size_t n, size_t m, size_t u) {
  double a[64], b[64];
  for (size_t j = 0; j < m; j++) b[j] = 10.0 * (double)(j + 1);
  for (size_t i = n; i-- > 0;) {
    size_t above = u < m ? u : m; /* values of b below this one */
    u -= above;
    a[i] = 10.0 * (double)above + 5 + 0.01 * (double)i;
  }
  assert_int_equal(u, 0);
  double p = ls_mann_whitney(a, n, b, m);
  assert_p(ls_mann_whitney(b, m, a, n), p);
  return p;
}

/* By counting: of C(n + m, n) orders 1, 1, 2, 3 have U = 0, 1, 2, 3 (partitions). */
static void test_by_hand(void **state) {
  (void)state;
  assert_p(p_of(3, 3, 0), 2.0 / 20);
  assert_p(p_of(5, 5, 2), 2 * 4.0 / 252);
  assert_p(p_of(4, 6, 3), 2 * 7.0 / 210);
  assert_p(p_of(10, 10, 0), 2.0 / 184756);
  assert_p(p_of(10, 10, 3), 2 * 7.0 / 184756);
  assert_p(p_of(1, 1, 0), 1);
  assert_p(p_of(3, 3, 3), 2 * 7.0 / 20);
  assert_p(p_of(3, 3, 4), 1); /* 1 + 1 + 2 + 3 + 3 of 20, twice */
}

/* Critical values of two-sided tests, n = m; as in every textbook's table (for example Conover,
 * Practical Nonparametric Statistics, 1999): the largest U that is significant. */
static void test_critical_values(void **state) {
  (void)state;
  static const size_t table[][3] = {/* n, 5%, 1% */
                                    {5, 2, 0},    {6, 5, 2},    {7, 8, 4},
                                    {8, 13, 7},   {9, 17, 11},  {10, 23, 16},
                                    {12, 37, 27}, {15, 64, 51}, {20, 127, 105}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    size_t n = table[i][0];
    assert_true(p_of(n, n, table[i][1]) <= 0.05);
    assert_true(p_of(n, n, table[i][1] + 1) > 0.05);
    assert_true(p_of(n, n, table[i][2]) <= 0.01);
    assert_true(p_of(n, n, table[i][2] + 1) > 0.01);
  }
}

/* Hollander and Wolfe, Nonparametric Statistical Methods, 1973, page 69: permeability constants;
 * W = 35, one-sided 0.1272. */
static void test_published_example(void **state) {
  (void)state;
  const double x[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const double y[] = {1.15, 0.88, 0.90, 0.74, 1.21};
  assert_within(ls_mann_whitney(x, 10, y, 5), 2 * 0.1272, 1e-4);
}

/* Ranks 1, 3, 3, 5.5 of eight: U = 2.5; ties of three and of two: variance 16/12 (9 - 30/56). */
static void test_ties(void **state) {
  (void)state;
  const double a[] = {2, 3, 1, 2}, b[] = {5, 2, 4, 3};
  double z = (8 - 2.5 - 0.5) / sqrt(16.0 / 12 * (9 - 30.0 / 56));
  assert_within(z, 1.4883513, 1e-6);
  assert_within(ls_mann_whitney(a, 4, b, 4), 0.136658, 1e-5);
  const double equal[] = {7, 7, 7, 7};
  assert_p(ls_mann_whitney(equal, 4, equal, 4), 1);
}

/* Beyond the exact range: close to it where both can be had, and symmetric. */
static void test_approximation(void **state) {
  (void)state;
  double exact = p_of(20, 20, 105), near = p_of(20, 21, 112), nearly = p_of(21, 20, 112);
  assert_within(exact, 0.009, 0.001);
  assert_within(near, 0.0108, 0.002);
  assert_p(nearly, near);
  assert_true(p_of(40, 40, 0) < 1e-12);
  assert_p(p_of(30, 30, 450), 1);
}

static void test_no_answer(void **state) {
  (void)state;
  const double a[] = {1, 2, NAN}, b[] = {1, 2};
  assert_true(isnan(ls_mann_whitney(a, 3, b, 2)));
  assert_true(isnan(ls_mann_whitney(b, 2, a, 3)));
  assert_true(isnan(ls_mann_whitney(a, 0, b, 2)));
  assert_true(isnan(ls_mann_whitney(b, 2, NULL, 0)));
  assert_false(isnan(ls_mann_whitney(a, 2, b, 2)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_hand),           cmocka_unit_test(test_critical_values),
      cmocka_unit_test(test_published_example), cmocka_unit_test(test_ties),
      cmocka_unit_test(test_approximation),     cmocka_unit_test(test_no_answer),
  };
  return cmocka_run_group_tests_name("Mann and Whitney", tests, NULL, NULL);
}
