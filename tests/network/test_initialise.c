/* Initial weights: Glorot uniform kernels, zero biases, a pure function of the seed. */
#include "support/test.h"

#include "network/spec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *parameters_of(const ls_network_spec *spec, unsigned long long seed) {
  size_t count = ls_network_parameter_count(spec);
  float *parameters = malloc(count * sizeof *parameters);
  assert_non_null(parameters);
  memset(parameters, 0xff, count * sizeof *parameters); /* NaN */
  ls_network_initialise(spec, seed, parameters);
  return parameters;
}

/* sqrt(6 / (fan_in + fan_out)), the fans of the published network's layers written out. */
static const double limits[6] = {
    0.147709789, /* 6 / (25 + 250) */
    0.056949015, /* 6 / (250 + 1600) */
    0.035355339, /* 6 / (1600 + 3200) */
    0.025000000, /* 6 / (3200 + 6400) */
    0.030542529, /* 6 / (6400 + 32) */
    0.402693643, /* 6 / (32 + 5) */
};

static void test_glorot_uniform(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(3600, 1);
  float *parameters = parameters_of(&spec, 11);
  for (int l = 0; l < 6; l++) {
    ls_layer_parameters p = ls_network_layer(&spec, l);
    double sum = 0, squares = 0, largest = 0, n = (double)p.kernel_count;
    for (size_t i = 0; i < p.kernel_count; i++) {
      double w = (double)parameters[p.kernel_offset + i];
      sum += w;
      squares += w * w;
      largest = fmax(largest, fabs(w));
      assert_true(isfinite(w));
    }
    double variance = limits[l] * limits[l] / 3;
    assert_true(largest <= limits[l] * (1 + 1e-6));
    assert_true(largest > limits[l] * (1 - 10 / n)); /* missed with a chance of e^-10 */
    assert_true(fabs(sum / n) < 5 * sqrt(variance / n));
    assert_true(fabs(squares / n / variance - 1) < 5 * sqrt(0.8 / n));
  }
  free(parameters);
}

static void test_biases_are_zero(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(625, 3);
  float *parameters = parameters_of(&spec, 11);
  for (int l = 0; l < 6; l++) {
    ls_layer_parameters p = ls_network_layer(&spec, l);
    for (size_t i = 0; i < p.bias_count; i++) assert_true(parameters[p.bias_offset + i] == 0);
  }
  free(parameters);
}

static void test_pure_function_of_the_seed(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(625, 1);
  size_t count = ls_network_parameter_count(&spec);
  float *first = parameters_of(&spec, 11), *same = parameters_of(&spec, 11);
  float *other = parameters_of(&spec, 12);
  assert_memory_equal(first, same, count * sizeof *first);
  size_t equal = 0;
  for (size_t i = 0; i < count; i++) equal += first[i] == other[i] && first[i] != 0;
  assert_true(equal < count / 1000);
  free(first);
  free(same);
  free(other);
}

/* Two layers of the same shape must not start alike. */
static void test_layers_differ(void **state) {
  (void)state;
  ls_network_spec spec = {.height = 8,
                          .width = 8,
                          .planes = 2,
                          .block_count = 2,
                          .dense_count = 1,
                          .kernel = 3,
                          .pool = 2,
                          .block_channels = {2, 2},
                          .dense_outputs = {2}};
  float *parameters = parameters_of(&spec, 1);
  ls_layer_parameters a = ls_network_layer(&spec, 0), b = ls_network_layer(&spec, 1);
  assert_int_equal(a.kernel_count, b.kernel_count);
  assert_memory_not_equal(parameters + a.kernel_offset, parameters + b.kernel_offset,
                          a.kernel_count * sizeof(float));
  free(parameters);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_glorot_uniform),
      cmocka_unit_test(test_biases_are_zero),
      cmocka_unit_test(test_pure_function_of_the_seed),
      cmocka_unit_test(test_layers_differ),
  };
  return cmocka_run_group_tests_name("initial weights", tests, NULL, NULL);
}
