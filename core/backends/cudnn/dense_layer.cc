/* A dense layer: matrix and vector by cuBLAS, bias and ELU as a framework does them.
 *
 * Weights are [inputs][outputs], to cuBLAS a matrix of outputs x inputs. After a conv block the
 * input comes as [channel][row][column] and is put into the order of the weights, [row][column]
 * [channel], first. saved: the sums before ELU, and the image if it is the first layer. */
#include "backends/cudnn/context.h"

#include <new>

namespace LS_CUDA_NAMESPACE {
namespace library {
namespace {

struct dense_layer {
  ls_operator base;
  context *c;
  ls_dense_shape shape;
  int inputs, first, reorders;
  tensor_descriptor x, x_plain, y;
  elu_descriptor elu;
  float *weights, *bias;
};

size_t weight_bytes(const dense_layer *self) {
  return (size_t)self->inputs * (size_t)self->shape.outputs * sizeof(float);
}

size_t input_bytes(const dense_layer *self) {
  return (size_t)self->inputs * sizeof(float);
}

size_t output_bytes(const dense_layer *self) {
  return (size_t)self->shape.outputs * sizeof(float);
}

float *image_of(const dense_layer *self, void *saved) {
  return (float *)saved + aligned(output_bytes(self)) / sizeof(float);
}

ls_status set_weights(ls_operator *op, const float *kernel, const float *bias, ls_error *error) {
  dense_layer *self = (dense_layer *)op;
  LS_TRY(device_write(self->c->d, self->weights, kernel, weight_bytes(self), error));
  return device_write(self->c->d, self->bias, bias, output_bytes(self), error);
}

/* The input in the order of the weights: as it is, or put there in the workspace. */
ls_status order_input(dense_layer *self, const void *input, void *workspace, const float **x,
                      ls_error *error) {
  *x = (const float *)input;
  if (!self->reorders) return LS_OK;
  *x = (const float *)workspace;
  return check(
      cudnnTransformTensor(self->c->cudnn, &one, self->x, input, &zero, self->x_plain, workspace),
      "order of the input", error);
}

ls_status forward(ls_operator *op, const void *input, void *output, void *saved, void *workspace,
                  ls_error *error) {
  dense_layer *self = (dense_layer *)op;
  context *c = self->c;
  const int n = self->shape.outputs;
  const float *x;
  float *z = (float *)(self->shape.elu ? saved : output);
  LS_TRY(use(c->d, error));
  if (self->first) {
    float *image = image_of(self, saved);
    LS_TRY(device_write(c->d, image, input, input_bytes(self), error));
    input = image;
  }
  LS_TRY(order_input(self, input, workspace, &x, error));
  LS_TRY(check(cublasSgemv(c->cublas, CUBLAS_OP_N, n, self->inputs, &one, self->weights, n, x, 1,
                           &zero, z, 1),
               "matrix and vector", error));
  LS_TRY(
      check(cudnnAddTensor(c->cudnn, &one, self->y, self->bias, &one, self->y, z), "bias", error));
  if (self->shape.elu)
    LS_TRY(
        check(cudnnActivationForward(c->cudnn, self->elu, &one, self->y, z, &zero, self->y, output),
              "ELU", error));
  return mark_written(c->d, output, output_bytes(self), error);
}

/* The gradient of the input, from the weights' order into the input's. */
ls_status gradient_of_input(dense_layer *self, const float *z_gradient, void *input_gradient,
                            void *workspace, ls_error *error) {
  context *c = self->c;
  const int n = self->shape.outputs;
  float *dx = (float *)(self->reorders ? workspace : input_gradient);
  LS_TRY(check(cublasSgemv(c->cublas, CUBLAS_OP_T, n, self->inputs, &one, self->weights, n,
                           z_gradient, 1, &zero, dx, 1),
               "gradient of the input", error));
  if (self->reorders)
    LS_TRY(check(
        cudnnTransformTensor(c->cudnn, &one, self->x_plain, dx, &zero, self->x, input_gradient),
        "order of the input's gradient", error));
  return mark_written(c->d, input_gradient, input_bytes(self), error);
}

ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                   void *saved, void *input_gradient, float *kernel_gradient, float *bias_gradient,
                   void *workspace, ls_error *error) {
  dense_layer *self = (dense_layer *)op;
  context *c = self->c;
  const int n = self->shape.outputs;
  const float *x;
  float *g = (float *)output_gradient;
  LS_TRY(use(c->d, error));
  if (self->shape.elu)
    LS_TRY(check(cudnnActivationBackward(c->cudnn, self->elu, &one, self->y, output, self->y, g,
                                         self->y, saved, &zero, self->y, g),
                 "gradient of ELU", error));
  LS_TRY(check(cublasSaxpy(c->cublas, n, &one, g, 1, bias_gradient, 1), "gradient of the bias",
               error));
  LS_TRY(order_input(self, self->first ? image_of(self, saved) : input, workspace, &x, error));
  LS_TRY(check(cublasSger(c->cublas, n, self->inputs, &one, g, 1, x, 1, kernel_gradient, n),
               "gradient of the weights", error));
  LS_TRY(mark_written(c->d, kernel_gradient, weight_bytes(self), error));
  LS_TRY(mark_written(c->d, bias_gradient, output_bytes(self), error));
  return input_gradient ? gradient_of_input(self, g, input_gradient, workspace, error) : LS_OK;
}

const char *describe(const ls_operator *op) {
  return ((const dense_layer *)op)->c->tf32 ? "tf32: gemv" : "float32: gemv";
}

void destroy(ls_operator *op) {
  dense_layer *self = (dense_layer *)op;
  if (!self) return;
  if (self->weights) device_release(self->c->d, self->weights);
  if (self->bias) device_release(self->c->d, self->bias);
  delete self;
}

const ls_operator_functions functions = {set_weights, forward,  backward, nullptr,
                                         nullptr,     describe, destroy};

ls_status plan(dense_layer *self, ls_error *error) {
  const ls_dense_shape &s = self->shape;
  device *d = self->c->d;
  LS_TRY(use(d, error));
  LS_TRY(self->x.set(1, s.channels, s.rows, s.columns, error));
  LS_TRY(self->x_plain.set_plain(1, s.channels, s.rows, s.columns, error));
  LS_TRY(self->y.set(1, s.outputs, 1, 1, error));
  LS_TRY(self->elu.set(error));
  LS_TRY(device_allocate(d, (void **)&self->weights, weight_bytes(self), "weights", error));
  return device_allocate(d, (void **)&self->bias, output_bytes(self), "weights", error);
}

} // namespace

ls_status dense_new(ls_device *opened, const ls_dense_shape *shape, const ls_operator_place *place,
                    ls_operator **op, ls_error *error) {
  *op = nullptr;
  dense_layer *self = new (std::nothrow) dense_layer();
  if (!self) return ls_fail(error, LS_MEMORY, "no memory for a dense layer");
  self->base.functions = &functions;
  self->c = context_of(opened);
  self->shape = *shape;
  self->inputs = shape->rows * shape->columns * shape->channels;
  self->first = place->first;
  self->reorders = !place->first && shape->channels > 1 && shape->rows * shape->columns > 1;
  self->base.sizes.output = output_bytes(self);
  self->base.sizes.saved =
      aligned(output_bytes(self)) + (self->first ? aligned(input_bytes(self)) : 0);
  self->base.sizes.workspace = self->reorders ? input_bytes(self) : 0;
  ls_status status = plan(self, error);
  if (status == LS_OK)
    *op = &self->base;
  else
    destroy(&self->base);
  return status;
}

} // namespace library
} // namespace LS_CUDA_NAMESPACE
