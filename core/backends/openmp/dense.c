/* A dense layer. Its input is a map, taken pixel by pixel so that background pixels need not be
 * stored; its output is a map of one pixel. */
#include "backends/openmp/openmp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CHUNKS = 64, LEAST_WEIGHTS = 1 << 15 };

typedef struct dense_layer {
  ls_operator base;
  const ls_openmp_kernels *kernels;
  ls_dense_shape shape;
  int threads, pixels, chunk, chunks; /* chunk: pixels whose part of the sums one task makes */
  char description[32];
  const float *kernel, *bias; /* the caller's */
} dense_layer;

static ls_status set_weights(ls_operator *op, const float *kernel, const float *bias,
                             ls_error *error) {
  (void)error;
  dense_layer *self = (dense_layer *)op;
  self->kernel = kernel;
  self->bias = bias;
  return LS_OK;
}

static ls_openmp_map input_map(const dense_layer *self, const void *input) {
  return ls_openmp_map_at(self->shape.rows, self->shape.columns, self->shape.channels,
                          (void *)input);
}

static ls_openmp_map output_map(const dense_layer *self, const void *output) {
  return ls_openmp_map_at(1, 1, self->shape.outputs, (void *)output);
}

static int chunk_end(const dense_layer *self, int chunk) {
  int end = (chunk + 1) * self->chunk;
  return end < self->pixels ? end : self->pixels;
}

/* Starting the threads of a parallel region takes some microseconds, in which one thread reads this
 * many weights. The sums' order does not depend on it. */
#ifdef _OPENMP
static int worth_threads(const dense_layer *self) {
  return (size_t)self->pixels * (size_t)self->shape.channels * (size_t)self->shape.outputs >=
         LEAST_WEIGHTS;
}
#endif

static ls_status forward(ls_operator *op, const void *input, void *output, void *saved,
                         void *workspace, ls_error *error) {
  (void)saved, (void)error;
  const dense_layer *self = (const dense_layer *)op;
  const ls_dense_shape *s = &self->shape;
  ls_openmp_map x = input_map(self, input), y = output_map(self, output);
  size_t outputs = (size_t)s->outputs, channels = (size_t)s->channels;
  float *sums = workspace;
  ls_openmp_map_begin(&y, 0);
#pragma omp parallel for num_threads(self->threads) schedule(static) if (worth_threads(self))
  for (int chunk = 0; chunk < self->chunks; chunk++) {
    float *sum = sums + (size_t)chunk * outputs;
    memset(sum, 0, outputs * sizeof *sum);
    for (int p = chunk * self->chunk; p < chunk_end(self, chunk); p++)
      self->kernels->dense_forward(ls_openmp_pixel(&x, p / s->columns, p % s->columns),
                                   self->kernel + (size_t)p * channels * outputs, s->channels,
                                   s->outputs, sum);
  }
  for (size_t o = 0; o < outputs; o++) {
    float sum = 0;
    for (int chunk = 0; chunk < self->chunks; chunk++) sum += sums[(size_t)chunk * outputs + o];
    sum += self->bias[o];
    y.values[o] = !s->elu || sum > 0 || isnan(sum) ? sum : expm1f(sum);
  }
  y.form->finite = ls_openmp_finite(y.values, outputs);
  return LS_OK;
}

/* Per channel the gradients of background pixels, summed in the pixels' order. */
static void sum_background(const dense_layer *self, const ls_openmp_map *x,
                           const ls_openmp_map *gradient, const float *hidden) {
  size_t channels = (size_t)self->shape.channels;
  for (int p = 0; p < self->pixels; p++) {
    if (*ls_openmp_active(x, p / x->columns, p % x->columns)) continue;
    for (size_t k = 0; k < channels; k++)
      gradient->background_gradient[k] += (double)hidden[(size_t)p * channels + k];
  }
}

static ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                          void *saved, void *input_gradient, float *kernel_gradient,
                          float *bias_gradient, void *workspace, ls_error *error) {
  (void)saved, (void)error;
  const dense_layer *self = (const dense_layer *)op;
  const ls_dense_shape *s = &self->shape;
  ls_openmp_map x = input_map(self, input), dx = {0};
  const float *y = output_map(self, output).values;
  float *g = output_map(self, output_gradient).values, *hidden = workspace;
  size_t outputs = (size_t)s->outputs, channels = (size_t)s->channels;
  for (size_t o = 0; o < outputs; o++) {
    if (s->elu) g[o] *= y[o] > 0 ? 1 : y[o] + 1;
    bias_gradient[o] += g[o];
  }
  if (input_gradient) {
    dx = input_map(self, input_gradient);
    ls_openmp_map_begin_gradient(&dx, &x);
  }
#pragma omp parallel for num_threads(self->threads) schedule(static) if (worth_threads(self))
  for (int p = 0; p < self->pixels; p++) {
    int r = p / s->columns, c = p % s->columns;
    int stored = !x.form->sparse || *ls_openmp_active(&x, r, c);
    size_t at = (size_t)p * channels;
    float *pixel = !input_gradient ? NULL : stored ? ls_openmp_values(&dx, r, c) : hidden + at;
    self->kernels->dense_backward(ls_openmp_pixel(&x, r, c), self->kernel + at * outputs, g,
                                  s->channels, s->outputs, kernel_gradient + at * outputs, pixel);
  }
  if (input_gradient && x.form->sparse) sum_background(self, &x, &dx, hidden);
  return LS_OK;
}

static ls_status export_output(const ls_operator *op, const void *output, float *plain,
                               ls_error *error) {
  (void)error;
  ls_openmp_map map = output_map((const dense_layer *)op, output);
  ls_openmp_map_export(&map, plain);
  return LS_OK;
}

static ls_status import_output(const ls_operator *op, const float *plain, void *output,
                               ls_error *error) {
  (void)error;
  ls_openmp_map map = output_map((const dense_layer *)op, output);
  ls_openmp_map_import(&map, plain);
  return LS_OK;
}

static const char *describe(const ls_operator *op) {
  return ((const dense_layer *)op)->description;
}

static void destroy(ls_operator *op) {
  free(op);
}

static const ls_operator_functions functions = {
    .set_weights = set_weights,
    .forward = forward,
    .backward = backward,
    .export_output = export_output,
    .import_output = import_output,
    .describe = describe,
    .destroy = destroy,
};

ls_status ls_openmp_dense_new(ls_device *device, const ls_dense_shape *shape,
                              const ls_operator_place *place, ls_operator **op, ls_error *error) {
  (void)place;
  *op = NULL;
  dense_layer *self = calloc(1, sizeof *self);
  if (!self) return ls_fail(error, LS_MEMORY, "backend openmp: no memory for a dense layer");
  self->base.functions = &functions;
  self->kernels = device->kernels;
  self->shape = *shape;
  self->threads = device->threads;
  self->pixels = shape->rows * shape->columns;
  self->chunk = ls_openmp_ceil(self->pixels, MOST_CHUNKS);
  self->chunks = ls_openmp_ceil(self->pixels, self->chunk);
  snprintf(self->description, sizeof self->description, "rows %s", device->kernels->name);
  self->base.sizes.output = ls_openmp_map_bytes(1, 1, shape->outputs);
  size_t sums = (size_t)self->chunks * (size_t)shape->outputs;
  size_t hidden = (size_t)self->pixels * (size_t)shape->channels;
  self->base.sizes.workspace = (sums > hidden ? sums : hidden) * sizeof(float);
  *op = &self->base;
  return LS_OK;
}
