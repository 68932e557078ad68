/* A dense layer as an operator. Input and output are maps; the output is a map of one pixel. */
#include "backends/cuda/dense.h"
#include "backends/cuda/operators.h"
#include "backends/cuda/pool.h"
extern "C" {
#include "backends/cuda/work.h"
}

#include <new>

namespace LS_CUDA_NAMESPACE {
namespace {

struct dense_layer {
  ls_operator base;
  device *d;
  ls_dense_shape shape;
  dense_size size;
  float *weights, *bias;
};

map input_map(const dense_layer *self, const void *block) {
  return map_at(self->shape.rows, self->shape.columns, self->shape.channels, block);
}

map output_map(const dense_layer *self, const void *block) {
  return map_at(1, 1, self->shape.outputs, block);
}

size_t weight_bytes(const dense_layer *self) {
  return (size_t)self->size.inputs * (size_t)self->size.outputs * sizeof(float);
}

size_t bias_bytes(const dense_layer *self) {
  return (size_t)self->size.outputs * sizeof(float);
}

ls_status set_weights(ls_operator *op, const float *kernel, const float *bias, ls_error *error) {
  dense_layer *self = (dense_layer *)op;
  LS_TRY(device_write(self->d, self->weights, kernel, weight_bytes(self), error));
  return device_write(self->d, self->bias, bias, bias_bytes(self), error);
}

ls_status forward(ls_operator *op, const void *input, void *output, void *, void *workspace,
                  ls_error *error) {
  dense_layer *self = (dense_layer *)op;
  LS_TRY(use(self->d, error));
  return launch_dense_forward(self->d, self->size, input_map(self, input), self->weights,
                              self->bias, (float *)workspace, output_map(self, output), error);
}

ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient, void *,
                   void *input_gradient, float *kernel_gradient, float *bias_gradient, void *,
                   ls_error *error) {
  dense_layer *self = (dense_layer *)op;
  map dx = input_map(self, input_gradient);
  LS_TRY(use(self->d, error));
  LS_TRY(launch_dense_backward(self->d, self->size, input_map(self, input), self->weights,
                               output_map(self, output), output_map(self, output_gradient),
                               input_gradient ? &dx : nullptr, kernel_gradient, bias_gradient,
                               error));
  LS_TRY(mark_written(self->d, kernel_gradient, weight_bytes(self), error));
  return mark_written(self->d, bias_gradient, bias_bytes(self), error);
}

ls_status export_output(const ls_operator *op, const void *output, float *plain, ls_error *error) {
  const dense_layer *self = (const dense_layer *)op;
  return device_read(self->d, output_map(self, output).values, plain, bias_bytes(self), error);
}

ls_status import_output(const ls_operator *op, const float *plain, void *output, ls_error *error) {
  const dense_layer *self = (const dense_layer *)op;
  map y = output_map(self, output);
  LS_TRY(device_write(self->d, y.values, plain, bias_bytes(self), error));
  return launch_all_active(self->d, y, error);
}

void destroy(ls_operator *op) {
  dense_layer *self = (dense_layer *)op;
  if (!self) return;
  device_release(self->d, self->weights);
  device_release(self->d, self->bias);
  delete self;
}

const char *describe(const ls_operator *) {
  return "rows";
}

const ls_operator_functions functions = {set_weights,   forward,  backward, export_output,
                                         import_output, describe, destroy};

} // namespace

ls_status dense_new(ls_device *opened, const ls_dense_shape *shape, const ls_operator_place *,
                    ls_operator **op, ls_error *error) {
  *op = nullptr;
  dense_layer *self = new (std::nothrow) dense_layer();
  if (!self) return ls_fail(error, LS_MEMORY, "no memory for a dense layer");
  int inputs = shape->rows * shape->columns * shape->channels, parts = ls_cuda_dense_parts(shape);
  self->base.functions = &functions;
  self->d = device_of(opened);
  self->shape = *shape;
  self->size = {inputs, shape->outputs, shape->elu, parts, (inputs + parts - 1) / parts};
  self->base.sizes.output = map_bytes(1, 1, shape->outputs);
  self->base.sizes.workspace = (size_t)parts * bias_bytes(self);
  ls_status status =
      device_allocate(self->d, (void **)&self->weights, weight_bytes(self), "weights", error);
  if (status == LS_OK)
    status = device_allocate(self->d, (void **)&self->bias, bias_bytes(self), "weights", error);
  if (status != LS_OK) {
    destroy(&self->base);
    return status;
  }
  *op = &self->base;
  return LS_OK;
}

} // namespace LS_CUDA_NAMESPACE
