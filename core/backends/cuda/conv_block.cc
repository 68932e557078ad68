/* A conv block as an operator: which kernels take it, and what its blocks of memory hold.
 *
 * output, and its gradient: a map (map.h). saved: argmax, one byte for each output value; then the
 * list of active windows. */
#include "backends/cuda/conv_block.h"

#include "backends/cuda/blocks.h"
#include "backends/cuda/general.h"
#include "backends/cuda/operators.h"
#include "backends/cuda/pool.h"
extern "C" {
#include "backends/cuda/work.h"
}

#include <cstdio>
#include <new>

namespace LS_CUDA_NAMESPACE {
namespace {

map output_map(const conv_block *self, const void *block) {
  const ls_conv_block_shape &s = self->shape;
  return map_at(s.height / s.pool, s.width / s.pool, s.out_channels, block);
}

map input_map(const conv_block *self, const void *block) {
  const ls_conv_block_shape &s = self->shape;
  return map_at(s.height, s.width, s.in_channels, block);
}

size_t bias_bytes(const conv_block *self) {
  return (size_t)self->shape.out_channels * sizeof(float);
}

ls_status set_weights(ls_operator *op, const float *kernel, const float *bias, ls_error *error) {
  conv_block *self = (conv_block *)op;
  LS_TRY(device_write(self->d, self->weights, kernel, weight_count(self->shape) * sizeof(float),
                      error));
  LS_TRY(device_write(self->d, self->bias, bias, bias_bytes(self), error));
  if (!self->fast) return LS_OK;
  return self->first ? launch_first_pack(self, error) : launch_later_pack(self, error);
}

size_t argmax_bytes(const conv_block *self) {
  const ls_conv_block_shape &s = self->shape;
  return aligned((size_t)(s.height / s.pool) * (size_t)(s.width / s.pool) * (size_t)s.out_channels);
}

ls_status find_input(conv_block *self, const void *input, void *saved, int anew, call *c,
                     ls_error *error) {
  LS_TRY(use(self->d, error));
  c->argmax = (unsigned char *)saved;
  c->list = (int *)(c->argmax + argmax_bytes(self));
  if (self->first)
    return image_input_send(self->input, (const ls_image *)input, saved, anew, &c->image, error);
  c->input = input_map(self, input);
  return LS_OK;
}

const float *pixels(const conv_block *self, const call &c) {
  return self->first ? c.image->pixels : c.input.values;
}

ls_status forward(ls_operator *op, const void *input, void *output, void *saved, void *workspace,
                  ls_error *error) {
  conv_block *self = (conv_block *)op;
  call c = {};
  LS_TRY(find_input(self, input, saved, 1, &c, error));
  c.output = output_map(self, output);
  c.workspace = (float *)workspace;
  if (!self->fast)
    LS_TRY(launch_general_forward(self->d, self->shape, pixels(self, c), self->weights, self->bias,
                                  c.output, c.argmax, error));
  else
    LS_TRY((self->first ? launch_first_forward : launch_later_forward)(self, &c, error));
  return self->first ? image_input_done(self->input, c.image, error) : LS_OK;
}

ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                   void *saved, void *input_gradient, float *kernel_gradient, float *bias_gradient,
                   void *workspace, ls_error *error) {
  conv_block *self = (conv_block *)op;
  call c = {};
  LS_TRY(find_input(self, input, saved, 0, &c, error));
  c.output = output_map(self, output);
  c.output_gradient = output_map(self, output_gradient);
  c.want_input_gradient = input_gradient != nullptr;
  if (input_gradient) c.input_gradient = input_map(self, input_gradient);
  c.workspace = (float *)workspace;
  c.kernel_gradient = kernel_gradient;
  c.bias_gradient = bias_gradient;
  LS_TRY(launch_before_pool(self->d, c.output, c.output_gradient, ls_cuda_sum_parts(&self->shape),
                            c.workspace, bias_gradient, self->hidden, error));
  if (!self->fast)
    LS_TRY(launch_general_backward(
        self->d, self->shape, pixels(self, c), self->weights, c.argmax, c.output_gradient,
        c.want_input_gradient ? &c.input_gradient : nullptr, kernel_gradient, error));
  else
    LS_TRY((self->first ? launch_first_backward : launch_later_backward)(self, &c, error));
  if (self->first) LS_TRY(image_input_done(self->input, c.image, error));
  LS_TRY(mark_written(self->d, kernel_gradient, weight_count(self->shape) * sizeof(float), error));
  return mark_written(self->d, bias_gradient, bias_bytes(self), error);
}

ls_status export_output(const ls_operator *op, const void *output, float *plain, ls_error *error) {
  const conv_block *self = (const conv_block *)op;
  map y = output_map(self, output);
  LS_TRY(use(self->d, error));
  LS_TRY(launch_fill_background(self->d, y, error));
  return device_read(self->d, y.values, plain, map_floats(y) * sizeof(float), error);
}

ls_status import_output(const ls_operator *op, const float *plain, void *output, ls_error *error) {
  const conv_block *self = (const conv_block *)op;
  map y = output_map(self, output);
  LS_TRY(device_write(self->d, y.values, plain, map_floats(y) * sizeof(float), error));
  return launch_all_active(self->d, y, error);
}

const char *describe(const ls_operator *op) {
  return ((const conv_block *)op)->description;
}

void destroy(ls_operator *op) {
  conv_block *self = (conv_block *)op;
  if (!self) return;
  image_input_free(self->input);
  void *const blocks[] = {self->weights,          self->bias,     self->hidden,
                          self->background,       self->tap_sums, self->known_input,
                          self->backward_filters, self->known};
  for (void *block : blocks) device_release(self->d, block);
  delete self;
}

const ls_operator_functions functions = {set_weights,   forward,  backward, export_output,
                                         import_output, describe, destroy};

ls_status allocate(conv_block *self, ls_error *error) {
  const ls_conv_block_shape &s = self->shape;
  const size_t in = (size_t)s.in_channels, out = (size_t)s.out_channels;
  const size_t later = self->fast && !self->first, padded = (in + PIXEL - 1) / PIXEL * PIXEL;
  const struct {
    float **block;
    size_t floats;
  } wanted[] = {{&self->weights, weight_count(s)},
                {&self->bias, out},
                {&self->hidden, out},
                {&self->background, out},
                {&self->backward_filters, later * padded * out * TAPS},
                {&self->tap_sums, later * in * out},
                {&self->known_input, later * in},
                {(float **)(void *)&self->known, later}};
  for (auto &w : wanted)
    if (w.floats)
      LS_TRY(
          device_allocate(self->d, (void **)w.block, w.floats * sizeof(float), "weights", error));
  if (!self->first) return LS_OK;
  return image_input_new(self->d, s.height, s.width, s.in_channels, &self->input, error);
}

} // namespace

static void set_sizes(conv_block *self) {
  const ls_conv_block_shape &s = self->shape;
  const int rows = s.height / s.pool, columns = s.width / s.pool;
  const size_t sums = (size_t)ls_cuda_sum_parts(&s) * 2 * (size_t)s.out_channels;
  const size_t fast = !self->fast ? 0 : self->first ? first_workspace(self) : later_workspace(self);
  self->base.sizes.output = map_bytes(rows, columns, s.out_channels);
  self->base.sizes.saved = argmax_bytes(self) + ((size_t)rows * (size_t)columns + 1) * sizeof(int);
  self->base.sizes.workspace = (sums > fast ? sums : fast) * sizeof(float);
}

ls_status conv_new(ls_device *opened, const ls_conv_block_shape *shape,
                   const ls_operator_place *place, ls_operator **op, ls_error *error) {
  *op = nullptr;
  conv_block *self = new (std::nothrow) conv_block();
  if (!self) return ls_fail(error, LS_MEMORY, "no memory for a conv block");
  self->base.functions = &functions;
  self->d = device_of(opened);
  self->shape = *shape;
  self->first = place->first;
  self->fast = ls_cuda_is_fast(shape) && (!place->first || shape->in_channels <= LS_MAX_PLANES);
  if (self->fast)
    snprintf(self->description, sizeof self->description, "direct, skip %s",
             self->d->skip ? "exact" : "off");
  else
    snprintf(self->description, sizeof self->description, "general");
  set_sizes(self);
  ls_status status = allocate(self, error);
  if (status != LS_OK) {
    destroy(&self->base);
    return status;
  }
  *op = &self->base;
  return LS_OK;
}

} // namespace LS_CUDA_NAMESPACE
