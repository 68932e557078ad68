/* The whole study network, one image: loss and gradients of every backend against float64. The
 * width leaves a remainder at the first pool. */
#include "backends/each_backend.h"
#include "backends/rig.h"
#include "base/memory.h"
#include "cases/cases.h"
#include "support/compare.h"
#include "support/network_f64.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL = 3, CLASSES = 5, THREADS = 2 };

/* The seed of each sample is one (found by trying) for which no window of any block has its maximum
 * closer than this to the next value, relative to the largest value: float32 rounding moves none.
 */
#define NEAR_TIE 6e-7

/* Allowed error, relative to the largest value of a tensor: that of sums of ten thousand terms. */
#define TOLERANCE (100 * (double)FLT_EPSILON)

typedef struct sample {
  ls_network_spec spec;
  float *parameters, *image;
  double logits[CLASSES];
  ls_network_f64 expected;
} sample;

static sample one_plane, three_planes;

static size_t pixel_count(const ls_network_spec *spec) {
  return (size_t)spec->height * (size_t)spec->width * (size_t)spec->planes;
}

/* Biases away from zero, as after some training: then empty regions are not empty after a block. */
static void fill(sample *s, uint64_t seed, ls_case_input kind) {
  ls_network_initialise(&s->spec, seed, s->parameters);
  for (int l = 0; l < ls_network_layer_count(&s->spec); l++) {
    ls_layer_parameters at = ls_network_layer(&s->spec, l);
    ls_case_fill_uniform(seed, (uint64_t)l, at.bias_count, s->parameters + at.bias_offset);
  }
  ls_case_fill_input(kind, seed, s->spec.height, s->spec.width, s->spec.planes, s->image);
}

static ls_status sample_new(sample *s, int planes, uint64_t seed, ls_error *error) {
  s->spec = ls_network_study(625, planes);
  s->spec.width = 629;
  LS_TRY(ls_network_check(&s->spec, error));
  size_t count = ls_network_parameter_count(&s->spec);
  LS_TRY(ls_floats_new(&s->parameters, count, error));
  LS_TRY(ls_floats_new(&s->image, pixel_count(&s->spec), error));
  void *gradient;
  LS_TRY(ls_allocate(&gradient, count * sizeof(double), "expected gradient", error));
  s->expected.logits = s->logits;
  s->expected.gradient = gradient;
  fill(s, seed, LS_INPUT_DENSE);
  LS_TRY(ls_network_f64_run(&s->spec, s->parameters, s->image, LABEL, 1, &s->expected, error));
  if (s->expected.margin > NEAR_TIE) return LS_OK;
  return ls_fail(error, LS_VALUE, "%d planes: seed %d has a near tie of %.2g: choose another",
                 planes, (int)seed, s->expected.margin);
}

static void sample_free(sample *s) {
  ls_free(s->parameters);
  ls_free(s->image);
  ls_free(s->expected.gradient);
}

/* The operators of a network with the buffers between them. */
typedef struct chain {
  const ls_network_spec *spec;
  const ls_backend *backend;
  ls_device *device;
  ls_image image; /* the sample's pixels, for backends that take images */
  ls_operator *op[LS_MAX_LAYERS];
  void *activation[LS_MAX_LAYERS], *gradient[LS_MAX_LAYERS], *saved[LS_MAX_LAYERS];
  void *workspace[LS_MAX_LAYERS];
  void *parameter_gradient;
} chain;

static ls_block_home home_of(const chain *c) {
  return (ls_block_home){c->backend, c->device};
}

static ls_status operator_new(chain *c, int layer, ls_error *error) {
  ls_operator_place place = {.first = layer == 0};
  if (layer < c->spec->block_count) {
    ls_conv_block_shape shape = ls_network_block(c->spec, layer);
    return c->backend->conv_block_new(c->device, &shape, &place, &c->op[layer], error);
  }
  ls_dense_shape shape = ls_network_dense(c->spec, layer - c->spec->block_count);
  return c->backend->dense_new(c->device, &shape, &place, &c->op[layer], error);
}

static ls_status chain_new(chain *c, const sample *s, const ls_backend *backend,
                           const char *variant, ls_error *error) {
  ls_backend_options options = {.threads = THREADS, .variant = variant};
  *c = (chain){.spec = &s->spec, .backend = backend};
  c->image = (ls_image){.rows = s->spec.height,
                        .columns = s->spec.width,
                        .planes = s->spec.planes,
                        .form = LS_IMAGE_DENSE,
                        .dense = s->image};
  LS_TRY(backend->device_open(&options, &c->device, error));
  ls_block_home home = home_of(c);
  LS_TRY(ls_block_allocate(home, &c->parameter_gradient,
                           ls_network_parameter_count(&s->spec) * sizeof(float), "gradients",
                           error));
  for (int l = 0; l < ls_network_layer_count(&s->spec); l++) {
    LS_TRY(operator_new(c, l, error));
    const ls_operator_sizes *sizes = &c->op[l]->sizes;
    LS_TRY(ls_block_allocate(home, &c->activation[l], sizes->output, "activation", error));
    LS_TRY(ls_block_allocate(home, &c->gradient[l], sizes->output, "gradient", error));
    LS_TRY(ls_block_allocate(home, &c->saved[l], sizes->saved, "saved", error));
    LS_TRY(ls_block_allocate(home, &c->workspace[l], sizes->workspace, "workspace", error));
    ls_layer_parameters at = ls_network_layer(&s->spec, l);
    LS_TRY(c->op[l]->functions->set_weights(c->op[l], s->parameters + at.kernel_offset,
                                            s->parameters + at.bias_offset, error));
  }
  return LS_OK;
}

static void chain_free(chain *c) {
  ls_block_home home = home_of(c);
  for (int l = 0; l < LS_MAX_LAYERS; l++) {
    if (c->op[l]) c->op[l]->functions->destroy(c->op[l]);
    ls_block_free(home, c->activation[l]);
    ls_block_free(home, c->gradient[l]);
    ls_block_free(home, c->saved[l]);
    ls_block_free(home, c->workspace[l]);
  }
  ls_block_free(home, c->parameter_gradient);
  c->backend->device_close(c->device);
}

static const void *input_of(const chain *c, const sample *s, int layer) {
  if (layer) return c->activation[layer - 1];
  return c->backend->takes_images ? (const void *)&c->image : s->image;
}

static ls_status forward(chain *c, const sample *s, float *logits, ls_error *error) {
  int last = ls_network_layer_count(c->spec) - 1;
  for (int l = 0; l <= last; l++)
    LS_TRY(c->op[l]->functions->forward(c->op[l], input_of(c, s, l), c->activation[l], c->saved[l],
                                        c->workspace[l], error));
  return ls_operator_export(home_of(c), c->op[last], c->activation[last], logits, error);
}

static ls_status backward(chain *c, const sample *s, const float *logit_gradient, float *gradient,
                          ls_error *error) {
  int last = ls_network_layer_count(c->spec) - 1;
  size_t bytes = ls_network_parameter_count(c->spec) * sizeof *gradient;
  LS_TRY(ls_operator_import(home_of(c), c->op[last], logit_gradient, c->gradient[last], error));
  LS_TRY(ls_block_write(home_of(c), c->parameter_gradient, gradient, bytes, error));
  for (int l = last; l >= 0; l--) {
    ls_layer_parameters at = ls_network_layer(c->spec, l);
    LS_TRY(c->op[l]->functions->backward(
        c->op[l], input_of(c, s, l), c->activation[l], c->gradient[l], c->saved[l],
        l ? c->gradient[l - 1] : NULL, (float *)c->parameter_gradient + at.kernel_offset,
        (float *)c->parameter_gradient + at.bias_offset, c->workspace[l], error));
  }
  return ls_block_read(home_of(c), c->parameter_gradient, gradient, bytes, error);
}

/* Softmax cross-entropy in double and its gradient. */
static double loss_of(const float *logits, float *gradient) {
  double sum = 0;
  for (int i = 0; i < CLASSES; i++) sum += exp((double)logits[i]);
  for (int i = 0; i < CLASSES; i++)
    gradient[i] = (float)(exp((double)logits[i]) / sum - (i == LABEL));
  return log(sum) - (double)logits[LABEL];
}

static ls_status compare_gradients(const sample *s, const float *gradient, ls_error *error) {
  for (int l = 0; l < ls_network_layer_count(&s->spec); l++) {
    ls_layer_parameters at = ls_network_layer(&s->spec, l);
    char name[64];
    snprintf(name, sizeof name, "gradient of %s.kernel", at.name);
    LS_TRY(ls_compare(name, gradient + at.kernel_offset, s->expected.gradient + at.kernel_offset,
                      at.kernel_count, TOLERANCE, error));
    snprintf(name, sizeof name, "gradient of %s.bias", at.name);
    LS_TRY(ls_compare(name, gradient + at.bias_offset, s->expected.gradient + at.bias_offset,
                      at.bias_count, TOLERANCE, error));
  }
  return LS_OK;
}

static ls_status run_and_compare(chain *c, const sample *s, ls_error *error) {
  float logits[CLASSES], logit_gradient[CLASSES], *gradient;
  LS_TRY(forward(c, s, logits, error));
  LS_TRY(ls_compare("logits", logits, s->expected.logits, CLASSES, TOLERANCE, error));
  float loss = (float)loss_of(logits, logit_gradient);
  LS_TRY(ls_compare("loss", &loss, &s->expected.loss, 1, TOLERANCE, error));
  size_t count = ls_network_parameter_count(&s->spec);
  LS_TRY(ls_floats_new(&gradient, count, error));
  memset(gradient, 0, count * sizeof *gradient);
  ls_status status = backward(c, s, logit_gradient, gradient, error);
  if (status == LS_OK) status = compare_gradients(s, gradient, error);
  ls_free(gradient);
  return status;
}

static ls_status check(const sample *s, const ls_backend *backend, const char *variant,
                       ls_error *error) {
  chain c;
  ls_status status = chain_new(&c, s, backend, variant, error);
  if (status == LS_OK) status = run_and_compare(&c, s, error);
  chain_free(&c);
  return status;
}

static ls_status check_one_plane(const ls_backend *backend, const char *variant, ls_error *error) {
  return check(&one_plane, backend, variant, error);
}

static ls_status check_three_planes(const ls_backend *backend, const char *variant,
                                    ls_error *error) {
  return check(&three_planes, backend, variant, error);
}

/* A pixel or weight that is no number must be seen in every logit: it is how a damaged event or a
 * diverged network is noticed. */
static ls_status check_nan(const ls_backend *backend, const char *variant, ls_error *error) {
  static const double expected[CLASSES] = {NAN, NAN, NAN, NAN, NAN};
  ls_status status = LS_OK;
  for (int bad = 0; bad < 4 && status == LS_OK; bad++) {
    const size_t middle = pixel_count(&one_plane.spec) / 2;
    float *place[] = {one_plane.image + middle, one_plane.image + middle, one_plane.parameters,
                      one_plane.parameters + ls_network_layer(&one_plane.spec, 2).kernel_offset};
    const float value[] = {NAN, INFINITY, NAN, NAN};
    float before = *place[bad], logits[CLASSES];
    *place[bad] = value[bad];
    chain c;
    status = chain_new(&c, &one_plane, backend, variant, error);
    if (status == LS_OK) status = forward(&c, &one_plane, logits, error);
    chain_free(&c);
    *place[bad] = before;
    if (status == LS_OK && bad != 1)
      status = ls_compare("logits", logits, expected, CLASSES, 0, error);
    if (status == LS_OK && bad == 1 && (isfinite(logits[0]) || isfinite(logits[CLASSES - 1])))
      status = ls_fail(error, LS_VALUE, "an infinite pixel does not reach the logits");
  }
  return status;
}

int main(void) {
  static const ls_backend_check checks[] = {
      {"network, one plane", check_one_plane},
      {"network, three planes", check_three_planes},
      {"network, NaN and infinity", check_nan},
  };
  ls_error error = {0};
  ls_status status = sample_new(&one_plane, 1, 4, &error);
  if (status == LS_OK) status = sample_new(&three_planes, 3, 6, &error);
  int code = 1;
  if (status == LS_OK)
    code = ls_run_for_each_backend(checks, sizeof checks / sizeof *checks);
  else
    fprintf(stderr, "%s\n", error.message);
  sample_free(&one_plane);
  sample_free(&three_planes);
  return code;
}
