/* The reference itself: Keras' semantics on examples small enough for a hand, gradients against
 * finite differences, results independent of the thread count. */
#include "backends/reference/kernels.h"
#include "cases/cases.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void assert_near(double actual, double expected, double tolerance) {
  if (!(fabs(actual - expected) <= tolerance)) fail_msg("%.12g instead of %.12g", actual, expected);
}

static void assert_values(const double *actual, const double *expected, size_t count) {
  for (size_t i = 0; i < count; i++) assert_near(actual[i], expected[i], 1e-15);
}

/* 'same': zeros beyond the border, the output as large as the input. */
static void same_padding(void **state) {
  (void)state;
  const ls_conv_block_shape shape = {3, 3, 1, 1, 3, 1};
  const double ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, bias[1] = {0};
  double output[9];
  uint8_t argmax[9];
  ls_reference_conv_block_forward_f64(&shape, 1, ones, ones, bias, output, argmax);
  assert_values(output, (const double[]){4, 6, 4, 6, 9, 6, 4, 6, 4}, 9);
}

/* The kernel is not flipped: its first row meets the row above. */
static void kernel_is_not_flipped(void **state) {
  (void)state;
  const ls_conv_block_shape shape = {3, 3, 1, 1, 3, 1};
  const double input[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, bias[1] = {0};
  const double kernel[9] = {0, 1, 0, 0, 0, 0, 0, 0, 0};
  double output[9];
  uint8_t argmax[9];
  ls_reference_conv_block_forward_f64(&shape, 1, input, kernel, bias, output, argmax);
  assert_values(output, (const double[]){0, 0, 0, 1, 2, 3, 4, 5, 6}, 9);
}

/* Weights are [kernel row][kernel column][in][out], pixels channels last. */
static void channel_order(void **state) {
  (void)state;
  const ls_conv_block_shape shape = {1, 2, 2, 3, 1, 1};
  const double input[4] = {1, 10, 2, 20}, bias[3] = {0.5, 0, 0};
  const double kernel[6] = {1, 2, 3, 4, 5, 6};
  double output[6];
  uint8_t argmax[6];
  ls_reference_conv_block_forward_f64(&shape, 1, input, kernel, bias, output, argmax);
  assert_values(output, (const double[]){41.5, 52, 63, 82.5, 104, 126}, 6);
}

/* Pooling drops the rows and columns that fill no window, however large their values. */
static void floor_pooling(void **state) {
  (void)state;
  const ls_conv_block_shape shape = {3, 5, 1, 1, 1, 2};
  const double input[15] = {1, 2, 3, 4, 99, 5, 6, 7, 8, 99, 99, 99, 99, 99, 99};
  const double kernel[1] = {1}, bias[1] = {0};
  double output[2];
  uint8_t argmax[2];
  ls_reference_conv_block_forward_f64(&shape, 1, input, kernel, bias, output, argmax);
  assert_values(output, (const double[]){6, 8}, 2);
  assert_int_equal(argmax[0], 3);
  assert_int_equal(argmax[1], 3);
}

/* Of equal maxima the first in row order gets the whole gradient. */
static void first_maximum_wins(void **state) {
  (void)state;
  const ls_conv_block_shape shape = {2, 4, 1, 1, 1, 2};
  const double input[8] = {1, 3, 0, 0, 3, 2, 0, 0}, kernel[1] = {1}, bias[1] = {1};
  const double output_gradient[2] = {7, 11};
  double output[2], input_gradient[8], kernel_gradient[1] = {100}, bias_gradient[1] = {200};
  uint8_t argmax[2];
  ls_reference_conv_block_forward_f64(&shape, 1, input, kernel, bias, output, argmax);
  assert_int_equal(argmax[0], 1);
  assert_int_equal(argmax[1], 0);
  ls_reference_conv_block_backward_f64(&shape, 1, input, kernel, output, argmax, output_gradient,
                                       input_gradient, kernel_gradient, bias_gradient);
  assert_values(input_gradient, (const double[]){0, 7, 11, 0, 0, 0, 0, 0}, 8);
  assert_near(kernel_gradient[0], 100 + 21, 0);
  assert_near(bias_gradient[0], 200 + 18, 0);
}

/* ELU with alpha 1: x above zero, e^x - 1 below, slope 1 and e^x. */
static void elu(void **state) {
  (void)state;
  const ls_conv_block_shape shape = {1, 3, 1, 1, 1, 1};
  const double input[3] = {2, -1, 0}, kernel[1] = {1}, bias[1] = {0}, ones[3] = {1, 1, 1};
  double output[3], input_gradient[3], kernel_gradient[1] = {0}, bias_gradient[1] = {0};
  uint8_t argmax[3];
  ls_reference_conv_block_forward_f64(&shape, 1, input, kernel, bias, output, argmax);
  assert_values(output, (const double[]){2, exp(-1) - 1, 0}, 3);
  ls_reference_conv_block_backward_f64(&shape, 1, input, kernel, output, argmax, ones,
                                       input_gradient, kernel_gradient, bias_gradient);
  assert_values(input_gradient, (const double[]){1, exp(-1), 1}, 3);
}

/* The first dense layer sees [row][column][channel]. */
static void flatten_order(void **state) {
  (void)state;
  const ls_dense_shape shape = {2, 1, 2, 1, 0};
  const double input[4] = {1, 2, 3, 4}, kernel[4] = {1000, 100, 10, 1}, bias[1] = {0.5};
  double output[1];
  ls_reference_dense_forward_f64(&shape, 1, input, kernel, bias, output);
  assert_near(output[0], 1234.5, 0);
}

/* A NaN becomes the maximum of its window wherever it stands; an infinity passes. */
static void nan_and_infinity_pass(void **state) {
  (void)state;
  const ls_conv_block_shape shape = {2, 2, 1, 1, 1, 2};
  const double kernel[1] = {1}, bias[1] = {0};
  for (int i = 0; i < 4; i++) {
    double input[4] = {1, 2, 3, 4}, output[1];
    uint8_t argmax[1];
    input[i] = NAN;
    ls_reference_conv_block_forward_f64(&shape, 1, input, kernel, bias, output, argmax);
    assert_true(isnan(output[0]));
    assert_int_equal(argmax[0], i);
    input[i] = INFINITY;
    ls_reference_conv_block_forward_f64(&shape, 1, input, kernel, bias, output, argmax);
    assert_true(isinf(output[0]));
  }
}

enum { MOST = 4096 };

/* Data of one case in float64, and a loss: the outputs weighted with weight. */
typedef struct problem {
  ls_conv_block_shape conv;
  ls_dense_shape dense; /* outputs 0: the problem is the conv block */
  size_t inputs, weights, outputs, results;
  double input[MOST], kernel[MOST], bias[64], output[MOST], weight[MOST];
  uint8_t argmax[MOST];
} problem;

static void fill(problem *p) {
  static float input[MOST], kernel[MOST], bias[64], weight[MOST];
  ls_case_fill_input(LS_INPUT_DENSE, 5, 1, 1, (int)p->inputs, input);
  ls_case_fill_weights(LS_INPUT_DENSE, 5, p->weights / p->outputs, (int)p->outputs, kernel, bias);
  ls_case_fill_uniform(5, 0, p->results, weight);
  for (size_t i = 0; i < p->inputs; i++) p->input[i] = (double)input[i];
  for (size_t i = 0; i < p->weights; i++) p->kernel[i] = (double)kernel[i];
  for (size_t i = 0; i < p->outputs; i++) p->bias[i] = (double)bias[i];
  for (size_t i = 0; i < p->results; i++) p->weight[i] = (double)weight[i];
}

static double loss(problem *p) {
  if (p->dense.outputs)
    ls_reference_dense_forward_f64(&p->dense, 1, p->input, p->kernel, p->bias, p->output);
  else
    ls_reference_conv_block_forward_f64(&p->conv, 1, p->input, p->kernel, p->bias, p->output,
                                        p->argmax);
  double sum = 0;
  for (size_t i = 0; i < p->results; i++) sum += p->weight[i] * p->output[i];
  return sum;
}

static void assert_differences(problem *p, double *values, const double *gradient, size_t count) {
  const double step = 1e-6;
  for (size_t i = 0; i < count; i++) {
    double value = values[i];
    values[i] = value + step;
    double above = loss(p);
    values[i] = value - step;
    double below = loss(p);
    values[i] = value;
    assert_near(gradient[i], (above - below) / (2 * step), 1e-7);
  }
}

static void assert_gradients(problem *p) {
  static double input_gradient[MOST], kernel_gradient[MOST], bias_gradient[64];
  memset(kernel_gradient, 0, sizeof kernel_gradient);
  memset(bias_gradient, 0, sizeof bias_gradient);
  fill(p);
  loss(p);
  if (p->dense.outputs)
    ls_reference_dense_backward_f64(&p->dense, 1, p->input, p->kernel, p->output, p->weight,
                                    input_gradient, kernel_gradient, bias_gradient);
  else
    ls_reference_conv_block_backward_f64(&p->conv, 1, p->input, p->kernel, p->output, p->argmax,
                                         p->weight, input_gradient, kernel_gradient, bias_gradient);
  assert_differences(p, p->input, input_gradient, p->inputs);
  assert_differences(p, p->kernel, kernel_gradient, p->weights);
  assert_differences(p, p->bias, bias_gradient, p->outputs);
}

static void conv_gradients_are_finite_differences(void **state) {
  (void)state;
  static const ls_conv_block_shape shapes[] = {{13, 11, 2, 3, 5, 5}, {7, 8, 3, 4, 3, 2}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const ls_conv_block_shape *s = &shapes[i];
    static problem p;
    p = (problem){.conv = *s};
    p.inputs = (size_t)(s->height * s->width * s->in_channels);
    p.weights = (size_t)(s->kernel * s->kernel * s->in_channels * s->out_channels);
    p.outputs = (size_t)s->out_channels;
    p.results = (size_t)((s->height / s->pool) * (s->width / s->pool)) * p.outputs;
    assert_gradients(&p);
  }
}

static void dense_gradients_are_finite_differences(void **state) {
  (void)state;
  for (int with_elu = 0; with_elu < 2; with_elu++) {
    static problem p;
    p = (problem){.dense = {2, 3, 4, 5, with_elu}};
    p.inputs = 24;
    p.weights = 24 * 5;
    p.outputs = p.results = 5;
    assert_gradients(&p);
  }
}

static void thread_count_changes_no_bit(void **state) {
  (void)state;
  const ls_conv_block_shape shape = {27, 33, 3, 10, 5, 5};
  enum { INPUTS = 27 * 33 * 3, WEIGHTS = 75 * 10, OUTPUTS = 5 * 6 * 10 };
  static float input[INPUTS], kernel[WEIGHTS], bias[10], gradient[OUTPUTS], output[3][OUTPUTS],
      input_gradient[3][INPUTS], kernel_gradient[3][WEIGHTS], bias_gradient[3][10];
  static uint8_t argmax[3][OUTPUTS];
  ls_case_fill_input(LS_INPUT_DENSE, 1, 27, 33, 3, input);
  ls_case_fill_weights(LS_INPUT_DENSE, 1, 75, 10, kernel, bias);
  ls_case_fill_uniform(1, 0, OUTPUTS, gradient);
  for (int i = 0; i < 3; i++) {
    ls_reference_conv_block_forward_f32(&shape, i + 1, input, kernel, bias, output[i], argmax[i]);
    ls_reference_conv_block_backward_f32(&shape, i + 1, input, kernel, output[i], argmax[i],
                                         gradient, input_gradient[i], kernel_gradient[i],
                                         bias_gradient[i]);
    assert_memory_equal(output[i], output[0], sizeof output[0]);
    assert_memory_equal(argmax[i], argmax[0], sizeof argmax[0]);
    assert_memory_equal(input_gradient[i], input_gradient[0], sizeof input_gradient[0]);
    assert_memory_equal(kernel_gradient[i], kernel_gradient[0], sizeof kernel_gradient[0]);
    assert_memory_equal(bias_gradient[i], bias_gradient[0], sizeof bias_gradient[0]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_padding),
      cmocka_unit_test(kernel_is_not_flipped),
      cmocka_unit_test(channel_order),
      cmocka_unit_test(floor_pooling),
      cmocka_unit_test(first_maximum_wins),
      cmocka_unit_test(elu),
      cmocka_unit_test(flatten_order),
      cmocka_unit_test(nan_and_infinity_pass),
      cmocka_unit_test(conv_gradients_are_finite_differences),
      cmocka_unit_test(dense_gradients_are_finite_differences),
      cmocka_unit_test(thread_count_changes_no_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
