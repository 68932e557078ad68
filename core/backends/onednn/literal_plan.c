#include "backends/onednn/literal.h"

#include "base/memory.h"

#include <string.h>

literal_saved ls_onednn_literal_saved(const literal *self, void *saved) {
  return (literal_saved){saved, (uint8_t *)saved + self->conv_bytes};
}

literal_memory ls_onednn_literal_memory(const literal *self, void *workspace) {
  char *conv = workspace, *pooled = conv + self->conv_bytes, *packed = pooled + self->pooled_bytes;
  char *plain = packed + self->packed_bytes, *bias = plain + self->plain_bytes;
  return (literal_memory){.conv = (float *)(void *)conv,
                          .pooled = (float *)(void *)pooled,
                          .packed = (float *)(void *)packed,
                          .plain = (float *)(void *)plain,
                          .bias = (float *)(void *)bias,
                          .scratch = bias + self->bias_bytes};
}

/* The layouts that the primitives are made from: owned. */
typedef struct layouts {
  ls_dnnl_layout source, weights, plain, bias, conv, pooled, output;
} layouts;

static void layouts_destroy(layouts *l) {
  ls_dnnl_layout_free(l->source);
  ls_dnnl_layout_free(l->weights);
  ls_dnnl_layout_free(l->plain);
  ls_dnnl_layout_free(l->bias);
  ls_dnnl_layout_free(l->conv);
  ls_dnnl_layout_free(l->pooled);
  ls_dnnl_layout_free(l->output);
}

static dnnl_status_t layouts_init(layouts *l, const literal *self) {
  const ls_conv_block_shape *s = &self->shape;
  const dnnl_dims_t source = {1, s->in_channels, s->height, s->width};
  const dnnl_dims_t weights = {s->out_channels, s->in_channels, s->kernel, s->kernel};
  const dnnl_dims_t bias = {s->out_channels}, conv = {1, s->out_channels, s->height, s->width};
  const dnnl_dims_t pooled = {1, s->out_channels, self->rows, self->columns};
  /* The kernels for one plane in blocks want it called nchw: the same bytes. */
  dnnl_format_tag_t in = self->blocked ? dnnl_nchw : dnnl_nhwc;
  dnnl_format_tag_t out = self->blocked ? dnnl_nChw16c : dnnl_nhwc;
  const struct {
    ls_dnnl_layout *layout;
    const dnnl_dim_t *dims;
    int rank;
    dnnl_format_tag_t tag;
  } rows[] = {{&l->source, source, 4, in},        {&l->weights, weights, 4, dnnl_format_tag_any},
              {&l->plain, weights, 4, dnnl_hwio}, {&l->bias, bias, 1, dnnl_a},
              {&l->conv, conv, 4, out},           {&l->pooled, pooled, 4, out},
              {&l->output, pooled, 4, dnnl_nhwc}};
  *l = (layouts){0};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    dnnl_status_t status =
        ls_dnnl_layout_new(rows[i].layout, rows[i].rank, rows[i].dims, rows[i].tag);
    if (status != dnnl_success) return status;
  }
  return dnnl_success;
}

static ls_status finish(literal *self, literal_step step, dnnl_status_t made,
                        dnnl_primitive_desc_t description, ls_error *error) {
  static const int arguments[STEPS][5] = {
      [CONV] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST, 0},
      [PLAIN_CONV] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST, 0},
      [POOL] = {DNNL_ARG_SRC, DNNL_ARG_DST, DNNL_ARG_WORKSPACE, 0},
      [POOL_BACKWARD] = {DNNL_ARG_DIFF_DST, DNNL_ARG_WORKSPACE, DNNL_ARG_DIFF_SRC, 0},
      [ELU_BACKWARD] = {DNNL_ARG_DST, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_SRC, 0},
      [WEIGHTS] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS, 0},
      [SOURCE] = {DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_SRC, 0},
  };
  return ls_onednn_primitive_new(&self->steps[step], self->device, 1, made, description,
                                 arguments[step], "step of a conv block", error);
}

static ls_status make_forward(literal *self, const layouts *l, const ls_dnnl_convolution *conv,
                              ls_error *error) {
  ls_device *device = self->device;
  ls_dnnl_maker plain = {.engine = device->engine, .attributes = device->attributes};
  ls_dnnl_maker with_elu = {.engine = device->engine, .attributes = device->with_elu};
  dnnl_primitive_desc_t made = NULL;
  dnnl_status_t status = ls_dnnl_convolution_forward(&with_elu, conv, &made);
  LS_TRY(finish(self, CONV, status, made, error));
  ls_dnnl_convolution same = *conv; /* both take the same packed weights */
  same.weights = ls_onednn_layout(&self->steps[CONV], DNNL_ARG_WEIGHTS);
  made = NULL;
  status = ls_dnnl_convolution_forward(&plain, &same, &made);
  LS_TRY(finish(self, PLAIN_CONV, status, made, error));
  made = NULL;
  status = ls_dnnl_pool_forward(&plain, self->shape.pool, l->conv, l->pooled, &made);
  return finish(self, POOL, status, made, error);
}

static ls_status make_elu_backward(literal *self, const layouts *l, ls_error *error) {
  ls_dnnl_maker maker = {.engine = self->device->engine, .attributes = self->device->attributes};
  dnnl_primitive_desc_t hint = NULL, made = NULL;
  dnnl_status_t status = ls_dnnl_elu_forward(&maker, l->conv, &hint);
  maker.hint = hint;
  if (status == dnnl_success) status = ls_dnnl_elu_backward(&maker, l->conv, &made);
  if (hint) dnnl_primitive_desc_destroy(hint);
  return finish(self, ELU_BACKWARD, status, made, error);
}

static ls_status make_backward(literal *self, const layouts *l, const ls_dnnl_convolution *conv,
                               int first, ls_error *error) {
  ls_dnnl_maker maker = {.engine = self->device->engine, .attributes = self->device->attributes};
  dnnl_primitive_desc_t made = NULL;
  maker.hint = ls_onednn_description(&self->steps[POOL]);
  dnnl_status_t status = ls_dnnl_pool_backward(&maker, self->shape.pool, l->conv, l->pooled, &made);
  LS_TRY(finish(self, POOL_BACKWARD, status, made, error));
  LS_TRY(make_elu_backward(self, l, error));
  maker.hint = ls_onednn_description(&self->steps[PLAIN_CONV]);
  made = NULL;
  status = ls_dnnl_convolution_backward_weights(&maker, conv, &made);
  LS_TRY(finish(self, WEIGHTS, status, made, error));
  if (first) return LS_OK;
  made = NULL;
  status = ls_dnnl_convolution_backward_data(&maker, conv, &made);
  return finish(self, SOURCE, status, made, error);
}

static ls_status make_reorders(literal *self, const layouts *l, int first, ls_error *error) {
  ls_onednn_primitive *steps = self->steps;
  const struct {
    int wanted;
    literal_step step;
    ls_dnnl_const_layout from, to;
  } rows[] = {
      {self->blocked, POOLED_TO_NHWC, l->pooled, l->output},
      {self->blocked, POOLED_FROM_NHWC, l->output, l->pooled},
      {1, PACK_FORWARD, l->plain, ls_onednn_layout(&steps[CONV], DNNL_ARG_WEIGHTS)},
      {1, UNPACK, ls_onednn_layout(&steps[WEIGHTS], DNNL_ARG_DIFF_WEIGHTS), l->plain},
      {!first, PACK_SOURCE, l->plain,
       first ? NULL : ls_onednn_layout(&steps[SOURCE], DNNL_ARG_WEIGHTS)},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].wanted)
      LS_TRY(ls_onednn_reorder_new(&steps[rows[i].step], self->device, rows[i].from, rows[i].to,
                                   error));
  return LS_OK;
}

static ls_status make_all(literal *self, const layouts *l, int first, ls_error *error) {
  int half = self->shape.kernel / 2;
  const ls_dnnl_convolution conv = {.source = l->source,
                                    .weights = l->weights,
                                    .bias = l->bias,
                                    .output = l->conv,
                                    .before = {half, half},
                                    .after = {half, half}};
  LS_TRY(make_forward(self, l, &conv, error));
  LS_TRY(make_backward(self, l, &conv, first, error));
  return make_reorders(self, l, first, error);
}

static void plan_sizes(literal *self) {
  const ls_onednn_primitive *steps = self->steps;
  self->conv_bytes = ls_onednn_aligned(ls_onednn_bytes(&steps[CONV], DNNL_ARG_DST));
  self->pooled_bytes =
      self->blocked ? ls_onednn_aligned(ls_onednn_bytes(&steps[POOL], DNNL_ARG_DST)) : 0;
  self->packed_bytes = ls_onednn_aligned(ls_onednn_bytes(&steps[WEIGHTS], DNNL_ARG_DIFF_WEIGHTS));
  self->plain_bytes = ls_onednn_aligned(ls_onednn_bytes(&steps[UNPACK], DNNL_ARG_TO));
  self->bias_bytes = ls_onednn_aligned(ls_onednn_bytes(&steps[WEIGHTS], DNNL_ARG_DIFF_BIAS));
  size_t scratch = 0;
  for (int i = 0; i < STEPS; i++)
    if (steps[i].primitive && steps[i].scratch > scratch) scratch = steps[i].scratch;
  ls_operator_sizes *sizes = &self->base.sizes;
  sizes->output = (size_t)self->rows * self->columns * self->shape.out_channels * sizeof(float);
  sizes->saved = self->conv_bytes + ls_onednn_bytes(&steps[POOL], DNNL_ARG_WORKSPACE);
  sizes->workspace = self->conv_bytes + self->pooled_bytes + self->packed_bytes +
                     self->plain_bytes + self->bias_bytes + scratch;
}

static ls_status allocate_weights(literal *self, ls_error *error) {
  void *memory;
  size_t bytes = ls_onednn_bytes(&self->steps[CONV], DNNL_ARG_WEIGHTS);
  LS_TRY(ls_allocate(&memory, bytes, "weights of a conv block", error));
  self->packed_forward = memory;
  if (!self->steps[SOURCE].primitive) return LS_OK;
  bytes = ls_onednn_bytes(&self->steps[SOURCE], DNNL_ARG_WEIGHTS);
  LS_TRY(ls_allocate(&memory, bytes, "weights of a conv block", error));
  self->packed_source = memory;
  return LS_OK;
}

static ls_status make_in_layout(literal *self, int blocked, int first, ls_error *error) {
  layouts l;
  self->blocked = blocked;
  ls_status status = LS_OK;
  if (layouts_init(&l, self) == dnnl_success)
    status = make_all(self, &l, first, error);
  else
    status = ls_fail(error, LS_MEMORY, "backend onednn: no layouts for a conv block");
  layouts_destroy(&l);
  return status;
}

ls_status ls_onednn_literal_plan(literal *self, int first, ls_error *error) {
  self->rows = self->shape.height / self->shape.pool;
  self->columns = self->shape.width / self->shape.pool;
  LS_TRY(make_in_layout(self, first && self->shape.in_channels == 1, first, error));
  /* finish_exactly writes it as one byte for each pooled value, laid out as these. */
  size_t pooled = ls_onednn_bytes(&self->steps[POOL], DNNL_ARG_DST) / sizeof(float);
  if (ls_onednn_bytes(&self->steps[POOL], DNNL_ARG_WORKSPACE) != pooled)
    return ls_fail(error, LS_UNAVAILABLE, "backend onednn: unexpected workspace of a pool");
  plan_sizes(self);
  ls_onednn_literal_describe(self);
  return allocate_weights(self, error);
}
