/* The optimisers against the examples of Keras' documentation and float64 sums written out. */
#include "support/test.h"

#include "train/optimizer.h"

#include "base/random.h"

#include <math.h>

enum { COUNT = 37, STEPS = 25 }; /* no multiple of a vector */

/* Gradients from 1e-12 to 100: small ones show the epsilon. */
static float gradient(size_t i, int step) {
  double u = 2 * ls_random_uniform(3, (uint64_t)i, (uint64_t)step) - 1;
  return (float)(u * pow(10, (double)(i % 15) - 12));
}

/* Keras' documentation of SGD: the variable 1, loss w^2 / 2, rate 0.1, momentum 0.9; the steps are
 * 0.1 and 0.18. */
static void test_documented_sgd(void **state) {
  (void)state;
  ls_optimizer o;
  assert_int_equal(ls_optimizer_init(&o, LS_SGD, 0.1, 0.9, 1, NULL), LS_OK);
  float w = 1, g = 1;
  ls_optimizer_update(&o, &g, &w);
  assert_true(fabs((double)w - 0.9) < 1e-7);
  g = w;
  ls_optimizer_update(&o, &g, &w);
  assert_true(fabs((double)w - 0.72) < 1e-7);
  assert_int_equal(o.steps, 2);
  ls_optimizer_destroy(&o);
}

/* Keras' documentation of Adam: the variable 10, loss w^2 / 2, rate 0.1; after one step 9.9. */
static void test_documented_adam(void **state) {
  (void)state;
  ls_optimizer o;
  assert_int_equal(ls_optimizer_init(&o, LS_ADAM, 0.1, 0, 1, NULL), LS_OK);
  float w = 10, g = 10;
  ls_optimizer_update(&o, &g, &w);
  assert_true(fabs((double)w - 9.9) < 2e-6);
  ls_optimizer_destroy(&o);
}

/* Sum over the gradients so far, the latest weighing 1, each earlier one decay times less. */
static double decayed_sum(size_t i, int steps, double decay, double power) {
  double sum = 0;
  for (int s = 0; s < steps; s++)
    sum += pow(decay, steps - 1 - s) * pow((double)gradient(i, s), power);
  return sum;
}

static double sgd_change(size_t i, int t, double rate, double momentum) {
  return -rate * decayed_sum(i, t, momentum, 1);
}

static double adam_change(size_t i, int t, double rate, double unused) {
  (void)unused;
  double m = 0.1 * decayed_sum(i, t, 0.9, 1), v = 0.001 * decayed_sum(i, t, 0.999, 2);
  double corrected = rate * sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t));
  return -corrected * m / (sqrt(v) + 1e-7);
}

/* From zero weights, so that the smallest changes are seen; each is compared relative to itself. */
static void check_steps(ls_optimizer_kind kind, double rate, double momentum, double tolerance,
                        double (*change)(size_t, int, double, double)) {
  ls_optimizer o;
  float w[COUNT + 1] = {0}, g[COUNT + 1];
  double expected[COUNT] = {0}, path[COUNT] = {0};
  assert_int_equal(ls_optimizer_init(&o, kind, rate, momentum, COUNT, NULL), LS_OK);
  for (int t = 1; t <= STEPS; t++) {
    for (size_t i = 0; i <= COUNT; i++) g[i] = gradient(i, t - 1);
    ls_optimizer_update(&o, g, w);
    for (size_t i = 0; i < COUNT; i++) {
      double step = change(i, t, rate, momentum);
      expected[i] += step;
      path[i] += fabs(step);
      if (!(fabs((double)w[i] - expected[i]) <= tolerance * path[i]))
        fail_msg("weight %zu after %d steps: %.9g, expected %.9g", i, t, (double)w[i], expected[i]);
    }
  }
  assert_true(w[COUNT] == 0); /* beyond the count */
  ls_optimizer_destroy(&o);
}

static void test_sgd(void **state) {
  (void)state;
  check_steps(LS_SGD, 0.03, 0, 1e-6, sgd_change);
  check_steps(LS_SGD, 0.03, 0.9, 3e-6, sgd_change);
}

static void test_adam(void **state) {
  (void)state;
  check_steps(LS_ADAM, 0.001, 0, 5e-6, adam_change);
  check_steps(LS_ADAM, 0.1, 0.9, 5e-6, adam_change); /* it has no momentum of its own */
}

static void test_zero_gradient_changes_nothing(void **state) {
  (void)state;
  for (int kind = LS_SGD; kind <= LS_ADAM; kind++) {
    ls_optimizer o;
    float w[2] = {1, -2}, g[2] = {0, 0};
    assert_int_equal(ls_optimizer_init(&o, (ls_optimizer_kind)kind, 0.1, 0.9, 2, NULL), LS_OK);
    for (int t = 0; t < 5; t++) ls_optimizer_update(&o, g, w);
    assert_true(w[0] == 1 && w[1] == -2);
    ls_optimizer_destroy(&o);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_documented_sgd),
      cmocka_unit_test(test_documented_adam),
      cmocka_unit_test(test_sgd),
      cmocka_unit_test(test_adam),
      cmocka_unit_test(test_zero_gradient_changes_nothing),
  };
  return cmocka_run_group_tests_name("optimisers", tests, NULL, NULL);
}
