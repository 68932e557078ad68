/* A whole network on the reference backend: gradients by finite differences and against float64,
 * sparse and dense images, refusals, what it says of itself. */
#include "support/test.h"

#include "backends/registry.h"
#include "base/random.h"
#include "network/loss.h"
#include "support/compare.h"
#include "support/network_f64.h"
#include "train/model.h"
#include "train/tiny.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PIXELS = 12 * 10, MOST_PARAMETERS = 400, LABEL = 1 };

typedef struct rig {
  ls_network_spec spec;
  size_t count;
  float parameters[MOST_PARAMETERS], gradients[MOST_PARAMETERS], pixels[PIXELS];
  ls_image image;
  ls_model *model;
} rig;

static const ls_backend *reference(void) {
  const ls_backend *backend;
  assert_int_equal(ls_backend_find("reference", &backend, NULL), LS_OK);
  return backend;
}

static ls_model *new_model(const ls_network_spec *spec, int training) {
  ls_backend_options options = {.threads = 1};
  ls_model *model;
  ls_error error = {0};
  if (ls_model_new(reference(), &options, spec, training, &model, &error) != LS_OK)
    fail_msg("%s", error.message);
  return model;
}

/* Random weights, biases and pixels: those of the first seed for which no pool window's maximum is
 * close to the next value, so that small steps do not move it. */
static void fill(rig *r) {
  ls_error error = {0};
  double logits[TINY_CLASSES];
  ls_network_f64 exact = {.logits = logits};
  for (uint64_t seed = 1; exact.margin < 0.003; seed++) {
    assert_true(seed < 5000);
    ls_network_initialise(&r->spec, seed, r->parameters);
    for (int l = 0; l < 4; l++) {
      ls_layer_parameters p = ls_network_layer(&r->spec, l);
      for (size_t i = 0; i < p.bias_count; i++)
        r->parameters[p.bias_offset + i] =
            (float)ls_random_uniform(seed, 50 + (uint64_t)l, i) - 0.5f;
    }
    for (size_t i = 0; i < PIXELS; i++)
      r->pixels[i] = (float)(2 * ls_random_uniform(seed, 60, i) - 1);
    assert_int_equal(
        ls_network_f64_run(&r->spec, r->parameters, r->pixels, LABEL, 1, &exact, &error), LS_OK);
  }
}

static int setup(void **state) {
  static rig r;
  r = (rig){.spec = tiny_network()};
  r.count = ls_network_parameter_count(&r.spec);
  assert_true(r.count < MOST_PARAMETERS);
  fill(&r);
  assert_int_equal(ls_image_reset(&r.image, LS_IMAGE_DENSE, 12, 10, 1, NULL), LS_OK);
  memcpy(r.image.dense, r.pixels, sizeof r.pixels);
  r.image.label = LABEL;
  r.model = new_model(&r.spec, 1);
  assert_int_equal(ls_model_set_parameters(r.model, r.parameters, NULL), LS_OK);
  *state = &r;
  return 0;
}

static int teardown(void **state) {
  rig *r = *state;
  ls_model_free(r->model);
  ls_image_destroy(&r->image);
  return 0;
}

static double loss_of(rig *r) {
  float logits[TINY_CLASSES];
  assert_int_equal(ls_model_forward(r->model, &r->image, logits, NULL), LS_OK);
  return ls_cross_entropy(logits, TINY_CLASSES, LABEL);
}

/* Adds the gradient of scale * loss to r->gradients. */
static void add_gradients(rig *r, float scale) {
  float logits[TINY_CLASSES], p[TINY_CLASSES], logit_gradient[TINY_CLASSES];
  assert_int_equal(ls_model_forward(r->model, &r->image, logits, NULL), LS_OK);
  ls_softmax(logits, TINY_CLASSES, p);
  ls_cross_entropy_gradient(p, TINY_CLASSES, LABEL, scale, logit_gradient);
  assert_int_equal(ls_model_backward(r->model, logit_gradient, r->gradients, NULL), LS_OK);
}

/* Steps of 1/1024; the loss is good to 1e-7, so the differences to 1e-4. */
static void test_gradient_by_differences(void **state) {
  rig *r = *state;
  const float step = 1.0f / 1024;
  add_gradients(r, 1);
  double largest = 0;
  for (size_t i = 0; i < r->count; i++) largest = fmax(largest, fabs((double)r->gradients[i]));
  assert_true(largest > 0.1);
  for (size_t i = 0; i < r->count; i++) {
    float before = r->parameters[i];
    double loss[2], at[2];
    for (int side = 0; side < 2; side++) {
      r->parameters[i] = before + (side ? step : -step);
      at[side] = (double)r->parameters[i];
      assert_int_equal(ls_model_set_parameters(r->model, r->parameters, NULL), LS_OK);
      loss[side] = loss_of(r);
    }
    r->parameters[i] = before;
    double slope = (loss[1] - loss[0]) / (at[1] - at[0]);
    if (!(fabs(slope - (double)r->gradients[i]) < 5e-4))
      fail_msg("parameter %zu: slope %.6g, gradient %.6g", i, slope, (double)r->gradients[i]);
  }
}

static void test_float64(void **state) {
  rig *r = *state;
  double logits[TINY_CLASSES], gradient[MOST_PARAMETERS];
  ls_network_f64 exact = {.logits = logits, .gradient = gradient};
  ls_error error = {0};
  assert_int_equal(ls_network_f64_run(&r->spec, r->parameters, r->pixels, LABEL, 0, &exact, &error),
                   LS_OK);
  assert_true(fabs(loss_of(r) - exact.loss) < 1e-6);
  add_gradients(r, 1);
  if (ls_compare("gradients", r->gradients, gradient, r->count, 20 * (double)FLT_EPSILON, &error))
    fail_msg("%s", error.message);
  add_gradients(r, 2); /* they are added to */
  for (size_t i = 0; i < r->count; i++) gradient[i] *= 3;
  if (ls_compare("sum", r->gradients, gradient, r->count, 20 * (double)FLT_EPSILON, &error))
    fail_msg("%s", error.message);
}

static void test_sparse_equals_dense(void **state) {
  rig *r = *state;
  ls_image sparse = {0};
  float a[TINY_CLASSES], b[TINY_CLASSES];
  assert_int_equal(ls_image_reset(&sparse, LS_IMAGE_SPARSE, 12, 10, 1, NULL), LS_OK);
  assert_int_equal(ls_pixels_reserve(&sparse.plane[0], PIXELS, NULL), LS_OK);
  for (uint32_t i = 0; i < PIXELS; i++) {
    if (i % 3) {
      r->image.dense[i] = 0;
      continue;
    }
    sparse.plane[0].index[sparse.plane[0].count] = i;
    sparse.plane[0].value[sparse.plane[0].count++] = r->image.dense[i];
  }
  assert_int_equal(ls_model_forward(r->model, &r->image, a, NULL), LS_OK);
  assert_int_equal(ls_model_forward(r->model, &sparse, b, NULL), LS_OK);
  assert_memory_equal(a, b, sizeof a);
  add_gradients(r, 1);
  float dense_gradients[MOST_PARAMETERS];
  memcpy(dense_gradients, r->gradients, sizeof dense_gradients);
  memset(r->gradients, 0, sizeof r->gradients);
  ls_image dense = r->image;
  r->image = sparse;
  add_gradients(r, 1);
  r->image = dense;
  assert_memory_equal(dense_gradients, r->gradients, sizeof dense_gradients);
  ls_image_destroy(&sparse);
}

static void test_wrong_image_is_refused(void **state) {
  rig *r = *state;
  static const int shapes[3][3] = {{10, 12, 1}, {12, 11, 1}, {12, 10, 2}};
  for (int s = 0; s < 3; s++) {
    ls_image image = {0};
    ls_error error = {0};
    float logits[TINY_CLASSES];
    assert_int_equal(
        ls_image_reset(&image, LS_IMAGE_SPARSE, shapes[s][0], shapes[s][1], shapes[s][2], NULL),
        LS_OK);
    image.event = 77;
    assert_int_equal(ls_model_forward(r->model, &image, logits, &error), LS_MISMATCH);
    assert_non_null(strstr(error.message, "event 77 is"));
    assert_non_null(strstr(error.message, "the network takes 12 x 10 x 1"));
    ls_image_destroy(&image);
  }
}

static void test_says_what_it_is(void **state) {
  rig *r = *state;
  char text[256] = "", cut[10];
  ls_model_describe(r->model, text, sizeof text);
  assert_string_equal(text,
                      "conv1: reference; conv2: reference; dense1: reference; dense2: reference");
  memset(cut, 'x', sizeof cut);
  ls_model_describe(r->model, cut, 8);
  assert_string_equal(cut, "conv1: ");
  assert_true(cut[8] == 'x');
  ls_model_describe(r->model, cut, 0);
  assert_string_equal(cut, "conv1: ");
}

/* Outputs 6x5x3, 3x2x4, 6, 3 floats; one byte for each output of a block; the image. */
static void test_bytes(void **state) {
  rig *r = *state;
  const size_t outputs = 4 * (90 + 24 + 6 + 3), saved = 90 + 24, input = 4 * PIXELS;
  assert_int_equal(ls_model_bytes(r->model), 2 * outputs + saved + input);
  ls_model *inference = new_model(&r->spec, 0);
  assert_int_equal(ls_model_bytes(inference), outputs + saved + input);
  ls_model_free(inference);
  ls_model_free(NULL);
}

static void test_layers_are_timed(void **state) {
  rig *r = *state;
  for (int l = 0; l < 4; l++) assert_true(ls_model_layer_seconds(r->model, l, 1) == 0);
  add_gradients(r, 1);
  for (int l = 0; l < 4; l++)
    for (int backward = 0; backward < 2; backward++) {
      double seconds = ls_model_layer_seconds(r->model, l, backward);
      assert_true(seconds > 0 && seconds < 1);
    }
}

/* The reference backend but for its second dense layer, which it does not know. */
static ls_status some_dense_new(ls_device *device, const ls_dense_shape *shape,
                                const ls_operator_place *place, ls_operator **op, ls_error *error) {
  *op = NULL;
  if (!shape->elu) return ls_fail(error, LS_UNAVAILABLE, "no linear layers");
  return reference()->dense_new(device, shape, place, op, error);
}

static void test_refusals_name_the_layer(void **state) {
  rig *r = *state;
  ls_backend partial = *reference();
  partial.name = "partial";
  partial.dense_new = some_dense_new;
  ls_backend_options options = {.threads = 1};
  ls_model *model;
  ls_error error = {0};
  assert_int_equal(ls_model_new(&partial, &options, &r->spec, 1, &model, &error), LS_UNAVAILABLE);
  assert_null(model);
  assert_string_equal(error.message, "backend partial: dense2: no linear layers");
  ls_network_spec small = r->spec;
  small.width = 3;
  assert_int_equal(ls_model_new(reference(), &options, &small, 1, &model, &error), LS_MISMATCH);
  assert_null(model);
}

#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_RIG(test_gradient_by_differences), ON_RIG(test_float64),
      ON_RIG(test_sparse_equals_dense),     ON_RIG(test_wrong_image_is_refused),
      ON_RIG(test_says_what_it_is),         ON_RIG(test_bytes),
      ON_RIG(test_layers_are_timed),        ON_RIG(test_refusals_name_the_layer),
  };
  return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
