/* What is particular to the backend onednn: its variants, its names of kernels, the loops of its
 * own for each set of instructions, independence of the number of threads, and shapes at the limits
 * of what a network may have. */
#include "backends/onednn/lanes.h"
#include "backends/operator_check.h"
#include "backends/registry.h"
#include "backends/rig.h"
#include "base/memory.h"
#include "support/compare.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const ls_backend *onednn;

static const ls_conv_block_shape block = {67, 33, 7, 40, 5, 2};

static void must(ls_status status, const ls_error *error) {
  if (status != LS_OK) fail_msg("%s", error->message);
}

static void kernels_have_names(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    ls_rig rig;
    ls_error error = {0};
    must(ls_rig_open_conv(&rig, onednn, onednn->variants[i], 2, &block, 0, &error), &error);
    const char *text = rig.op->functions->describe(rig.op);
    /* "conv jit:avx512_core, pool ..": a name and a kernel for each step. */
    assert_non_null(strstr(text, i ? "pool" : "forward"));
    assert_non_null(strstr(text, "weights"));
    assert_non_null(strstr(text, "source"));
    assert_non_null(strchr(text, ':'));
    ls_rig_close(&rig);
  }
}

static void version_names_library_and_instructions(void **state) {
  (void)state;
  char text[128];
  int major;
  onednn->version(text, sizeof text);
  assert_int_equal(sscanf(text, "oneDNN %d.", &major), 1);
  assert_non_null(strstr(text, "kernels for "));
}

/* The literal variant keeps the whole conv output for backward, the other one byte per window. */
static void variants_differ(void **state) {
  (void)state;
  size_t saved[2];
  for (int i = 0; i < 2; i++) {
    ls_rig rig;
    ls_error error = {0};
    must(ls_rig_open_conv(&rig, onednn, onednn->variants[i], 2, &block, 0, &error), &error);
    saved[i] = rig.op->sizes.saved;
    ls_rig_close(&rig);
  }
  assert_int_equal(saved[0], 33 * 16 * 40);
  assert_true(saved[1] > 67 * 33 * 40 * sizeof(float));
}

static void unknown_variants_are_refused(void **state) {
  (void)state;
  ls_device *device;
  ls_error error = {0};
  const ls_backend_options options = {.threads = 1, .variant = "fastest"};
  assert_int_equal(onednn->device_open(&options, &device, &error), LS_USAGE);
  assert_non_null(strstr(error.message, "fastest"));
  assert_null(device);
}

/* Output, input gradient, kernel gradient, bias gradient of the block. */
enum { RESULTS = 33 * 16 * 40 + 67 * 33 * 7 + 25 * 7 * 40 + 40 };

static void run_block(int threads, float *results) {
  ls_rig rig;
  ls_error error = {0};
  float *output = results, *input_gradient = output + 33 * 16 * 40;
  float *kernel_gradient = input_gradient + 67 * 33 * 7;
  float *bias_gradient = kernel_gradient + 25 * 7 * 40;
  must(ls_rig_open_conv(&rig, onednn, "rewritten", threads, &block, 0, &error), &error);
  float *given, *kernel, bias[40];
  must(ls_floats_new(&given, 67 * 33 * 40, &error), &error);
  must(ls_floats_new(&kernel, 25 * 7 * 40, &error), &error);
  ls_case_fill_weights(LS_INPUT_DENSE, 1, 25 * 7, 40, kernel, bias);
  must(rig.op->functions->set_weights(rig.op, kernel, bias, &error), &error);
  ls_case_fill_input(LS_INPUT_DENSE, 1, 67, 33, 7, given);
  must(ls_rig_set_input(&rig, given, &error), &error);
  must(ls_rig_forward(&rig, output, &error), &error);
  ls_case_fill_uniform(1, 0, 33 * 16 * 40, given);
  must(ls_rig_set_output_gradient(&rig, given, &error), &error);
  memset(kernel_gradient, 0, (25 * 7 * 40 + 40) * sizeof(float));
  must(ls_rig_backward(&rig, input_gradient, kernel_gradient, bias_gradient, &error), &error);
  ls_free(given);
  ls_free(kernel);
  ls_rig_close(&rig);
}

static void results_do_not_depend_on_threads(void **state) {
  (void)state;
  static float results[2][RESULTS];
  run_block(1, results[0]);
  for (int threads = 1; threads <= 5; threads++) {
    run_block(threads, results[1]);
    assert_memory_equal(results[0], results[1], sizeof results[0]);
  }
}

static void extreme_shapes_are_right(void **state) {
  (void)state;
  static const ls_conv_case cases[] = {
      {"kernel 15, pool 1", {33, 18, 2, 5, 15, 1}, 0, LS_INPUT_DENSE, 8},
      {"kernel 1, pool 15", {47, 31, 3, 17, 1, 15}, 0, LS_INPUT_DENSE, 8},
      {"kernel 15, pool 15", {31, 45, 1, 10, 15, 15}, 1, LS_INPUT_DENSE, 8},
      {"kernel 15, image of 3 x 2", {3, 2, 1, 3, 15, 2}, 1, LS_INPUT_DENSE, 8},
      {"kernel 15 beyond the pool's remainder", {19, 19, 4, 16, 15, 10}, 0, LS_INPUT_DENSE, 8},
      {"one pixel", {1, 1, 1, 1, 1, 1}, 1, LS_INPUT_DENSE, 8},
      {"pool 1", {19, 22, 3, 33, 5, 1}, 1, LS_INPUT_DENSE, 8},
      {"33 to 100", {12, 13, 33, 100, 3, 2}, 0, LS_INPUT_DENSE, 8},
      {"more strips than partial sums", {139, 601, 1, 10, 3, 2}, 1, LS_INPUT_TIES, 8},
      {"pool 15, NaN", {47, 31, 3, 17, 3, 15}, 0, LS_INPUT_NAN, 8},
      {"pool 1, infinity", {19, 22, 1, 33, 5, 1}, 1, LS_INPUT_INFINITY, 8},
  };
  for (int variant = 0; variant < 2; variant++)
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
      ls_error error = {0};
      ls_status status = ls_check_conv(onednn, onednn->variants[variant], 2, &cases[i], &error);
      if (status != LS_OK) fail_msg("%s: %s", onednn->variants[variant], error.message);
    }
}

/* The tables of this processor beside the plain one; NULL-terminated. */
static void tables_here(const ls_onednn_lanes *tables[3]) {
  tables[0] = tables[1] = tables[2] = NULL;
#ifdef __x86_64__
  int count = 0;
  if (__builtin_cpu_supports("avx2")) tables[count++] = &ls_onednn_lanes_avx2;
  if (ls_onednn_lanes_here() == &ls_onednn_lanes_avx512) tables[count] = &ls_onednn_lanes_avx512;
#endif
}

enum { WINDOWS = 5, POOL = 3, CHANNELS = 21, STRIDE = 32, LINE = (WINDOWS * POOL + 2) * STRIDE };

typedef struct lane_results {
  float output[WINDOWS * CHANNELS + 16], gradient[POOL * LINE], elu[1000];
  uint8_t argmax[WINDOWS * CHANNELS + 64];
} lane_results;

static void run_lanes(const ls_onednn_lanes *lanes, const float *conv, const float *bias,
                      lane_results *r) {
  const ls_onednn_windows w = {.pool = POOL,
                               .columns = WINDOWS,
                               .width = WINDOWS * POOL + 2,
                               .channels = CHANNELS,
                               .stride = STRIDE,
                               .pooled_stride = CHANNELS};
  memset(r, 0, sizeof *r);
  lanes->pool(&w, conv, bias, r->output, r->argmax);
  _Alignas(LS_ALIGNMENT) float line[LINE];
  for (int i = 0; i < POOL; i++) {
    lanes->unpool_line(&w, i, r->output, r->argmax, line);
    memcpy(r->gradient + i * LINE, line, sizeof line);
  }
  for (int i = 0; i < 1000; i++) r->elu[i] = (float)(i - 900) / 10;
  lanes->elu(999, r->elu);
  lanes->elu_slope(999, r->elu + 1, r->elu);
}

/* The gradient is at the maxima and nowhere else, also not in channels that do not exist. */
static void check_unpooled(const lane_results *r) {
  for (int line = 0; line < POOL; line++)
    for (int x = 0; x < WINDOWS * POOL + 2; x++)
      for (int channel = 0; channel < STRIDE; channel++) {
        int pooled = x / POOL * CHANNELS + channel;
        float expected = 0;
        if (channel < CHANNELS && x < WINDOWS * POOL && r->argmax[pooled] == line * POOL + x % POOL)
          expected = r->output[pooled];
        const float *actual = &r->gradient[line * LINE + x * STRIDE + channel];
        assert_memory_equal(actual, &expected, sizeof expected);
      }
}

static void instructions_do_not_change_values(void **state) {
  (void)state;
  _Alignas(LS_ALIGNMENT) static float conv[POOL * LINE];
  float bias[STRIDE];
  static lane_results plain, other;
  ls_case_fill_uniform(1, 0, POOL * LINE, conv);
  ls_case_fill_uniform(1, 1, STRIDE, bias);
  conv[40] = NAN, conv[70] = INFINITY, conv[71] = -INFINITY;
  run_lanes(&ls_onednn_lanes_plain, conv, bias, &plain);
  check_unpooled(&plain);
  const ls_onednn_lanes *tables[3];
  tables_here(tables);
  if (!tables[0]) {
    printf("# skipped: this processor has neither AVX2 nor AVX-512\n");
    skip();
  }
  for (int i = 0; tables[i]; i++) {
    run_lanes(tables[i], conv, bias, &other);
    assert_memory_equal(&plain, &other, sizeof plain);
  }
}

static void elu_is_accurate(void **state) {
  (void)state;
  for (int i = -12000; i <= 1000; i++) {
    float x = i > -9000 ? (float)i / 100 : -powf(2, (float)(i + 9000) / 30), y = x;
    ls_onednn_lanes_here()->elu(1, &y);
    double expected = x > 0 ? (double)x : expm1((double)x);
    if (fabs((double)y - expected) > 2.5e-7 * fabs(expected))
      fail_msg("ELU(%g) is %.9g, expected %.9g", (double)x, (double)y, expected);
  }
  float special[] = {NAN, INFINITY, -INFINITY, 0};
  ls_onednn_lanes_here()->elu(4, special);
  assert_true(isnan(special[0]) && special[1] == INFINITY && special[2] == -1 && special[3] == 0);
}

static int find_onednn(void **state) {
  (void)state;
  return ls_backend_find("onednn", &onednn, NULL) != LS_OK;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kernels_have_names),
      cmocka_unit_test(version_names_library_and_instructions),
      cmocka_unit_test(variants_differ),
      cmocka_unit_test(unknown_variants_are_refused),
      cmocka_unit_test(results_do_not_depend_on_threads),
      cmocka_unit_test(extreme_shapes_are_right),
      cmocka_unit_test(instructions_do_not_change_values),
      cmocka_unit_test(elu_is_accurate),
  };
  return cmocka_run_group_tests(tests, find_onednn, NULL);
}
