/* Backend reference: the float32 kernels behind the operator interface. Activations are plain
 * floats. */
#include "backends/backend.h"
#include "backends/reference/kernels.h"
#include "backends/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ls_device {
  int threads;
};

typedef struct reference_operator {
  ls_operator base;
  int threads;
  ls_conv_block_shape conv;
  ls_dense_shape dense;
  size_t output_floats;
  const float *kernel, *bias; /* the caller's */
} reference_operator;

static void version(char *text, size_t length) {
  snprintf(text, length, "plain loops, float32");
}

static ls_status device_open(const ls_backend_options *options, ls_device **device,
                             ls_error *error) {
  *device = NULL;
  LS_TRY(ls_backend_refuse_settings("reference", options, error));
  *device = calloc(1, sizeof **device);
  if (!*device) return ls_fail(error, LS_MEMORY, "backend reference: no memory");
  (*device)->threads = options->threads;
  return LS_OK;
}

static void device_close(ls_device *device) {
  free(device);
}

static ls_status set_weights(ls_operator *op, const float *kernel, const float *bias,
                             ls_error *error) {
  (void)error;
  reference_operator *self = (reference_operator *)op;
  self->kernel = kernel;
  self->bias = bias;
  return LS_OK;
}

static ls_status conv_forward(ls_operator *op, const void *input, void *output, void *saved,
                              void *workspace, ls_error *error) {
  (void)workspace, (void)error;
  reference_operator *self = (reference_operator *)op;
  ls_reference_conv_block_forward_f32(&self->conv, self->threads, input, self->kernel, self->bias,
                                      output, saved);
  return LS_OK;
}

static ls_status conv_backward(ls_operator *op, const void *input, void *output,
                               void *output_gradient, void *saved, void *input_gradient,
                               float *kernel_gradient, float *bias_gradient, void *workspace,
                               ls_error *error) {
  (void)workspace, (void)error;
  reference_operator *self = (reference_operator *)op;
  ls_reference_conv_block_backward_f32(&self->conv, self->threads, input, self->kernel, output,
                                       saved, output_gradient, input_gradient, kernel_gradient,
                                       bias_gradient);
  return LS_OK;
}

static ls_status dense_forward(ls_operator *op, const void *input, void *output, void *saved,
                               void *workspace, ls_error *error) {
  (void)saved, (void)workspace, (void)error;
  reference_operator *self = (reference_operator *)op;
  ls_reference_dense_forward_f32(&self->dense, self->threads, input, self->kernel, self->bias,
                                 output);
  return LS_OK;
}

static ls_status dense_backward(ls_operator *op, const void *input, void *output,
                                void *output_gradient, void *saved, void *input_gradient,
                                float *kernel_gradient, float *bias_gradient, void *workspace,
                                ls_error *error) {
  (void)saved, (void)workspace, (void)error;
  reference_operator *self = (reference_operator *)op;
  ls_reference_dense_backward_f32(&self->dense, self->threads, input, self->kernel, output,
                                  output_gradient, input_gradient, kernel_gradient, bias_gradient);
  return LS_OK;
}

static void destroy(ls_operator *op) {
  free(op);
}

static const ls_operator_functions conv_functions = {
    .set_weights = set_weights,
    .forward = conv_forward,
    .backward = conv_backward,
    .destroy = destroy,
};

static const ls_operator_functions dense_functions = {
    .set_weights = set_weights,
    .forward = dense_forward,
    .backward = dense_backward,
    .destroy = destroy,
};

static ls_status operator_new(const ls_device *device, const ls_operator_functions *functions,
                              size_t output_floats, reference_operator **op, ls_error *error) {
  *op = calloc(1, sizeof **op);
  if (!*op) return ls_fail(error, LS_MEMORY, "backend reference: no memory for an operator");
  (*op)->base.functions = functions;
  (*op)->base.sizes.output = output_floats * sizeof(float);
  (*op)->threads = device->threads;
  (*op)->output_floats = output_floats;
  return LS_OK;
}

static ls_status conv_block_new(ls_device *device, const ls_conv_block_shape *shape,
                                const ls_operator_place *place, ls_operator **op, ls_error *error) {
  (void)place;
  reference_operator *self;
  *op = NULL;
  size_t floats =
      (size_t)(shape->height / shape->pool) * (shape->width / shape->pool) * shape->out_channels;
  LS_TRY(operator_new(device, &conv_functions, floats, &self, error));
  self->conv = *shape;
  self->base.sizes.saved = floats; /* argmax, one byte each */
  *op = &self->base;
  return LS_OK;
}

static ls_status dense_new(ls_device *device, const ls_dense_shape *shape,
                           const ls_operator_place *place, ls_operator **op, ls_error *error) {
  (void)place;
  reference_operator *self;
  *op = NULL;
  LS_TRY(operator_new(device, &dense_functions, (size_t)shape->outputs, &self, error));
  self->dense = *shape;
  *op = &self->base;
  return LS_OK;
}

static const char *const variants[] = {"plain", NULL};

const ls_backend ls_backend_reference = {
    .name = "reference",
    .summary = "plain loops, the definition of what every backend computes",
    .variants = variants,
    .version = version,
    .device_open = device_open,
    .device_close = device_close,
    .conv_block_new = conv_block_new,
    .dense_new = dense_new,
};
