/* Variant literal: what a framework does. Convolution with bias and ELU, max-pool, over the whole
 * image, each with the library's own threads; backward through pool, ELU on the conv output, and
 * convolution.
 *
 * Layouts are the fastest of those that a framework can choose: nhwc, but for the conv output of
 * a one-plane image, which is nChw16c (and its pooled values are put back into nhwc).
 *
 * The library's ELU and max-pooling lose NaN. Whether there can be one is known before: if the
 * largest input and weight are so small that no sum can overflow, there is none. Otherwise the
 * plain convolution is followed by loops of our own; they are slow, and right. */
#include "backends/onednn/literal.h"

#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const step_names[] = {
    [CONV] = "conv",        [PLAIN_CONV] = "",       [POOL] = "pool",
    [POOLED_TO_NHWC] = "",  [POOLED_FROM_NHWC] = "", [POOL_BACKWARD] = "pool backward",
    [ELU_BACKWARD] = "elu", [WEIGHTS] = "weights",   [SOURCE] = "source",
    [PACK_FORWARD] = "",    [PACK_SOURCE] = "",      [UNPACK] = "",
};

void ls_onednn_literal_describe(literal *self) {
  for (int i = 0; i < STEPS; i++) {
    size_t used = strlen(self->description);
    if (self->steps[i].primitive && *step_names[i])
      snprintf(self->description + used, sizeof self->description - used, "%s%s %s",
               used ? ", " : "", step_names[i], self->steps[i].implementation);
  }
}

/* Largest magnitude, as bits: those of infinity and NaN are larger than any number's. */
static uint32_t largest(const literal *self, size_t count, const float *values) {
  enum { CHUNK = 1 << 16 };
  uint32_t most = 0;
#pragma omp parallel for num_threads(self->device->threads) reduction(max : most)
  for (size_t i = 0; i < count; i += CHUNK) {
    size_t left = count - i < CHUNK ? count - i : CHUNK;
    uint32_t bits = self->device->lanes->largest(left, values + i);
    if (bits > most) most = bits;
  }
  return most;
}

static double magnitude(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return isfinite(value) ? (double)value : HUGE_VAL;
}

static size_t terms(const literal *self) {
  return (size_t)self->shape.kernel * self->shape.kernel * self->shape.in_channels;
}

/* 1 if every convolution of this input, and its bias added, is a finite number. */
static int certainly_finite(const literal *self, const float *input) {
  size_t pixels = (size_t)self->shape.height * self->shape.width;
  double most = magnitude(largest(self, pixels * self->shape.in_channels, input));
  if (most == HUGE_VAL) return 0; /* or else 0 * infinity below */
  return most * self->largest_weight * (double)terms(self) + self->largest_bias < FLT_MAX / 2;
}

static int run(const literal *self, literal_step step, const void *const *data, void *scratch) {
  return ls_onednn_run(&self->steps[step], 0, data, scratch);
}

static ls_status set_weights(ls_operator *op, const float *kernel, const float *bias,
                             ls_error *error) {
  literal *self = (literal *)op;
  self->bias = bias;
  size_t out = (size_t)self->shape.out_channels;
  self->largest_weight = magnitude(largest(self, terms(self) * out, kernel));
  self->largest_bias = magnitude(largest(self, out, bias));
  int before = ls_onednn_use_threads(self->device->threads);
  int failed = run(self, PACK_FORWARD, (const void *[]){kernel, self->packed_forward}, NULL);
  if (self->packed_source)
    failed |= run(self, PACK_SOURCE, (const void *[]){kernel, self->packed_source}, NULL);
  ls_onednn_use_threads(before);
  return ls_onednn_ran(failed, "packing weights", error);
}

/* Place of a value in a tensor of that height and width. */
static size_t place(const literal *self, int height, int width, int row, int column, int channel) {
  size_t pixel = (size_t)row * width + column;
  if (!self->blocked) return pixel * self->shape.out_channels + channel;
  size_t block = (size_t)(channel / LS_LANES) * height * width;
  return (block + pixel) * LS_LANES + channel % LS_LANES;
}

/* One window's first maximum; a NaN is a maximum. */
static int maximum(const literal *self, const float *conv, int row, int column, int channel,
                   float *most) {
  const ls_conv_block_shape *s = &self->shape;
  int where = 0;
  for (int i = 0; i < s->pool * s->pool; i++) {
    float value = conv[place(self, s->height, s->width, row * s->pool + i / s->pool,
                             column * s->pool + i % s->pool, channel)];
    if (i && !(value > *most || (isnan(value) && !isnan(*most)))) continue;
    *most = value;
    where = i;
  }
  return where;
}

/* ELU and max-pooling that keep NaN. */
static void finish_exactly(const literal *self, float *conv, float *pooled, uint8_t *argmax) {
  const ls_conv_block_shape *s = &self->shape;
  size_t count = self->conv_bytes / sizeof(float);
  size_t chunk = (size_t)s->width * LS_LANES;
#pragma omp parallel for num_threads(self->device->threads)
  for (size_t i = 0; i < count; i += chunk)
    self->device->lanes->elu(count - i < chunk ? count - i : chunk, conv + i);
#pragma omp parallel for num_threads(self->device->threads)
  for (int row = 0; row < self->rows; row++)
    for (int column = 0; column < self->columns; column++)
      for (int channel = 0; channel < s->out_channels; channel++) {
        size_t to = place(self, self->rows, self->columns, row, column, channel);
        argmax[to] = (uint8_t)maximum(self, conv, row, column, channel, &pooled[to]);
      }
}

static ls_status forward(ls_operator *op, const void *input, void *output, void *saved,
                         void *workspace, ls_error *error) {
  const literal *self = (const literal *)op;
  literal_saved s = ls_onednn_literal_saved(self, saved);
  literal_memory m = ls_onednn_literal_memory(self, workspace);
  float *pooled = self->blocked ? m.pooled : output;
  const void *conv[] = {input, self->packed_forward, self->bias, s.conv};
  const void *pool[] = {s.conv, pooled, s.argmax};
  int finite = certainly_finite(self, input);
  int before = ls_onednn_use_threads(self->device->threads);
  int failed = run(self, finite ? CONV : PLAIN_CONV, conv, m.scratch);
  if (finite)
    failed |= run(self, POOL, pool, m.scratch);
  else
    finish_exactly(self, s.conv, pooled, s.argmax);
  if (self->blocked)
    failed |= run(self, POOLED_TO_NHWC, (const void *[]){pooled, output}, m.scratch);
  ls_onednn_use_threads(before);
  return ls_onednn_ran(failed, "the forward pass of a conv block", error);
}

/* The library overwrites gradients: they are made in the workspace, then added. */
static int weights_gradient(const literal *self, const void *input, const literal_memory *m,
                            float *kernel_gradient, float *bias_gradient) {
  const void *weights[] = {input, m->conv, m->packed, m->bias};
  int failed = run(self, WEIGHTS, weights, m->scratch);
  failed |= run(self, UNPACK, (const void *[]){m->packed, m->plain}, m->scratch);
  size_t count = terms(self) * self->shape.out_channels;
  for (size_t i = 0; i < count; i++) kernel_gradient[i] += m->plain[i];
  for (int i = 0; i < self->shape.out_channels; i++) bias_gradient[i] += m->bias[i];
  return failed;
}

static ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                          void *saved, void *input_gradient, float *kernel_gradient,
                          float *bias_gradient, void *workspace, ls_error *error) {
  (void)output;
  const literal *self = (const literal *)op;
  literal_saved s = ls_onednn_literal_saved(self, saved);
  literal_memory m = ls_onednn_literal_memory(self, workspace);
  float *pooled = self->blocked ? m.pooled : output_gradient;
  int before = ls_onednn_use_threads(self->device->threads), failed = 0;
  if (self->blocked)
    failed |= run(self, POOLED_FROM_NHWC, (const void *[]){output_gradient, pooled}, m.scratch);
  failed |= run(self, POOL_BACKWARD, (const void *[]){pooled, s.argmax, m.conv}, m.scratch);
  failed |= run(self, ELU_BACKWARD, (const void *[]){s.conv, m.conv, m.conv}, m.scratch);
  failed |= weights_gradient(self, input, &m, kernel_gradient, bias_gradient);
  const void *source[] = {self->packed_source, m.conv, input_gradient};
  if (input_gradient) failed |= run(self, SOURCE, source, m.scratch);
  ls_onednn_use_threads(before);
  return ls_onednn_ran(failed, "the backward pass of a conv block", error);
}

static const char *describe(const ls_operator *op) {
  return ((const literal *)op)->description;
}

static void destroy(ls_operator *op) {
  if (!op) return;
  literal *self = (literal *)op;
  for (int i = 0; i < STEPS; i++) ls_onednn_primitive_destroy(&self->steps[i]);
  ls_free(self->packed_forward);
  ls_free(self->packed_source);
  free(self);
}

static const ls_operator_functions functions = {
    .set_weights = set_weights,
    .forward = forward,
    .backward = backward,
    .describe = describe,
    .destroy = destroy,
};

ls_status ls_onednn_literal_new(ls_device *device, const ls_conv_block_shape *shape, int first,
                                ls_operator **op, ls_error *error) {
  literal *self = calloc(1, sizeof *self);
  if (!self) return ls_fail(error, LS_MEMORY, "backend onednn: no memory for a conv block");
  self->base.functions = &functions;
  self->shape = *shape;
  self->device = device;
  ls_status status = ls_onednn_literal_plan(self, first, error);
  if (status != LS_OK) {
    destroy(&self->base);
    return status;
  }
  *op = &self->base;
  return LS_OK;
}
