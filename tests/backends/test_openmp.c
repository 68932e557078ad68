/* The backend openmp with each of its settings: the shared case table, the same gradients for any
 * number of threads, NaN and infinity, names, refusals. */
#include "backends/net.h"
#include "backends/openmp_sets.h"
#include "backends/operator_check.h"
#include "backends/registry.h"
#include "base/memory.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const ls_backend *openmp;

static void must(ls_status status, const ls_error *error) {
  if (status != LS_OK) fail_msg("%s", error->message);
}

/* The backend with settings put in, as operator checks open it with threads and variant only. */
static ls_backend_options settings;

static ls_status open_with_settings(const ls_backend_options *options, ls_device **device,
                                    ls_error *error) {
  ls_backend_options all = settings;
  all.threads = options->threads;
  all.variant = options->variant;
  return openmp->device_open(&all, device, error);
}

static void table_with_each_setting(void **state) {
  (void)state;
  ls_backend backend = *openmp;
  backend.device_open = open_with_settings;
  for (int i = 0; ls_openmp_isas[i]; i++) {
    if (!ls_openmp_runs(openmp, ls_openmp_isas[i])) continue;
    for (int s = 0; ls_openmp_skips[s]; s++) {
      settings = (ls_backend_options){.isa = ls_openmp_isas[i], .skip = ls_openmp_skips[s]};
      for (int c = 0; c < ls_conv_case_count; c++) {
        ls_error error = {0};
        must(ls_check_conv(&backend, NULL, 1 + (c + i + s) % 5, &ls_conv_cases[c], &error), &error);
      }
    }
    for (int c = 0; c < ls_dense_case_count; c++) {
      ls_error error = {0};
      must(ls_check_dense(&backend, NULL, 1 + c % 5, &ls_dense_cases[c], &error), &error);
    }
  }
}

/* Winograd's filtering rounds more: errors up to this many times those allowed to direct sums. */
#define WINOGRAD_TOLERANCE 2

/* Ties are left out, and windows of constant background with them: sums that are equal come out of
 * its transforms unequal by rounding, so that any of the equal positions may win. */
static int has_ties(const ls_conv_case *c) {
  return c->input == LS_INPUT_TIES || (c->input == LS_INPUT_SPARSE && !c->first);
}

static void table_with_winograd(void **state) {
  (void)state;
  ls_backend backend = *openmp;
  backend.device_open = open_with_settings;
  for (int i = 0; ls_openmp_isas[i]; i++) {
    if (!ls_openmp_runs(openmp, ls_openmp_isas[i])) continue;
    for (int c = 0; c < ls_conv_case_count; c++) {
      if (has_ties(&ls_conv_cases[c])) continue;
      ls_conv_case loose = ls_conv_cases[c];
      loose.tolerance *= WINOGRAD_TOLERANCE;
      ls_error error = {0};
      settings = (ls_backend_options){
          .isa = ls_openmp_isas[i], .winograd = "1d", .skip = ls_openmp_skips[c % 3]};
      must(ls_check_conv(&backend, NULL, 1 + c % 5, &loose, &error), &error);
    }
  }
}

/* 17 channels: no whole number of vectors; 16 x 16 windows in the second block: several bands. */
static const ls_network_spec spec = {.height = 413,
                                     .width = 407,
                                     .planes = 1,
                                     .block_count = 3,
                                     .dense_count = 2,
                                     .kernel = 5,
                                     .pool = 5,
                                     .block_channels = {10, 40, 17},
                                     .dense_outputs = {7, 5}};
static const float logit_gradient[5] = {0.5f, -0.25f, 0.125f, -1, 0.625f};

enum { LOGITS = 5 };

/* An image with some charge, in either form. */
static void fill_image(ls_image *image, const ls_network_spec *s, ls_image_form form,
                       ls_case_input kind) {
  ls_error error = {0};
  ls_image dense = {0};
  must(ls_image_reset(&dense, LS_IMAGE_DENSE, s->height, s->width, s->planes, &error), &error);
  ls_case_fill_input(kind, 5, s->height, s->width, s->planes, dense.dense);
  if (form == LS_IMAGE_DENSE) {
    *image = dense;
    return;
  }
  *image = (ls_image){0};
  must(ls_image_to_sparse(&dense, image, &error), &error);
  ls_image_destroy(&dense);
}

static float *floats(size_t count) {
  ls_error error = {0};
  void *block;
  must(ls_allocate(&block, count * sizeof(float), "test", &error), &error);
  return block;
}

/* Gradients of one step, then the logits after them. */
static float *step(const ls_backend_options *options, const ls_image *image,
                   const float *parameters) {
  ls_error error = {0};
  ls_net net;
  size_t count = ls_network_parameter_count(&spec);
  float *result = floats(count + LOGITS);
  must(ls_net_open(&net, openmp, options, &spec, parameters, &error), &error);
  must(ls_net_forward(&net, image, &error), &error);
  must(ls_net_export(&net, net.layers - 1, result + count, &error), &error);
  must(ls_net_backward(&net, logit_gradient, result, &error), &error);
  ls_net_close(&net);
  return result;
}

static void same_bits_for_any_threads(void **state) {
  (void)state;
  size_t count = ls_network_parameter_count(&spec);
  float *parameters = floats(count);
  ls_net_parameters(&spec, 3, parameters);
  for (int kind = 0; kind < 4; kind++)
    for (int i = 0; ls_openmp_isas[i]; i++) {
      int form = kind & 1, winograd = kind & 2;
      if (!ls_openmp_runs(openmp, ls_openmp_isas[i])) continue;
      ls_image image;
      fill_image(&image, &spec, form ? LS_IMAGE_DENSE : LS_IMAGE_SPARSE,
                 form ? LS_INPUT_DENSE : LS_INPUT_SPARSE);
      float *expected = NULL;
      const int threads[] = {1, 2, 3, 4, 5, 60};
      for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        ls_backend_options options = {
            .threads = threads[t], .isa = ls_openmp_isas[i], .winograd = winograd ? "1d" : "off"};
        float *actual = step(&options, &image, parameters);
        if (!expected)
          expected = actual;
        else {
          assert_memory_equal(actual, expected, (count + LOGITS) * sizeof(float));
          ls_free(actual);
        }
      }
      ls_free(expected);
      ls_image_destroy(&image);
    }
  ls_free(parameters);
}

static int all_finite(const float *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i])) return 0;
  return 1;
}

/* A NaN pixel, wherever it is. */
static void nan_pixels_reach_the_logits(void **state) {
  (void)state;
  size_t count = ls_network_parameter_count(&spec);
  float *parameters = floats(count);
  ls_net_parameters(&spec, 3, parameters);
  /* Corners and middle of what the pools keep: 375 of each side. */
  const int at[][2] = {{0, 0}, {0, 374}, {374, 0}, {374, 374}, {187, 3}, {124, 130}};
  for (size_t p = 0; p < sizeof at / sizeof *at; p++)
    for (int form = 0; form < 2; form++) {
      ls_image dense, image = {0};
      ls_error error = {0};
      fill_image(&dense, &spec, LS_IMAGE_DENSE, form ? LS_INPUT_DENSE : LS_INPUT_SPARSE);
      dense.dense[at[p][0] * spec.width + at[p][1]] = NAN;
      if (!form) must(ls_image_to_sparse(&dense, &image, &error), &error);
      ls_backend_options options = {.threads = 2};
      float *result = step(&options, form ? &dense : &image, parameters);
      for (int k = 0; k < LOGITS; k++) assert_true(isnan(result[count + (size_t)k]));
      ls_free(result);
      ls_image_destroy(&dense);
      ls_image_destroy(&image);
    }
  ls_free(parameters);
}

/* NaN in any layer's weights or bias reaches the logits; in a sparse image as well, where most
 * windows are never computed. */
static void nan_weights_reach_the_logits(void **state) {
  (void)state;
  size_t count = ls_network_parameter_count(&spec);
  float *parameters = floats(count);
  ls_net_parameters(&spec, 3, parameters);
  for (int l = 0; l < ls_network_layer_count(&spec); l++)
    for (int part = 0; part < 4; part++) {
      ls_layer_parameters layer = ls_network_layer(&spec, l);
      size_t place = part & 1 ? layer.bias_offset + layer.bias_count - 1
                              : layer.kernel_offset + layer.kernel_count / 2;
      float before = parameters[place];
      parameters[place] = NAN;
      ls_image image;
      fill_image(&image, &spec, part & 2 ? LS_IMAGE_DENSE : LS_IMAGE_SPARSE,
                 part & 2 ? LS_INPUT_DENSE : LS_INPUT_SPARSE);
      ls_backend_options options = {.threads = 2};
      float *result = step(&options, &image, parameters);
      assert_false(all_finite(result + count, LOGITS));
      parameters[place] = before;
      ls_free(result);
      ls_image_destroy(&image);
    }
  ls_free(parameters);
}

/* An infinite pixel reaches the logits, the same ones with every grade of skipping. */
static void infinity_reaches_the_logits(void **state) {
  (void)state;
  size_t count = ls_network_parameter_count(&spec);
  float *parameters = floats(count);
  ls_net_parameters(&spec, 3, parameters);
  ls_image image;
  fill_image(&image, &spec, LS_IMAGE_SPARSE, LS_INPUT_SPARSE);
  image.plane[0].value[image.plane[0].count / 2] = INFINITY;
  float *first = NULL;
  for (int s = 0; ls_openmp_skips[s]; s++) {
    ls_backend_options options = {.threads = 2, .skip = ls_openmp_skips[s]};
    float *result = step(&options, &image, parameters);
    assert_false(all_finite(result + count, LOGITS));
    if (!first)
      first = result;
    else {
      for (int k = 0; k < LOGITS; k++)
        assert_int_equal(isnan(result[count + (size_t)k]), isnan(first[count + (size_t)k]));
      ls_free(result);
    }
  }
  ls_free(first);
  ls_image_destroy(&image);
  ls_free(parameters);
}

/* A gradient that is not finite reaches the gradients of the first block. */
static void nan_gradients_reach_the_first_block(void **state) {
  (void)state;
  size_t count = ls_network_parameter_count(&spec);
  float *parameters = floats(count), *gradients = floats(count), bad[LOGITS];
  ls_net_parameters(&spec, 3, parameters);
  memcpy(bad, logit_gradient, sizeof bad);
  bad[2] = NAN;
  for (int form = 0; form < 2; form++) {
    ls_error error = {0};
    ls_image image;
    ls_net net;
    ls_backend_options options = {.threads = 2};
    fill_image(&image, &spec, form ? LS_IMAGE_DENSE : LS_IMAGE_SPARSE,
               form ? LS_INPUT_DENSE : LS_INPUT_SPARSE);
    must(ls_net_open(&net, openmp, &options, &spec, parameters, &error), &error);
    must(ls_net_forward(&net, &image, &error), &error);
    must(ls_net_backward(&net, bad, gradients, &error), &error);
    ls_layer_parameters first = ls_network_layer(&spec, 0);
    for (size_t i = 0; i < first.bias_count; i++)
      assert_true(isnan(gradients[first.bias_offset + i]));
    ls_net_close(&net);
    ls_image_destroy(&image);
  }
  ls_free(parameters);
  ls_free(gradients);
}

static void kernels_have_names(void **state) {
  (void)state;
  ls_error error = {0};
  ls_device *device;
  ls_backend_options options = {.threads = 1, .isa = "baseline", .skip = "exact"};
  must(openmp->device_open(&options, &device, &error), &error);
  const ls_conv_block_shape shapes[] = {{30, 30, 1, 10, 5, 5}, {30, 30, 1, 10, 3, 2}};
  const char *const names[] = {"direct baseline, skip exact", "general"};
  for (int i = 0; i < 2; i++) {
    ls_operator *op;
    ls_operator_place place = {.first = 1};
    must(openmp->conv_block_new(device, &shapes[i], &place, &op, &error), &error);
    assert_string_equal(op->functions->describe(op), names[i]);
    op->functions->destroy(op);
  }
  openmp->device_close(device);
  char version[128];
  openmp->version(version, sizeof version);
  assert_non_null(strstr(version, "fused kernels"));
}

static int find_backend(void **state) {
  (void)state;
  return ls_backend_find("openmp", &openmp, NULL) != LS_OK;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(table_with_each_setting),
      cmocka_unit_test(table_with_winograd),
      cmocka_unit_test(same_bits_for_any_threads),
      cmocka_unit_test(nan_pixels_reach_the_logits),
      cmocka_unit_test(nan_weights_reach_the_logits),
      cmocka_unit_test(infinity_reaches_the_logits),
      cmocka_unit_test(nan_gradients_reach_the_first_block),
      cmocka_unit_test(kernels_have_names),
  };
  return cmocka_run_group_tests(tests, find_backend, NULL);
}
