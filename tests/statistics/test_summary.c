/* Medians, their intervals from ranks, quantiles. */
#include "support/test.h"

#include "statistics/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define assert_within(a, b, margin) assert_true(fabs((a) - (b)) <= (margin))
#define assert_near(a, b) assert_within(a, b, 1e-12)

/* Dixon and Mood, "The Statistical Sign Test", 1946, table for two-sided 5%: the most signs of the
 * rarer kind that are still significant, for n = 6 to 70. The interval begins at the next rank. */
static const unsigned char sign_test[] = {
    0,  0,  0,  1,  1,  1,  2,  2,  2,  3,  3,  4,  4,  4,  5,  5,  5,  6,  6,  7,  7,  7,
    8,  8,  9,  9,  9,  10, 10, 11, 11, 12, 12, 12, 13, 13, 14, 14, 15, 15, 15, 16, 16, 17,
    17, 18, 18, 18, 19, 19, 20, 20, 21, 21, 21, 22, 22, 23, 23, 24, 24, 25, 25, 25, 26};

static void test_published_ranks(void **state) {
  (void)state;
  assert_int_equal(sizeof sign_test, 70 - 6 + 1);
  for (size_t n = 6; n <= 70; n++) {
    size_t low, high;
    ls_median_ranks(n, &low, &high);
    assert_int_equal(low, sign_test[n - 6] + 1);
    assert_int_equal(high, n - sign_test[n - 6]);
  }
}

static void test_no_interval_below_six(void **state) {
  (void)state;
  for (size_t n = 0; n < 6; n++) {
    size_t low = 7, high = 7;
    ls_median_ranks(n, &low, &high);
    assert_int_equal(low, 0);
    assert_int_equal(high, 0);
  }
}

/* For large n the ranks are n/2 -+ 0.98 sqrt(n) (Le Boudec, chapter 2; Hoefler and Belli, rule 5),
 * give or take one; the exact values for 1000 and 10000 are of integer arithmetic. */
static void test_ranks_of_many(void **state) {
  (void)state;
  size_t low, high;
  ls_median_ranks(1000, &low, &high);
  assert_int_equal(low, 469);
  assert_int_equal(high, 532);
  ls_median_ranks(10000, &low, &high);
  assert_int_equal(low, 4902);
  for (double n = 100; n < 1e9; n *= 10) {
    ls_median_ranks((size_t)n, &low, &high);
    assert_true(fabs((double)low - floor(n / 2 - 0.98 * sqrt(n))) <= 1 + 1e-4 * sqrt(n));
    assert_int_equal(low + high, (size_t)n + 1);
  }
}

static void test_summary(void **state) {
  (void)state;
  const double values[] = {3, 1, 4, 1.5, 9, 2.6, 5};
  double before[7];
  memcpy(before, values, sizeof before);
  ls_summary s;
  assert_int_equal(ls_summarise(values, 7, &s, NULL), LS_OK);
  assert_memory_equal(values, before, sizeof before);
  assert_int_equal(s.n, 7);
  assert_near(s.median, 3);
  assert_near(s.min, 1);
  assert_near(s.max, 9);
  assert_near(s.ci95_low, 1);
  assert_near(s.ci95_high, 9);
  assert_near(s.p25, 2.05);         /* half way between 1.5 and 2.6 */
  assert_near(s.p75, 4.5);          /* half way between 4 and 5 */
  assert_near(s.p99, 5 + 0.94 * 4); /* at 5.94 of 0 .. 6 */
}

static void test_interval_is_of_ranks(void **state) {
  (void)state;
  double values[20]; /* 1 .. 20 out of order: ranks are values */
  for (size_t i = 0; i < 20; i++) values[i] = (double)(i * 7 % 20 + 1);
  ls_summary s;
  assert_int_equal(ls_summarise(values, 20, &s, NULL), LS_OK);
  assert_near(s.median, 10.5);
  assert_near(s.ci95_low, 6);
  assert_near(s.ci95_high, 15);
}

static void test_few(void **state) {
  (void)state;
  const double values[] = {2, 1, 4, 3, 5};
  ls_summary s;
  assert_int_equal(ls_summarise(values, 5, &s, NULL), LS_OK);
  assert_near(s.median, 3);
  assert_true(isnan(s.ci95_low) && isnan(s.ci95_high));
  assert_int_equal(ls_summarise(values, 1, &s, NULL), LS_OK);
  assert_near(s.median, 2);
  assert_near(s.p99, 2);
  assert_int_equal(ls_summarise(NULL, 0, &s, NULL), LS_OK);
  assert_int_equal(s.n, 0);
  assert_true(isnan(s.median) && isnan(s.min) && isnan(s.p99));
}

static void test_no_number(void **state) {
  (void)state;
  const double bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < 3; i++) {
    const double values[] = {1, bad[i], 3};
    ls_summary s;
    ls_error error = {0};
    assert_int_equal(ls_summarise(values, 3, &s, &error), LS_VALUE);
    assert_non_null(strstr(error.message, "value 2 of 3"));
    assert_true(isnan(s.median));
  }
}

static void test_precise(void **state) {
  (void)state;
  ls_summary s = {.n = 6, .median = 100, .ci95_low = 96, .ci95_high = 104};
  assert_true(ls_is_precise(&s, 0.05));
  assert_false(ls_is_precise(&s, 0.03));
  s.ci95_high = 105.1;
  assert_false(ls_is_precise(&s, 0.05));
  s = (ls_summary){.n = 6, .median = 100, .ci95_low = 94.9, .ci95_high = 101};
  assert_false(ls_is_precise(&s, 0.05));
  s = (ls_summary){.n = 5, .median = 100, .ci95_low = 100, .ci95_high = 100};
  assert_false(ls_is_precise(&s, 0.05));
  s = (ls_summary){.n = 6, .median = 100, .ci95_low = NAN, .ci95_high = NAN};
  assert_false(ls_is_precise(&s, 0.05));
}

/* The interval holds the median in at least 95% of samples, whatever the distribution: here one
 * with a long tail, 1 / (1 - u), whose median is 2. A fixed generator: the count is always the
 * same. */
static void test_coverage(void **state) {
  (void)state;
  enum { SAMPLES = 20000, N = 11 };
  uint64_t x = 88172645463325252u;
  int held = 0;
  for (int sample = 0; sample < SAMPLES; sample++) {
    double values[N];
    for (int i = 0; i < N; i++) {
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;
      values[i] = 1 / (1 - (double)(x >> 11) * 0x1p-53);
    }
    ls_summary s;
    assert_int_equal(ls_summarise(values, N, &s, NULL), LS_OK);
    held += s.ci95_low <= 2 && 2 <= s.ci95_high;
  }
  /* Ranks 2 and 10 of 11: 1 - 24 / 2048 = 0.98828; 4 standard deviations are 0.003. */
  assert_within((double)held / SAMPLES, 1 - 24.0 / 2048, 0.003);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_published_ranks),
      cmocka_unit_test(test_no_interval_below_six),
      cmocka_unit_test(test_ranks_of_many),
      cmocka_unit_test(test_summary),
      cmocka_unit_test(test_interval_is_of_ranks),
      cmocka_unit_test(test_few),
      cmocka_unit_test(test_no_number),
      cmocka_unit_test(test_precise),
      cmocka_unit_test(test_coverage),
  };
  return cmocka_run_group_tests_name("summaries", tests, NULL, NULL);
}
