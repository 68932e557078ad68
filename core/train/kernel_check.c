#include "train/kernel_check.h"

#include "backends/registry.h"
#include "base/memory.h"
#include "base/random.h"
#include "network/loss.h"
#include "train/model.h"

#include <math.h>
#include <string.h>

static const double tolerance = 1e-3;

/* What one backend makes of the image. */
typedef struct outcome {
  float *gradients;
  float logits[LS_MAX_CLASSES];
} outcome;

static ls_network_spec least_network(const ls_network_spec *spec) {
  ls_network_spec least = *spec;
  int size = 1;
  for (int b = 0; b < spec->block_count; b++) size *= spec->pool;
  if (size < spec->height) least.height = size;
  if (size < spec->width) least.width = size;
  return least;
}

/* A third of the pixels active, of order one. */
static ls_status make_image(const ls_network_spec *spec, ls_image *image, ls_error *error) {
  LS_TRY(ls_image_reset(image, LS_IMAGE_DENSE, spec->height, spec->width, spec->planes, error));
  size_t count = (size_t)spec->height * (size_t)spec->width * (size_t)spec->planes;
  for (size_t i = 0; i < count; i++) {
    double u = ls_random_uniform(1, 0, i);
    if (u < 1.0 / 3) image->dense[i] = (float)(6 * u - 1);
  }
  image->label = 0;
  return LS_OK;
}

static ls_status compute(const ls_backend *backend, const ls_backend_options *options,
                         const ls_network_spec *spec, const float *parameters,
                         const ls_image *image, outcome *out, ls_error *error) {
  int classes = ls_network_classes(spec);
  float probabilities[LS_MAX_CLASSES], logit_gradient[LS_MAX_CLASSES];
  ls_model *model;
  LS_TRY(ls_allocate((void **)&out->gradients, ls_network_parameter_count(spec) * sizeof(float),
                     "checking the kernels", error));
  LS_TRY(ls_model_new(backend, options, spec, 1, &model, error));
  ls_status status = ls_model_set_parameters(model, parameters, error);
  if (status == LS_OK) status = ls_model_forward(model, image, out->logits, error);
  if (status == LS_OK) {
    ls_softmax(out->logits, classes, probabilities);
    ls_cross_entropy_gradient(probabilities, classes, image->label, 1, logit_gradient);
    status = ls_model_backward(model, logit_gradient, out->gradients, error);
  }
  ls_model_free(model);
  return status;
}

/* |a - b| / |b|; NaN if either holds one. */
static double distance(const float *a, const float *b, size_t count) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < count; i++) {
    double d = (double)a[i] - (double)b[i];
    difference += d * d;
    norm += (double)b[i] * (double)b[i];
  }
  return norm > 0 ? sqrt(difference / norm) : sqrt(difference);
}

static ls_status compare(const ls_backend *backend, const ls_network_spec *spec,
                         const outcome *actual, const outcome *expected, ls_error *error) {
  double d = distance(actual->logits, expected->logits, (size_t)ls_network_classes(spec));
  if (!(d <= tolerance))
    return ls_fail(error, LS_VALUE, "backend %s differs from the reference by %.2g in the logits",
                   backend->name, d);
  for (int l = 0; l < ls_network_layer_count(spec); l++) {
    ls_layer_parameters at = ls_network_layer(spec, l);
    d = distance(actual->gradients + at.kernel_offset, expected->gradients + at.kernel_offset,
                 at.kernel_count + at.bias_count);
    if (!(d <= tolerance))
      return ls_fail(error, LS_VALUE,
                     "backend %s differs from the reference by %.2g in the gradient of %s",
                     backend->name, d, at.name);
  }
  return LS_OK;
}

ls_status ls_kernel_check(const ls_backend *backend, const ls_backend_options *options,
                          const ls_network_spec *spec, ls_error *error) {
  const ls_backend *reference;
  LS_TRY(ls_backend_find("reference", &reference, error));
  if (backend == reference) return LS_OK;
  ls_network_spec least = least_network(spec);
  ls_backend_options reference_options = {.threads = options->threads};
  ls_image image = {0};
  outcome actual = {0}, expected = {0};
  float *parameters = NULL;
  ls_status status = make_image(&least, &image, error);
  if (status == LS_OK)
    status = ls_allocate((void **)&parameters, ls_network_parameter_count(&least) * sizeof(float),
                         "checking the kernels", error);
  if (status == LS_OK) {
    ls_network_initialise(&least, 1, parameters);
    status = compute(reference, &reference_options, &least, parameters, &image, &expected, error);
  }
  if (status == LS_OK)
    status = compute(backend, options, &least, parameters, &image, &actual, error);
  if (status == LS_OK) status = compare(backend, &least, &actual, &expected, error);
  ls_free(actual.gradients);
  ls_free(expected.gradients);
  ls_free(parameters);
  ls_image_destroy(&image);
  return status;
}

ls_status ls_check_real_device(const ls_backend *backend, ls_error *error) {
  if (!backend->emulated) return LS_OK;
  return ls_fail(error, LS_VALUE, "backend %s emulates its device: its times mean nothing",
                 backend->name);
}
