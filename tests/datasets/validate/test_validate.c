/* The parts of a validation that keep little and must get it right: quantiles, copies, findings. */
#include "support/test.h"

#include "base/memory.h"
#include "datasets/validate/distribution.h"
#include "datasets/validate/duplicates.h"
#include "datasets/validate/findings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rising(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

/* Quantiles of many sizes, of both signs and zero, are right to the histogram's 5%. */
static void test_quantiles(void **state) {
  (void)state;
  enum { COUNT = 10007 };
  static double values[COUNT];
  ls_distribution *d;
  assert_int_equal(ls_distribution_new(&d, NULL), LS_OK);
  for (uint64_t i = 0; i < COUNT; i++) {
    double value = exp2((double)(i * 7919 % COUNT) / COUNT * 30);
    if (i % 3 == 0) value = -value;
    if (i % 100 == 0) value = 0;
    values[i] = value;
    const ls_event_sums sums = {.pixels = {i}, .charge = {value}};
    ls_distribution_add(d, 3, 1, i, &sums);
  }
  uint64_t most_event = 0;
  for (uint64_t i = 0; i < COUNT; i++)
    if (values[i] > values[most_event]) most_event = i;
  qsort(values, COUNT, sizeof *values, rising);
  ls_quantiles q = ls_distribution_quantiles(d, 3, 0, LS_QUANTITY_CHARGE);
  const double found[] = {q.low, q.median, q.high};
  const double at[] = {values[(int)(0.05 * COUNT)], values[COUNT / 2], values[(int)(0.95 * COUNT)]};
  for (int i = 0; i < 3; i++) assert_true(fabs(found[i] / at[i] - 1) < 0.05);
  assert_true(q.least == values[0] && q.most == values[COUNT - 1]);
  assert_int_equal(q.most_event, most_event);
  assert_int_equal(ls_distribution_events(d, 3), COUNT);
  assert_int_equal(ls_distribution_events(d, 2), 0);
  ls_quantiles none = ls_distribution_quantiles(d, 2, 0, LS_QUANTITY_CHARGE);
  assert_true(none.most == 0);
  ls_distribution_free(d);
}

/* Labels that are none go together; extremes of equals name the first event. */
static void test_rows(void **state) {
  (void)state;
  ls_distribution *d;
  assert_int_equal(ls_distribution_new(&d, NULL), LS_OK);
  const ls_event_sums sums = {.pixels = {5, 0, 0}, .charge = {2, 0, -4}};
  ls_distribution_add(d, -1, 3, 7, &sums);
  ls_distribution_add(d, 99, 3, 4, &sums);
  assert_int_equal(ls_distribution_events(d, LS_DISTRIBUTION_NO_CLASS), 2);
  ls_quantiles q = ls_distribution_quantiles(d, -1, 0, LS_QUANTITY_PIXELS);
  assert_true(q.median == 5 && q.least_event == 4 && q.most_event == 4);
  q = ls_distribution_quantiles(d, -1, 1, LS_QUANTITY_CHARGE);
  assert_true(q.low == 0 && q.high == 0);
  q = ls_distribution_quantiles(d, -1, 2, LS_QUANTITY_CHARGE);
  assert_true(q.median == -4);
  ls_distribution_free(d);
}

static void test_copies(void **state) {
  (void)state;
  static const uint64_t pixels[] = {8, 5, 8, 1, 5, 8, 2};
  ls_fingerprints all = {0};
  for (uint64_t i = 7; i-- > 0;) /* in any order */
    assert_int_equal(ls_fingerprints_add(&all, pixels[i], i, NULL), LS_OK);
  ls_fingerprints_keep_copies(&all);
  static const ls_fingerprint expected[] = {{0, 2}, {1, 4}, {0, 5}};
  assert_int_equal(all.count, 3);
  assert_memory_equal(all.of, expected, sizeof expected);
  ls_fingerprints_destroy(&all);
  ls_fingerprints_keep_copies(&all); /* none is fine */
  for (uint64_t i = 0; i < 5000; i++)
    assert_int_equal(ls_fingerprints_add(&all, i * i, i, NULL), LS_OK);
  ls_fingerprints_keep_copies(&all);
  assert_int_equal(all.count, 0);
  ls_fingerprints_destroy(&all);
}

static void test_findings(void **state) {
  (void)state;
  ls_findings findings = {0};
  assert_int_equal(ls_findings_verdict(&findings), LS_VERDICT_VALID);
  for (int64_t event = 0; event < 250; event++) {
    ls_finding finding = {.file = 1, .event = event};
    snprintf(finding.text, sizeof finding.text, "event %d\n\x1b[2J", (int)event);
    assert_int_equal(ls_findings_add(&findings, LS_CHECK_EMPTY, &finding, NULL), LS_OK);
  }
  assert_int_equal(findings.of[LS_CHECK_EMPTY].count, 250);
  assert_int_equal(findings.of[LS_CHECK_EMPTY].listed, LS_FINDINGS_LISTED);
  assert_int_equal(findings.of[LS_CHECK_EMPTY].first[7].event, 7);
  assert_null(strpbrk(findings.of[LS_CHECK_EMPTY].first[7].text, "\n\x1b"));
  assert_int_equal(ls_findings_verdict(&findings), LS_VERDICT_SUSPICIOUS);
  const ls_finding broken = {.file = 0, .event = -1};
  assert_int_equal(ls_findings_add(&findings, LS_CHECK_FILE, &broken, NULL), LS_OK);
  assert_int_equal(ls_findings_verdict(&findings), LS_VERDICT_BROKEN);
  ls_findings_destroy(&findings);
}

/* Every check has its words and makes a difference. */
static void test_checks(void **state) {
  (void)state;
  for (int check = 0; check < LS_CHECKS; check++) {
    assert_non_null(ls_check_name((ls_check)check));
    assert_non_null(ls_check_what((ls_check)check));
    assert_int_not_equal(ls_check_verdict((ls_check)check), LS_VERDICT_VALID);
    for (int other = 0; other < check; other++)
      assert_string_not_equal(ls_check_name((ls_check)check), ls_check_name((ls_check)other));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_quantiles), cmocka_unit_test(test_rows),
      cmocka_unit_test(test_copies),    cmocka_unit_test(test_findings),
      cmocka_unit_test(test_checks),
  };
  return cmocka_run_group_tests_name("validation", tests, NULL, NULL);
}
