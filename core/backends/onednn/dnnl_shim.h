/* One C API over oneDNN 2.x (descriptors of operations, memory descriptors by value) and 3.x (no
 * descriptors of operations, opaque memory descriptors): only what this backend uses, float32,
 * training, two-dimensional convolutions of stride 1. All functions return oneDNN's status. */
#ifndef LS_BACKENDS_ONEDNN_DNNL_SHIM_H
#define LS_BACKENDS_ONEDNN_DNNL_SHIM_H

#include <oneapi/dnnl/dnnl.h>

#include <stdlib.h>

#define LS_DNNL_3 (DNNL_VERSION_MAJOR >= 3)

/* The layout of a tensor: owned, and borrowed. */
#if LS_DNNL_3
typedef dnnl_memory_desc_t ls_dnnl_layout;
typedef const_dnnl_memory_desc_t ls_dnnl_const_layout;
#else
typedef dnnl_memory_desc_t *ls_dnnl_layout;
typedef const dnnl_memory_desc_t *ls_dnnl_const_layout;
#endif

/* *layout is NULL on failure. */
static inline dnnl_status_t ls_dnnl_layout_new(ls_dnnl_layout *layout, int rank,
                                               const dnnl_dims_t dims, dnnl_format_tag_t tag) {
  *layout = NULL;
#if LS_DNNL_3
  return dnnl_memory_desc_create_with_tag(layout, rank, dims, dnnl_f32, tag);
#else
  dnnl_memory_desc_t *made = malloc(sizeof *made);
  if (!made) return dnnl_out_of_memory;
  dnnl_status_t status = dnnl_memory_desc_init_by_tag(made, rank, dims, dnnl_f32, tag);
  if (status == dnnl_success)
    *layout = made;
  else
    free(made);
  return status;
#endif
}

static inline void ls_dnnl_layout_free(ls_dnnl_layout layout) {
#if LS_DNNL_3
  if (layout) dnnl_memory_desc_destroy(layout);
#else
  free(layout);
#endif
}

/* What a primitive is made from. hint: the forward primitive, for a backward one. */
typedef struct ls_dnnl_maker {
  dnnl_engine_t engine;
  const_dnnl_primitive_attr_t attributes;
  const_dnnl_primitive_desc_t hint;
} ls_dnnl_maker;

#if !LS_DNNL_3
static inline dnnl_status_t ls_dnnl_finish(const ls_dnnl_maker *maker, dnnl_status_t described,
                                           const void *operation, dnnl_primitive_desc_t *made) {
  if (described != dnnl_success) return described;
  return dnnl_primitive_desc_create(made, operation, maker->attributes, maker->engine, maker->hint);
}
#endif

/* A convolution; before and after: zero padding above and left, below and right. */
typedef struct ls_dnnl_convolution {
  ls_dnnl_const_layout source, weights, bias, output; /* bias NULL: none */
  dnnl_dims_t before, after;
} ls_dnnl_convolution;

static inline dnnl_status_t ls_dnnl_convolution_forward(const ls_dnnl_maker *m,
                                                        const ls_dnnl_convolution *c,
                                                        dnnl_primitive_desc_t *made) {
  const dnnl_dims_t strides = {1, 1};
#if LS_DNNL_3
  const dnnl_dims_t dilates = {0, 0};
  return dnnl_convolution_forward_primitive_desc_create(
      made, m->engine, dnnl_forward_training, dnnl_convolution_direct, c->source, c->weights,
      c->bias, c->output, strides, dilates, c->before, c->after, m->attributes);
#else
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_convolution_forward_desc_init(
      &operation, dnnl_forward_training, dnnl_convolution_direct, c->source, c->weights, c->bias,
      c->output, strides, c->before, c->after);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

static inline dnnl_status_t ls_dnnl_convolution_backward_data(const ls_dnnl_maker *m,
                                                              const ls_dnnl_convolution *c,
                                                              dnnl_primitive_desc_t *made) {
  const dnnl_dims_t strides = {1, 1};
#if LS_DNNL_3
  const dnnl_dims_t dilates = {0, 0};
  return dnnl_convolution_backward_data_primitive_desc_create(
      made, m->engine, dnnl_convolution_direct, c->source, c->weights, c->output, strides, dilates,
      c->before, c->after, m->hint, m->attributes);
#else
  dnnl_convolution_desc_t operation;
  dnnl_status_t status =
      dnnl_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, c->source,
                                               c->weights, c->output, strides, c->before, c->after);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

static inline dnnl_status_t ls_dnnl_convolution_backward_weights(const ls_dnnl_maker *m,
                                                                 const ls_dnnl_convolution *c,
                                                                 dnnl_primitive_desc_t *made) {
  const dnnl_dims_t strides = {1, 1};
#if LS_DNNL_3
  const dnnl_dims_t dilates = {0, 0};
  return dnnl_convolution_backward_weights_primitive_desc_create(
      made, m->engine, dnnl_convolution_direct, c->source, c->weights, c->bias, c->output, strides,
      dilates, c->before, c->after, m->hint, m->attributes);
#else
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_convolution_backward_weights_desc_init(
      &operation, dnnl_convolution_direct, c->source, c->weights, c->bias, c->output, strides,
      c->before, c->after);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

/* Max pooling over pool x pool windows that do not overlap. */
static inline dnnl_status_t ls_dnnl_pool_forward(const ls_dnnl_maker *m, int pool,
                                                 ls_dnnl_const_layout source,
                                                 ls_dnnl_const_layout output,
                                                 dnnl_primitive_desc_t *made) {
  const dnnl_dims_t window = {pool, pool}, none = {0, 0};
#if LS_DNNL_3
  return dnnl_pooling_forward_primitive_desc_create(made, m->engine, dnnl_forward_training,
                                                    dnnl_pooling_max, source, output, window,
                                                    window, none, none, none, m->attributes);
#else
  dnnl_pooling_v2_desc_t operation;
  dnnl_status_t status =
      dnnl_pooling_v2_forward_desc_init(&operation, dnnl_forward_training, dnnl_pooling_max, source,
                                        output, window, window, none, none, none);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

static inline dnnl_status_t ls_dnnl_pool_backward(const ls_dnnl_maker *m, int pool,
                                                  ls_dnnl_const_layout source,
                                                  ls_dnnl_const_layout output,
                                                  dnnl_primitive_desc_t *made) {
  const dnnl_dims_t window = {pool, pool}, none = {0, 0};
#if LS_DNNL_3
  return dnnl_pooling_backward_primitive_desc_create(made, m->engine, dnnl_pooling_max, source,
                                                     output, window, window, none, none, none,
                                                     m->hint, m->attributes);
#else
  dnnl_pooling_v2_desc_t operation;
  dnnl_status_t status = dnnl_pooling_v2_backward_desc_init(
      &operation, dnnl_pooling_max, source, output, window, window, none, none, none);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

/* ELU (alpha 1) in place; backward reads the output. */
static inline dnnl_status_t ls_dnnl_elu_forward(const ls_dnnl_maker *m, ls_dnnl_const_layout layout,
                                                dnnl_primitive_desc_t *made) {
  const dnnl_alg_kind_t elu = dnnl_eltwise_elu_use_dst_for_bwd;
#if LS_DNNL_3
  return dnnl_eltwise_forward_primitive_desc_create(made, m->engine, dnnl_forward_training, elu,
                                                    layout, layout, 1, 0, m->attributes);
#else
  dnnl_eltwise_desc_t operation;
  dnnl_status_t status =
      dnnl_eltwise_forward_desc_init(&operation, dnnl_forward_training, elu, layout, 1, 0);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

static inline dnnl_status_t ls_dnnl_elu_backward(const ls_dnnl_maker *m,
                                                 ls_dnnl_const_layout layout,
                                                 dnnl_primitive_desc_t *made) {
  const dnnl_alg_kind_t elu = dnnl_eltwise_elu_use_dst_for_bwd;
#if LS_DNNL_3
  return dnnl_eltwise_backward_primitive_desc_create(made, m->engine, elu, layout, layout, layout,
                                                     1, 0, m->hint, m->attributes);
#else
  dnnl_eltwise_desc_t operation;
  dnnl_status_t status = dnnl_eltwise_backward_desc_init(&operation, elu, layout, layout, 1, 0);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

/* Appends an ELU (alpha 1) to what a primitive with these attributes computes. */
static inline dnnl_status_t ls_dnnl_append_elu(dnnl_primitive_attr_t attributes) {
  dnnl_post_ops_t operations;
  dnnl_status_t status = dnnl_post_ops_create(&operations);
  if (status != dnnl_success) return status;
#if LS_DNNL_3
  status = dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_elu, 1, 0);
#else
  status = dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_elu, 1, 0);
#endif
  if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(attributes, operations);
  dnnl_post_ops_destroy(operations);
  return status;
}

/* Dense layer: source {1, inputs}, weights {outputs, inputs}, bias {outputs}, output {1, outputs}.
 */
typedef struct ls_dnnl_dense {
  ls_dnnl_const_layout source, weights, bias, output;
} ls_dnnl_dense;

static inline dnnl_status_t ls_dnnl_dense_forward(const ls_dnnl_maker *m, const ls_dnnl_dense *d,
                                                  dnnl_primitive_desc_t *made) {
#if LS_DNNL_3
  return dnnl_inner_product_forward_primitive_desc_create(made, m->engine, dnnl_forward_training,
                                                          d->source, d->weights, d->bias, d->output,
                                                          m->attributes);
#else
  dnnl_inner_product_desc_t operation;
  dnnl_status_t status = dnnl_inner_product_forward_desc_init(
      &operation, dnnl_forward_training, d->source, d->weights, d->bias, d->output);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

static inline dnnl_status_t ls_dnnl_dense_backward_data(const ls_dnnl_maker *m,
                                                        const ls_dnnl_dense *d,
                                                        dnnl_primitive_desc_t *made) {
#if LS_DNNL_3
  return dnnl_inner_product_backward_data_primitive_desc_create(
      made, m->engine, d->source, d->weights, d->output, m->hint, m->attributes);
#else
  dnnl_inner_product_desc_t operation;
  dnnl_status_t status =
      dnnl_inner_product_backward_data_desc_init(&operation, d->source, d->weights, d->output);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

static inline dnnl_status_t ls_dnnl_dense_backward_weights(const ls_dnnl_maker *m,
                                                           const ls_dnnl_dense *d,
                                                           dnnl_primitive_desc_t *made) {
#if LS_DNNL_3
  return dnnl_inner_product_backward_weights_primitive_desc_create(
      made, m->engine, d->source, d->weights, d->bias, d->output, m->hint, m->attributes);
#else
  dnnl_inner_product_desc_t operation;
  dnnl_status_t status = dnnl_inner_product_backward_weights_desc_init(
      &operation, d->source, d->weights, d->bias, d->output);
  return ls_dnnl_finish(m, status, &operation, made);
#endif
}

#endif
