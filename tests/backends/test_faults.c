/* The checks of operators must find faults: each one is put into the reference backend here, and
 * the case that should notice it must fail with the message that names it. */
#include "backends/operator_check.h"
#include "backends/registry.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

/* The backend and its functions before a fault was put in. */
static const ls_backend *sound;
static const ls_operator_functions *sound_functions;
static ls_operator_functions faulty_functions;

static ls_status faulty_conv_new(ls_device *device, const ls_conv_block_shape *shape,
                                 const ls_operator_place *place, ls_operator **op,
                                 ls_error *error) {
  LS_TRY(sound->conv_block_new(device, shape, place, op, error));
  sound_functions = (*op)->functions;
  ls_operator_functions functions = *sound_functions;
  if (faulty_functions.set_weights) functions.set_weights = faulty_functions.set_weights;
  if (faulty_functions.forward) functions.forward = faulty_functions.forward;
  if (faulty_functions.backward) functions.backward = faulty_functions.backward;
  if (faulty_functions.export_output) functions.export_output = faulty_functions.export_output;
  static ls_operator_functions merged;
  merged = functions;
  (*op)->functions = &merged;
  return LS_OK;
}

static size_t output_floats(const ls_operator *op) {
  return op->sizes.output / sizeof(float);
}

static ls_status forward_of_nothing(ls_operator *op, const void *input, void *output, void *saved,
                                    void *workspace, ls_error *error) {
  (void)op, (void)input, (void)output, (void)saved, (void)workspace, (void)error;
  return LS_OK;
}

static ls_status forward_of_zeros(ls_operator *op, const void *input, void *output, void *saved,
                                  void *workspace, ls_error *error) {
  LS_TRY(sound_functions->forward(op, input, output, saved, workspace, error));
  memset(output, 0, op->sizes.output);
  return LS_OK;
}

static ls_status forward_off_a_little(ls_operator *op, const void *input, void *output, void *saved,
                                      void *workspace, ls_error *error) {
  LS_TRY(sound_functions->forward(op, input, output, saved, workspace, error));
  ((float *)output)[output_floats(op) - 1] += 1e-4f;
  return LS_OK;
}

static ls_status forward_without_nan(ls_operator *op, const void *input, void *output, void *saved,
                                     void *workspace, ls_error *error) {
  LS_TRY(sound_functions->forward(op, input, output, saved, workspace, error));
  for (size_t i = 0; i < output_floats(op); i++)
    if (isnan(((float *)output)[i])) ((float *)output)[i] = 0.25f;
  return LS_OK;
}

/* In an empty image every value of a window is the maximum. */
static ls_status forward_to_last_maximum(ls_operator *op, const void *input, void *output,
                                         void *saved, void *workspace, ls_error *error) {
  LS_TRY(sound_functions->forward(op, input, output, saved, workspace, error));
  memset(saved, 24, op->sizes.saved);
  return LS_OK;
}

static ls_status forward_with_wrong_argmax(ls_operator *op, const void *input, void *output,
                                           void *saved, void *workspace, ls_error *error) {
  LS_TRY(sound_functions->forward(op, input, output, saved, workspace, error));
  *(uint8_t *)saved ^= 1;
  return LS_OK;
}

static ls_status backward_that_overwrites(ls_operator *op, const void *input, void *output,
                                          void *output_gradient, void *saved, void *input_gradient,
                                          float *kernel_gradient, float *bias_gradient,
                                          void *workspace, ls_error *error) {
  *kernel_gradient = 0;
  return sound_functions->backward(op, input, output, output_gradient, saved, input_gradient,
                                   kernel_gradient, bias_gradient, workspace, error);
}

static ls_status backward_without_input(ls_operator *op, const void *input, void *output,
                                        void *output_gradient, void *saved, void *input_gradient,
                                        float *kernel_gradient, float *bias_gradient,
                                        void *workspace, ls_error *error) {
  (void)input_gradient;
  return sound_functions->backward(op, input, output, output_gradient, saved, NULL, kernel_gradient,
                                   bias_gradient, workspace, error);
}

static ls_status backward_without_bias(ls_operator *op, const void *input, void *output,
                                       void *output_gradient, void *saved, void *input_gradient,
                                       float *kernel_gradient, float *bias_gradient,
                                       void *workspace, ls_error *error) {
  float first = *bias_gradient;
  ls_status status =
      sound_functions->backward(op, input, output, output_gradient, saved, input_gradient,
                                kernel_gradient, bias_gradient, workspace, error);
  *bias_gradient = first;
  return status;
}

static ls_status weights_set_once(ls_operator *op, const float *kernel, const float *bias,
                                  ls_error *error) {
  static const ls_operator *seen;
  if (seen == op) return LS_OK;
  seen = op;
  return sound_functions->set_weights(op, kernel, bias, error);
}

static ls_status export_reversed(const ls_operator *op, const void *output, float *plain,
                                 ls_error *error) {
  (void)error;
  for (size_t i = 0; i < output_floats(op); i++)
    plain[i] = ((const float *)output)[output_floats(op) - 1 - i];
  return LS_OK;
}

static const ls_conv_case first = {"first", {13, 11, 1, 10, 5, 5}, 1, LS_INPUT_DENSE, 8};
static const ls_conv_case later = {"later", {13, 11, 7, 10, 5, 5}, 0, LS_INPUT_DENSE, 8};
static const ls_conv_case empty = {"empty", {13, 11, 7, 10, 5, 5}, 0, LS_INPUT_ZERO, 8};
static const ls_conv_case with_nan = {"NaN", {13, 11, 1, 10, 5, 5}, 1, LS_INPUT_NAN, 8};

/* The case passes without the fault and fails with it, with that text in the message. */
static void assert_found(ls_operator_functions fault, const ls_conv_case *conv, const char *text) {
  ls_error error = {0};
  ls_backend faulty = *sound;
  faulty.conv_block_new = faulty_conv_new;
  faulty_functions = (ls_operator_functions){0};
  assert_int_equal(ls_check_conv(&faulty, NULL, 2, conv, &error), LS_OK);
  faulty_functions = fault;
  assert_int_equal(ls_check_conv(&faulty, NULL, 2, conv, &error), LS_VALUE);
  if (!strstr(error.message, text)) fail_msg("'%s' not in: %s", text, error.message);
}

static void faults_of_forward_are_found(void **state) {
  (void)state;
  assert_found((ls_operator_functions){.forward = forward_of_nothing}, &first, "not written");
  assert_found((ls_operator_functions){.forward = forward_of_zeros}, &first, "are zero");
  assert_found((ls_operator_functions){.forward = forward_off_a_little}, &first, "output: element");
  assert_found((ls_operator_functions){.forward = forward_without_nan}, &with_nan, "expected");
}

static void wrong_maxima_are_found(void **state) {
  (void)state;
  assert_found((ls_operator_functions){.forward = forward_with_wrong_argmax}, &first,
               "kernel gradient");
  assert_found((ls_operator_functions){.forward = forward_to_last_maximum}, &empty,
               "input gradient");
}

static void faults_of_backward_are_found(void **state) {
  (void)state;
  assert_found((ls_operator_functions){.backward = backward_that_overwrites}, &first,
               "kernel gradient");
  assert_found((ls_operator_functions){.backward = backward_without_bias}, &first, "bias gradient");
  assert_found((ls_operator_functions){.backward = backward_without_input}, &later,
               "input gradient: element 0 of 1001 was not written");
}

static void stale_weights_and_wrong_layouts_are_found(void **state) {
  (void)state;
  assert_found((ls_operator_functions){.set_weights = weights_set_once}, &first, "output");
  assert_found((ls_operator_functions){.export_output = export_reversed}, &first, "imported");
}

static ls_status refuse_conv(ls_device *device, const ls_conv_block_shape *shape,
                             const ls_operator_place *place, ls_operator **op, ls_error *error) {
  (void)device, (void)shape, (void)place;
  *op = NULL;
  return ls_fail(error, LS_UNAVAILABLE, "no shape is supported");
}

static ls_status refuse_dense(ls_device *device, const ls_dense_shape *shape,
                              const ls_operator_place *place, ls_operator **op, ls_error *error) {
  (void)device, (void)shape, (void)place;
  *op = NULL;
  return ls_fail(error, LS_UNAVAILABLE, "no shape is supported");
}

static void skipping_every_case_fails(void **state) {
  (void)state;
  ls_error error = {0};
  ls_backend refusing = *sound;
  refusing.conv_block_new = refuse_conv;
  refusing.dense_new = refuse_dense;
  assert_int_equal(ls_check_conv_table(&refusing, NULL, &error), LS_VALUE);
  assert_non_null(strstr(error.message, "skipped"));
  assert_int_equal(ls_check_dense_table(&refusing, NULL, &error), LS_VALUE);
  assert_non_null(strstr(error.message, "skipped"));
}

static int find_sound_backend(void **state) {
  (void)state;
  return ls_backend_find("reference", &sound, NULL) != LS_OK;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(faults_of_forward_are_found),
      cmocka_unit_test(wrong_maxima_are_found),
      cmocka_unit_test(faults_of_backward_are_found),
      cmocka_unit_test(stale_weights_and_wrong_layouts_are_found),
      cmocka_unit_test(skipping_every_case_fails),
  };
  return cmocka_run_group_tests(tests, find_sound_backend, NULL);
}
