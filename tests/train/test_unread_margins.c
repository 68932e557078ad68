/* Networks in which pooling drops rows and columns, so that a block's last outputs are read by
 * nobody and the openmp backend does not compute them: logits and gradients are the reference's,
 * dense and sparse, and what an image before has left there does not matter. */
#include "support/test.h"

#include "backends/registry.h"
#include "base/memory.h"
#include "base/random.h"
#include "network/loss.h"
#include "support/compare.h"
#include "train/model.h"

#include <math.h>
#include <string.h>

/* 370 rows: blocks of 74, 14 and 2, of which 62, 12 and 2 are read. 345 columns: 69, 13 and 2, of
 * which 62, 12 and 2. */
enum { HEIGHT = 370, WIDTH = 345, CLASSES = 3 };

typedef struct results {
  float logits[CLASSES];
  float *gradients;
} results;

static ls_network_spec network(void) {
  return (ls_network_spec){.height = HEIGHT,
                           .width = WIDTH,
                           .planes = 1,
                           .block_count = 3,
                           .dense_count = 1,
                           .kernel = 5,
                           .pool = 5,
                           .block_channels = {10, 20, 18},
                           .dense_outputs = {CLASSES}};
}

/* One pixel in `every` is charged; every pixel may be. */
static void fill_image(ls_image *image, ls_image_form form, uint64_t seed, int every) {
  const size_t pixels = (size_t)HEIGHT * WIDTH;
  assert_int_equal(ls_image_reset(image, form, HEIGHT, WIDTH, 1, NULL), LS_OK);
  ls_pixels *plane = &image->plane[0];
  assert_int_equal(ls_pixels_reserve(plane, pixels, NULL), LS_OK);
  for (size_t i = 0; i < pixels; i++) {
    const float value = (float)ls_random_uniform(seed, 1, i);
    const int charged = (int)(ls_random_uniform(seed, 2, i) * every) == 0;
    if (form == LS_IMAGE_DENSE) {
      image->dense[i] = charged ? value : 0;
    } else if (charged) {
      plane->index[plane->count] = (uint32_t)i;
      plane->value[plane->count++] = value;
    }
  }
  image->label = 1;
}

static void compute(ls_model *model, const ls_image *image, results *r) {
  float probabilities[CLASSES], logit_gradient[CLASSES];
  const ls_network_spec spec = network();
  memset(r->gradients, 0, ls_network_parameter_count(&spec) * sizeof(float));
  assert_int_equal(ls_model_forward(model, image, r->logits, NULL), LS_OK);
  ls_softmax(r->logits, CLASSES, probabilities);
  ls_cross_entropy_gradient(probabilities, CLASSES, image->label, 1, logit_gradient);
  assert_int_equal(ls_model_backward(model, logit_gradient, r->gradients, NULL), LS_OK);
}

static ls_model *new_model(const char *name, const ls_backend_options *options,
                           const float *parameters) {
  const ls_network_spec spec = network();
  const ls_backend *backend;
  ls_model *model;
  ls_error error = {0};
  assert_int_equal(ls_backend_find(name, &backend, NULL), LS_OK);
  if (ls_model_new(backend, options, &spec, 1, &model, &error) != LS_OK)
    fail_msg("%s", error.message);
  assert_int_equal(ls_model_set_parameters(model, parameters, NULL), LS_OK);
  return model;
}

static void assert_alike(const char *what, const results *actual, const results *expected) {
  const ls_network_spec spec = network();
  ls_error error = {0};
  for (int l = 0; l < ls_network_layer_count(&spec); l++) {
    const ls_layer_parameters at = ls_network_layer(&spec, l);
    const size_t count = at.kernel_count + at.bias_count;
    double *doubles;
    assert_int_equal(ls_allocate((void **)&doubles, count * sizeof *doubles, "test", NULL), LS_OK);
    for (size_t i = 0; i < count; i++)
      doubles[i] = (double)expected->gradients[at.kernel_offset + i];
    ls_status status =
        ls_compare(at.name, actual->gradients + at.kernel_offset, doubles, count, 2e-4, &error);
    ls_free(doubles);
    if (status != LS_OK) fail_msg("%s: %s", what, error.message);
  }
  for (int k = 0; k < CLASSES; k++)
    assert_true(fabsf(actual->logits[k] - expected->logits[k]) <= 1e-4F);
}

static void test_against_reference(void **state) {
  (void)state;
  static const ls_backend_options tried[] = {
      {.threads = 2, .skip = "shortcut"},
      {.threads = 3, .skip = "exact"},
      {.threads = 2, .skip = "off"},
      {.threads = 2, .skip = "shortcut", .winograd = "1d"},
      {.threads = 1, .skip = "exact", .isa = "baseline"},
  };
  const ls_network_spec spec = network();
  const ls_backend_options one = {.threads = 2};
  const size_t bytes = ls_network_parameter_count(&spec) * sizeof(float);
  float *parameters;
  results expected = {.gradients = NULL}, actual = {.gradients = NULL};
  assert_int_equal(ls_allocate((void **)&parameters, bytes, "test", NULL), LS_OK);
  assert_int_equal(ls_allocate((void **)&expected.gradients, bytes, "test", NULL), LS_OK);
  assert_int_equal(ls_allocate((void **)&actual.gradients, bytes, "test", NULL), LS_OK);
  ls_network_initialise(&spec, 1, parameters);
  ls_image image[4] = {0};
  fill_image(&image[0], LS_IMAGE_DENSE, 1, 1);
  fill_image(&image[1], LS_IMAGE_SPARSE, 2, 200);
  fill_image(&image[2], LS_IMAGE_SPARSE, 3, 5);
  fill_image(&image[3], LS_IMAGE_DENSE, 4, 1);
  ls_model *reference = new_model("reference", &one, parameters);
  for (size_t o = 0; o < sizeof tried / sizeof *tried; o++) {
    ls_model *model = new_model("openmp", &tried[o], parameters);
    image[3].dense[3] = NAN; /* general loops fill the model's memory first */
    compute(model, &image[3], &actual);
    assert_true(isnan(actual.logits[0]));
    for (int i = 0; i < 3; i++) {
      compute(reference, &image[i], &expected);
      compute(model, &image[i], &actual);
      assert_alike(tried[o].skip, &actual, &expected);
    }
    ls_model_free(model);
  }
  ls_model_free(reference);
  for (int i = 0; i < 4; i++) ls_image_destroy(&image[i]);
  ls_free(parameters);
  ls_free(expected.gradients);
  ls_free(actual.gradients);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_reference)};
  return cmocka_run_group_tests_name("unread margins", tests, NULL, NULL);
}
