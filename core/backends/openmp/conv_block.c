/* A conv block as an operator: which kernels take it, and what its blocks of memory hold.
 *
 * output, and its gradient: a map (map.h). saved: argmax, one byte for each output value, then for
 * the first block the places of the rows in a sparse image (source.h). */
#include "backends/openmp/general.h"
#include "backends/openmp/openmp.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fits_kernels(const ls_conv_block_shape *shape, int first) {
  return shape->kernel == 5 && shape->pool == 5 && shape->out_channels <= LS_OPENMP_MOST_OUT &&
         (first || shape->in_channels <= LS_OPENMP_MOST_IN);
}

static size_t argmax_bytes(const ls_conv_block_shape *s) {
  size_t bytes = (size_t)(s->height / s->pool) * (size_t)(s->width / s->pool) * s->out_channels;
  return (bytes + LS_ALIGNMENT - 1) / LS_ALIGNMENT * LS_ALIGNMENT;
}

static ls_openmp_map output_map(const ls_openmp_conv *conv, void *block) {
  const ls_conv_block_shape *s = &conv->shape;
  return ls_openmp_map_at(s->height / s->pool, s->width / s->pool, s->out_channels, block);
}

/* The part of the output that is computed. */
static ls_openmp_map computed_map(const ls_openmp_conv *conv, void *block) {
  ls_openmp_map map = output_map(conv, block);
  map.rows = conv->rows;
  map.columns = conv->columns;
  return map;
}

static ls_openmp_map input_map(const ls_openmp_conv *conv, void *block) {
  const ls_conv_block_shape *s = &conv->shape;
  return ls_openmp_map_at(s->height, s->width, s->in_channels, block);
}

static ls_openmp_source source(const ls_openmp_conv *conv, const void *input, void *saved,
                               int index) {
  if (conv->first)
    return ls_openmp_source_image(input, (char *)saved + argmax_bytes(&conv->shape), index);
  return ls_openmp_source_map(input_map(conv, (void *)input));
}

/* Of a block's weights: by all threads, as an update waits for it. */
static int finite_weights(const float *kernel, size_t count, int threads) {
  enum { PART = 1 << 14 };
  int finite = 1, parts = (int)((count + PART - 1) / PART);
  (void)threads; /* a build without OpenMP */
#pragma omp parallel for num_threads(threads) schedule(static) reduction(& : finite)
  for (int i = 0; i < parts; i++) {
    size_t first = (size_t)i * PART;
    finite &= ls_openmp_finite(kernel + first, count - first < PART ? count - first : PART);
  }
  return finite;
}

static ls_status set_weights(ls_operator *op, const float *kernel, const float *bias,
                             ls_error *error) {
  (void)error;
  ls_openmp_conv *conv = (ls_openmp_conv *)op;
  const ls_conv_block_shape *s = &conv->shape;
  conv->kernel = kernel;
  conv->bias = bias;
  if (!conv->fast) return LS_OK;
  size_t count = (size_t)LS_OPENMP_TAPS * (size_t)s->in_channels * (size_t)s->out_channels;
  conv->finite = finite_weights(kernel, count, conv->threads) &&
                 ls_openmp_finite(bias, (size_t)s->out_channels);
  conv->constant_known = 0;
  memcpy(conv->packed_bias, bias, (size_t)s->out_channels * sizeof *bias);
  if (conv->first)
    ls_openmp_first_pack(conv);
  else
    ls_openmp_later_pack(conv);
  return LS_OK;
}

static ls_status forward(ls_operator *op, const void *input, void *output, void *saved,
                         void *workspace, ls_error *error) {
  (void)error;
  ls_openmp_conv *conv = (ls_openmp_conv *)op;
  ls_openmp_call call = {.input = source(conv, input, saved, 1),
                         .output = computed_map(conv, output),
                         .argmax = saved,
                         .workspace = workspace};
  int done = 0;
  if (conv->fast && conv->finite) {
    if (conv->first)
      done = ls_openmp_first_forward(conv, &call);
    else if (call.input.map.form->finite) {
      ls_openmp_later_forward(conv, &call);
      done = 1;
    }
  }
  if (!done)
    ls_openmp_general_forward(&conv->shape, conv->threads, &call.input, conv->kernel, conv->bias,
                              &call.output, call.argmax, workspace);
  return LS_OK;
}

static ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                          void *saved, void *input_gradient, float *kernel_gradient,
                          float *bias_gradient, void *workspace, ls_error *error) {
  (void)error;
  ls_openmp_conv *conv = (ls_openmp_conv *)op;
  ls_openmp_call call = {.input = source(conv, input, saved, 0),
                         .output = computed_map(conv, output),
                         .output_gradient = computed_map(conv, output_gradient),
                         .want_input_gradient = input_gradient != NULL,
                         .argmax = saved,
                         .workspace = workspace,
                         .kernel_gradient = kernel_gradient,
                         .bias_gradient = bias_gradient};
  if (input_gradient) call.input_gradient = input_map(conv, input_gradient);
  /* After a forward pass in plain loops, which NaN or infinity may have asked for, the output is
   * dense while the input may be sparse: the fast kernels know the two in one form only. */
  int mixed = !conv->first && call.input.map.form->sparse && !call.output.form->sparse;
  if (!conv->fast || mixed)
    ls_openmp_general_backward(&conv->shape, conv->threads, &call.input, conv->kernel, &call.output,
                               call.argmax, &call.output_gradient,
                               input_gradient ? &call.input_gradient : NULL, kernel_gradient,
                               bias_gradient, workspace);
  else if (conv->first)
    ls_openmp_first_backward(conv, &call);
  else
    ls_openmp_later_backward(conv, &call);
  return LS_OK;
}

static ls_status export_output(const ls_operator *op, const void *output, float *plain,
                               ls_error *error) {
  (void)error;
  const ls_openmp_conv *conv = (const ls_openmp_conv *)op;
  ls_openmp_map map = output_map(conv, (void *)output);
  ls_openmp_map_export(&map, plain);
  return LS_OK;
}

static ls_status import_output(const ls_operator *op, const float *plain, void *output,
                               ls_error *error) {
  (void)error;
  const ls_openmp_conv *conv = (const ls_openmp_conv *)op;
  ls_openmp_map map = output_map(conv, output);
  ls_openmp_map_import(&map, plain);
  return LS_OK;
}

static const char *describe(const ls_operator *op) {
  return ((const ls_openmp_conv *)op)->description;
}

static void destroy(ls_operator *op) {
  if (!op) return;
  ls_openmp_conv *conv = (ls_openmp_conv *)op;
  float *const blocks[] = {conv->filters,          conv->spread_filters, conv->backward_filters,
                           conv->winograd_filters, conv->tap_sums,       conv->packed_bias,
                           conv->constant_input,   conv->constant,       conv->background};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ls_free(blocks[i]);
  free(conv);
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

static void describe_kernels(ls_openmp_conv *conv) {
  static const char *const skips[] = {"shortcut", "exact", "off"};
  if (conv->fast)
    snprintf(conv->description, sizeof conv->description, "%s %s, skip %s",
             conv->winograd ? "winograd-1d" : "direct", conv->kernels->name, skips[conv->skip]);
  else
    snprintf(conv->description, sizeof conv->description, "general");
}

static void set_sizes(ls_openmp_conv *conv) {
  const ls_conv_block_shape *s = &conv->shape;
  ls_operator_sizes *sizes = &conv->base.sizes;
  sizes->output = ls_openmp_map_bytes(s->height / s->pool, s->width / s->pool, s->out_channels);
  sizes->saved = argmax_bytes(s);
  if (conv->first) sizes->saved += ls_openmp_row_start_bytes(s->height, s->in_channels);
  sizes->workspace = ls_openmp_general_workspace(s, conv->threads);
  if (!conv->fast) return;
  size_t fast = conv->first ? ls_openmp_first_workspace(conv) : ls_openmp_later_workspace(conv);
  if (fast > sizes->workspace) sizes->workspace = fast;
  fast = conv->winograd && !conv->first ? ls_openmp_winograd_workspace(conv) : 0;
  if (fast > sizes->workspace) sizes->workspace = fast;
}

ls_status ls_openmp_conv_new(ls_device *device, const ls_conv_block_shape *shape,
                             const ls_operator_place *place, ls_operator **op, ls_error *error) {
  *op = NULL;
  ls_openmp_conv *conv = calloc(1, sizeof *conv);
  if (!conv) return ls_fail(error, LS_MEMORY, "backend openmp: no memory for a conv block");
  conv->base.functions = &functions;
  conv->kernels = device->kernels;
  conv->shape = *shape;
  conv->threads = device->threads;
  conv->first = place->first;
  conv->rows = place->read_rows ? place->read_rows : shape->height / shape->pool;
  conv->columns = place->read_columns ? place->read_columns : shape->width / shape->pool;
  conv->fast = fits_kernels(shape, place->first);
  conv->skip = device->skip;
  conv->winograd = device->winograd;
  describe_kernels(conv);
  set_sizes(conv);
  ls_status status = LS_OK;
  if (conv->fast)
    status = place->first ? ls_openmp_first_allocate(conv, error)
                          : ls_openmp_later_allocate(conv, error);
  if (status != LS_OK) {
    destroy(&conv->base);
    return status;
  }
  *op = &conv->base;
  return LS_OK;
}
