#include "backends/onednn/strips.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static int smaller(int a, int b) {
  return a < b ? a : b;
}
static int larger(int a, int b) {
  return a > b ? a : b;
}

ls_onednn_strip ls_onednn_strip_at(const ls_onednn_pass *pass, int number) {
  const ls_conv_block_shape *s = &pass->shape;
  int half = s->kernel / 2, rows = s->height / s->pool * s->pool;
  int step = pass->strip_rows * s->pool, from = number * step, to = smaller(from + step, rows);
  ls_onednn_strip strip = {.source_row = larger(0, from - half), .output_row = from};
  int source_end = smaller(s->height, to + half), output_end = to;
  if (pass->product == LS_ONEDNN_SOURCE) {
    strip.source_row = from;
    strip.output_row = larger(0, from - half);
    if (to < rows) source_end = to;
    output_end = smaller(rows, to + half);
  }
  strip.source_rows = source_end - strip.source_row;
  strip.output_rows = output_end - strip.output_row;
  /* Source rows before the strip's that its first output would need, and so at the end. */
  strip.above = strip.source_row - (strip.output_row - half);
  strip.below = output_end + half - source_end;
  return strip;
}

static int same_kind(const ls_onednn_strip *a, const ls_onednn_strip *b) {
  return a->source_rows == b->source_rows && a->output_rows == b->output_rows &&
         a->above == b->above && a->below == b->below;
}

const ls_onednn_primitive *ls_onednn_strip_primitive(const ls_onednn_pass *pass,
                                                     const ls_onednn_strip *strip) {
  int kind = 0;
  while (kind + 1 < pass->kinds && !same_kind(&pass->kind[kind], strip)) kind++;
  return &pass->primitives[kind];
}

/* The layouts of one kind of strip, owned. */
typedef struct layouts {
  ls_dnnl_layout source, weights, output;
} layouts;

static void layouts_destroy(layouts *l) {
  ls_dnnl_layout_free(l->source);
  ls_dnnl_layout_free(l->weights);
  ls_dnnl_layout_free(l->output);
}

static dnnl_status_t layouts_init(layouts *l, const ls_onednn_pass *pass,
                                  const ls_onednn_strip *strip) {
  const ls_conv_block_shape *s = &pass->shape;
  const dnnl_dims_t source = {1, s->in_channels, strip->source_rows, s->width};
  const dnnl_dims_t weights = {pass->channels, s->in_channels, s->kernel, s->kernel};
  const dnnl_dims_t output = {1, pass->channels, strip->output_rows, s->width};
  *l = (layouts){0};
  dnnl_status_t status = ls_dnnl_layout_new(&l->source, 4, source, dnnl_nhwc);
  if (status == dnnl_success)
    status = ls_dnnl_layout_new(&l->weights, 4, weights, dnnl_format_tag_any);
  if (status == dnnl_success) status = ls_dnnl_layout_new(&l->output, 4, output, dnnl_nhwc);
  return status;
}

static const int product_arguments[][4] = {
    [LS_ONEDNN_FORWARD] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, 0},
    [LS_ONEDNN_WEIGHTS] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, 0},
    [LS_ONEDNN_SOURCE] = {DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_SRC, 0},
};

static ls_status make(ls_onednn_pass *pass, ls_device *device, int kind, const layouts *l,
                      ls_error *error) {
  const ls_onednn_strip *strip = &pass->kind[kind];
  int half = pass->shape.kernel / 2;
  int weights = pass->product == LS_ONEDNN_WEIGHTS ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS;
  ls_dnnl_convolution conv = {.source = l->source,
                              .weights = l->weights,
                              .output = l->output,
                              .before = {strip->above, half},
                              .after = {strip->below, half}};
  ls_dnnl_maker maker = {.engine = device->engine, .attributes = device->attributes};
  dnnl_primitive_desc_t hint = NULL, description = NULL;
  dnnl_status_t made = dnnl_success;
  if (pass->product != LS_ONEDNN_FORWARD) made = ls_dnnl_convolution_forward(&maker, &conv, &hint);
  maker.hint = hint;
  if (kind > 0) conv.weights = ls_onednn_layout(&pass->primitives[0], weights);
  if (made == dnnl_success && pass->product == LS_ONEDNN_FORWARD)
    made = ls_dnnl_convolution_forward(&maker, &conv, &description);
  else if (made == dnnl_success && pass->product == LS_ONEDNN_WEIGHTS)
    made = ls_dnnl_convolution_backward_weights(&maker, &conv, &description);
  else if (made == dnnl_success)
    made = ls_dnnl_convolution_backward_data(&maker, &conv, &description);
  if (hint) dnnl_primitive_desc_destroy(hint);
  return ls_onednn_primitive_new(&pass->primitives[kind], device, device->threads, made,
                                 description, product_arguments[pass->product], "convolution",
                                 error);
}

static ls_status make_kind(ls_onednn_pass *pass, ls_device *device, int kind, ls_error *error) {
  layouts l;
  dnnl_status_t status = layouts_init(&l, pass, &pass->kind[kind]);
  ls_status made = LS_OK;
  if (status == dnnl_success)
    made = make(pass, device, kind, &l, error);
  else
    made = ls_fail(error, LS_UNAVAILABLE, "backend onednn: no layout (status %d)", (int)status);
  layouts_destroy(&l);
  return made;
}

ls_status ls_onednn_pass_new(ls_onednn_pass *pass, ls_device *device, ls_onednn_product product,
                             const ls_conv_block_shape *shape, int channels, int strip_rows,
                             ls_error *error) {
  *pass = (ls_onednn_pass){
      .product = product, .shape = *shape, .channels = channels, .strip_rows = strip_rows};
  pass->strips = (shape->height / shape->pool + strip_rows - 1) / strip_rows;
  for (int i = 0; i < pass->strips; i++) {
    ls_onednn_strip strip = ls_onednn_strip_at(pass, i);
    int kind = 0;
    while (kind < pass->kinds && !same_kind(&pass->kind[kind], &strip)) kind++;
    if (kind < pass->kinds) continue;
    if (kind == LS_ONEDNN_MOST_KINDS)
      return ls_fail(error, LS_UNAVAILABLE, "backend onednn: strips of %d rows are too low for %d",
                     strip_rows, shape->kernel);
    pass->kind[pass->kinds++] = strip;
    LS_TRY(make_kind(pass, device, kind, error));
  }
  return LS_OK;
}

void ls_onednn_pass_destroy(ls_onednn_pass *pass) {
  for (int i = 0; i < pass->kinds; i++) ls_onednn_primitive_destroy(&pass->primitives[i]);
}

size_t ls_onednn_pass_scratch(const ls_onednn_pass *pass) {
  size_t most = 0;
  for (int i = 0; i < pass->kinds; i++)
    if (pass->primitives[i].scratch > most) most = pass->primitives[i].scratch;
  return most;
}

int ls_onednn_pass_output_rows(const ls_onednn_pass *pass) {
  int most = 0;
  for (int i = 0; i < pass->kinds; i++) most = larger(most, pass->kind[i].output_rows);
  return most;
}

void ls_onednn_pass_describe(const ls_onednn_pass *pass, const char *name, char *text,
                             size_t length) {
  ls_text_add_name(text, length, name);
  for (int i = 0; i < pass->kinds; i++) {
    const char *kernel = pass->primitives[i].implementation;
    int told = 0;
    for (int j = 0; j < i; j++) told |= !strcmp(kernel, pass->primitives[j].implementation);
    size_t used = strlen(text);
    if (!told) snprintf(text + used, length - used, " %s", kernel);
  }
}
