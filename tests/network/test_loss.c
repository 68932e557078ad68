/* Softmax and cross-entropy against values worked out by hand. */
#include "support/test.h"

#include "network/loss.h"

#include <float.h>
#include <math.h>

static void assert_near(double actual, double expected, double error) {
  if (!(fabs(actual - expected) <= error)) fail_msg("%.12g, expected %.12g", actual, expected);
}

/* Logits ln 1, ln 2, ln 5: probabilities 1/8, 2/8, 5/8. */
static void test_by_hand(void **state) {
  (void)state;
  static const double weight[3] = {1, 2, 5};
  float logits[3], p[3];
  for (int i = 0; i < 3; i++) logits[i] = (float)log(weight[i]);
  ls_softmax(logits, 3, p);
  for (int i = 0; i < 3; i++) {
    assert_near((double)p[i], weight[i] / 8, 2e-7);
    assert_near(ls_cross_entropy(logits, 3, i), log(8 / weight[i]), 2e-7);
  }
  float gradient[3];
  ls_cross_entropy_gradient(p, 3, 1, 0.5f, gradient);
  assert_near((double)gradient[0], 0.0625, 1e-7);
  assert_near((double)gradient[1], -0.375, 1e-7);
  assert_near((double)gradient[2], 0.3125, 1e-7);
  ls_softmax(logits, 3, logits); /* in place */
  for (int i = 0; i < 3; i++) assert_true(logits[i] == p[i]);
}

static void test_equal_logits(void **state) {
  (void)state;
  static const float logits[5] = {3, 3, 3, 3, 3};
  float p[5];
  ls_softmax(logits, 5, p);
  for (int i = 0; i < 5; i++) assert_near((double)p[i], 0.2, FLT_EPSILON);
  assert_near(ls_cross_entropy(logits, 5, 2), log(5), 1e-12);
}

static void test_one_class(void **state) {
  (void)state;
  float logit = -7, p;
  ls_softmax(&logit, 1, &p);
  assert_true(p == 1);
  assert_near(ls_cross_entropy(&logit, 1, 0), 0, 0);
}

static void test_huge_logits(void **state) {
  (void)state;
  static const float logits[3] = {3e38f, -3e38f, 1000};
  float p[3];
  ls_softmax(logits, 3, p);
  assert_true(p[0] == 1 && p[1] == 0 && p[2] == 0);
  assert_near(ls_cross_entropy(logits, 3, 0), 0, 0);
  assert_near(ls_cross_entropy(logits, 3, 1), 2.0 * (double)3e38f, 1e25);
  static const float large[2] = {5000, 5001};
  assert_near(ls_cross_entropy(large, 2, 0), log(1 + exp(1)), 1e-9);
  assert_near(ls_cross_entropy(large, 2, 1), log(1 + exp(-1)), 1e-9);
}

static void test_nan_and_infinity(void **state) {
  (void)state;
  static const float bad[3] = {NAN, INFINITY, -INFINITY};
  for (int b = 0; b < 3; b++)
    for (int at = 0; at < 4; at++) {
      float logits[4] = {1, 2, 3, 4}, p[4];
      logits[at] = bad[b];
      ls_softmax(logits, 4, p);
      for (int i = 0; i < 4; i++) {
        assert_true(isnan(p[i]));
        assert_true(isnan(ls_cross_entropy(logits, 4, i)));
      }
    }
}

/* Steps of 1/256: the logits stay exact. */
static void test_gradient_by_differences(void **state) {
  (void)state;
  const float step = 1.0f / 256;
  float logits[5] = {0.5f, -1.25f, 2, 0, -3}, p[5], gradient[5];
  ls_softmax(logits, 5, p);
  for (int label = 0; label < 5; label++) {
    ls_cross_entropy_gradient(p, 5, label, 3, gradient);
    double sum = 0;
    for (int i = 0; i < 5; i++) {
      float before = logits[i];
      logits[i] = before + step;
      double above = ls_cross_entropy(logits, 5, label);
      logits[i] = before - step;
      double below = ls_cross_entropy(logits, 5, label);
      logits[i] = before;
      assert_near((double)gradient[i], 3 * (above - below) / (2 * (double)step), 1e-5);
      sum += (double)gradient[i];
    }
    assert_near(sum, 0, 1e-6);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_hand),          cmocka_unit_test(test_equal_logits),
      cmocka_unit_test(test_one_class),        cmocka_unit_test(test_huge_logits),
      cmocka_unit_test(test_nan_and_infinity), cmocka_unit_test(test_gradient_by_differences),
  };
  return cmocka_run_group_tests_name("loss", tests, NULL, NULL);
}
