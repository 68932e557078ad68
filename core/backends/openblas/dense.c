/* Dense layers: matrix-vector products on plain floats. A few hundred thousand multiplications in
 * the study network: one thread does them. */
#include "backends/openblas/openblas.h"

#include <cblas.h>

#include <stdlib.h>
#include <string.h>

typedef struct dense_layer {
  ls_operator base;
  ls_dense_shape shape;
  int inputs;
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

static ls_status forward(ls_operator *op, const void *input, void *output, void *saved,
                         void *workspace, ls_error *error) {
  (void)saved, (void)workspace, (void)error;
  const dense_layer *self = (const dense_layer *)op;
  int outputs = self->shape.outputs;
  float *y = output;
  memcpy(y, self->bias, (size_t)outputs * sizeof *y);
#pragma omp parallel num_threads(1)
  {
    ls_openblas_stay_serial();
    cblas_sgemv(CblasRowMajor, CblasTrans, self->inputs, outputs, 1, self->kernel, outputs, input,
                1, 1, y, 1);
  }
  for (int i = 0; self->shape.elu && i < outputs; i++) y[i] = ls_openblas_elu(y[i]);
  return LS_OK;
}

static ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                          void *saved, void *input_gradient, float *kernel_gradient,
                          float *bias_gradient, void *workspace, ls_error *error) {
  (void)saved, (void)workspace, (void)error;
  const dense_layer *self = (const dense_layer *)op;
  int outputs = self->shape.outputs;
  const float *y = output;
  float *g = output_gradient;
  for (int i = 0; i < outputs; i++) {
    if (self->shape.elu) g[i] *= ls_openblas_elu_slope(y[i]);
    bias_gradient[i] += g[i];
  }
  if (input_gradient) memset(input_gradient, 0, (size_t)self->inputs * sizeof(float));
#pragma omp parallel num_threads(1)
  {
    ls_openblas_stay_serial();
    cblas_sger(CblasRowMajor, self->inputs, outputs, 1, input, 1, g, 1, kernel_gradient, outputs);
    if (input_gradient)
      cblas_sgemv(CblasRowMajor, CblasNoTrans, self->inputs, outputs, 1, self->kernel, outputs, g,
                  1, 1, input_gradient, 1);
  }
  return LS_OK;
}

static void destroy(ls_operator *op) {
  free(op);
}

static const ls_operator_functions functions = {
    .set_weights = set_weights,
    .forward = forward,
    .backward = backward,
    .destroy = destroy,
};

ls_status ls_openblas_dense_new(ls_device *device, const ls_dense_shape *shape,
                                const ls_operator_place *place, ls_operator **op, ls_error *error) {
  (void)device, (void)place;
  *op = NULL;
  dense_layer *self = calloc(1, sizeof *self);
  if (!self) return ls_fail(error, LS_MEMORY, "backend openblas: no memory for a dense layer");
  self->base.functions = &functions;
  self->base.sizes.output = (size_t)shape->outputs * sizeof(float);
  self->shape = *shape;
  self->inputs = shape->rows * shape->columns * shape->channels;
  *op = &self->base;
  return LS_OK;
}
