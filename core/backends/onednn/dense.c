/* Dense layers of both variants: inner products on plain floats. The weights are taken as they are,
 * [inputs][outputs]; the ELU is our own, as the library's loses NaN. */
#include "backends/onednn/onednn.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct dense_layer {
  ls_operator base;
  ls_dense_shape shape;
  ls_device *device;
  int threads; /* of the primitives */
  int inputs;
  ls_onednn_primitive forward, weights, source;
  const float *kernel, *bias; /* the caller's */
  size_t gradient_bytes, bias_bytes;
  char description[256];
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
  (void)saved;
  const dense_layer *self = (const dense_layer *)op;
  const void *data[] = {input, self->kernel, self->bias, output};
  int before = ls_onednn_use_threads(self->threads);
  int failed = ls_onednn_run(&self->forward, 0, data, workspace);
  ls_onednn_use_threads(before);
  if (self->shape.elu) self->device->lanes->elu((size_t)self->shape.outputs, output);
  return ls_onednn_ran(failed, "the forward pass of a dense layer", error);
}

/* The library overwrites gradients: they are made in the workspace, then added. */
static int weights_gradient(const dense_layer *self, const void *input, const float *gradient,
                            float *kernel_gradient, float *bias_gradient, char *workspace) {
  float *kernel = (float *)(void *)workspace;
  float *bias = (float *)(void *)(workspace + self->gradient_bytes);
  const void *data[] = {input, gradient, kernel, bias};
  int failed =
      ls_onednn_run(&self->weights, 0, data, workspace + self->gradient_bytes + self->bias_bytes);
  size_t count = (size_t)self->inputs * self->shape.outputs;
  for (size_t i = 0; i < count; i++) kernel_gradient[i] += kernel[i];
  for (int i = 0; i < self->shape.outputs; i++) bias_gradient[i] += bias[i];
  return failed;
}

static ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                          void *saved, void *input_gradient, float *kernel_gradient,
                          float *bias_gradient, void *workspace, ls_error *error) {
  (void)saved;
  const dense_layer *self = (const dense_layer *)op;
  if (self->shape.elu)
    self->device->lanes->elu_slope((size_t)self->shape.outputs, output, output_gradient);
  int before = ls_onednn_use_threads(self->threads);
  int failed =
      weights_gradient(self, input, output_gradient, kernel_gradient, bias_gradient, workspace);
  const void *data[] = {self->kernel, output_gradient, input_gradient};
  if (input_gradient) failed |= ls_onednn_run(&self->source, 0, data, workspace);
  ls_onednn_use_threads(before);
  return ls_onednn_ran(failed, "the backward pass of a dense layer", error);
}

static const char *describe(const ls_operator *op) {
  return ((const dense_layer *)op)->description;
}

static void destroy(ls_operator *op) {
  if (!op) return;
  dense_layer *self = (dense_layer *)op;
  ls_onednn_primitive_destroy(&self->forward);
  ls_onednn_primitive_destroy(&self->weights);
  ls_onednn_primitive_destroy(&self->source);
  free(self);
}

static const ls_operator_functions functions = {
    .set_weights = set_weights,
    .forward = forward,
    .backward = backward,
    .describe = describe,
    .destroy = destroy,
};

/* The layouts that the primitives are made from: owned. */
typedef struct layouts {
  ls_dnnl_layout source, weights, bias, output;
} layouts;

static void layouts_destroy(layouts *l) {
  ls_dnnl_layout_free(l->source);
  ls_dnnl_layout_free(l->weights);
  ls_dnnl_layout_free(l->bias);
  ls_dnnl_layout_free(l->output);
}

static dnnl_status_t layouts_init(layouts *l, const dense_layer *self) {
  const dnnl_dims_t source = {1, self->inputs}, weights = {self->shape.outputs, self->inputs};
  const dnnl_dims_t bias = {self->shape.outputs}, output = {1, self->shape.outputs};
  const struct {
    ls_dnnl_layout *layout;
    const dnnl_dim_t *dims;
    int rank;
    dnnl_format_tag_t tag;
  } rows[] = {{&l->source, source, 2, dnnl_ab},
              {&l->weights, weights, 2, dnnl_ba},
              {&l->bias, bias, 1, dnnl_a},
              {&l->output, output, 2, dnnl_ab}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    dnnl_status_t status =
        ls_dnnl_layout_new(rows[i].layout, rows[i].rank, rows[i].dims, rows[i].tag);
    if (status != dnnl_success) return status;
  }
  return dnnl_success;
}

static ls_status make_primitives(dense_layer *self, const layouts *l, ls_error *error) {
  static const int forward_arguments[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS,
                                          DNNL_ARG_DST, 0};
  static const int weights_arguments[] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS,
                                          DNNL_ARG_DIFF_BIAS, 0};
  static const int source_arguments[] = {DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_SRC, 0};
  ls_device *device = self->device;
  const ls_dnnl_dense dense = {l->source, l->weights, l->bias, l->output};
  ls_dnnl_maker maker = {.engine = device->engine, .attributes = device->attributes};
  dnnl_primitive_desc_t made = NULL;
  dnnl_status_t status = ls_dnnl_dense_forward(&maker, &dense, &made);
  LS_TRY(ls_onednn_primitive_new(&self->forward, device, 1, status, made, forward_arguments,
                                 "dense layer", error));
  maker.hint = ls_onednn_description(&self->forward);
  made = NULL;
  status = ls_dnnl_dense_backward_weights(&maker, &dense, &made);
  LS_TRY(ls_onednn_primitive_new(&self->weights, device, 1, status, made, weights_arguments,
                                 "dense layer's weight gradient", error));
  made = NULL;
  status = ls_dnnl_dense_backward_data(&maker, &dense, &made);
  return ls_onednn_primitive_new(&self->source, device, 1, status, made, source_arguments,
                                 "dense layer's input gradient", error);
}

static ls_status plan(dense_layer *self, ls_error *error) {
  layouts l = {0};
  dnnl_status_t status = layouts_init(&l, self);
  ls_status made = LS_OK;
  if (status == dnnl_success)
    made = make_primitives(self, &l, error);
  else
    made = ls_fail(error, LS_UNAVAILABLE, "backend onednn: no layout (status %d)", (int)status);
  layouts_destroy(&l);
  LS_TRY(made);
  snprintf(self->description, sizeof self->description, "forward %s, weights %s, source %s",
           self->forward.implementation, self->weights.implementation, self->source.implementation);
  self->gradient_bytes =
      ls_onednn_aligned((size_t)self->inputs * self->shape.outputs * sizeof(float));
  self->bias_bytes = ls_onednn_aligned((size_t)self->shape.outputs * sizeof(float));
  size_t scratch = self->weights.scratch;
  if (self->forward.scratch > scratch) scratch = self->forward.scratch;
  if (self->source.scratch > scratch) scratch = self->source.scratch;
  self->base.sizes.output = (size_t)self->shape.outputs * sizeof(float);
  self->base.sizes.workspace = self->gradient_bytes + self->bias_bytes + scratch;
  return LS_OK;
}

ls_status ls_onednn_dense_new(ls_device *device, const ls_dense_shape *shape, ls_operator **op,
                              ls_error *error) {
  dense_layer *self = calloc(1, sizeof *self);
  if (!self) return ls_fail(error, LS_MEMORY, "backend onednn: no memory for a dense layer");
  self->base.functions = &functions;
  self->shape = *shape;
  self->device = device;
  self->threads = device->literal ? device->threads : 1;
  self->inputs = shape->rows * shape->columns * shape->channels;
  ls_status status = plan(self, error);
  if (status != LS_OK) {
    destroy(&self->base);
    return status;
  }
  *op = &self->base;
  return LS_OK;
}
