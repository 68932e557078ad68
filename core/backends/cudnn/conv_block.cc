/* A conv block, call by call as a framework does it: convolution, bias, ELU, pooling, each over the
 * whole image, with what lies between them in memory.
 *
 * Activations are [channel][row][column], the layout cuDNN is fastest in with float32. Weights are
 * [out][in][row][column]. saved, of an image: z, the sums with bias, and a = ELU(z), each as large
 * as the convolution's output; and the image, if it is the first block. Which of equal values in a
 * window is the maximum is cuDNN's choice. */
#include "backends/cudnn/algorithms.h"

#include <cstdio>
#include <new>
#include <vector>

namespace LS_CUDA_NAMESPACE {
namespace library {
namespace {

struct conv_block {
  ls_operator base;
  context *c;
  ls_conv_block_shape shape;
  int first, rows, columns; /* pooled */
  convolution conv;
  tensor_descriptor x_plain, bias_values, y, w, w_plain;
  pooling_descriptor pool;
  elu_descriptor elu;
  algorithms chosen;
  float *weights, *bias;
  float *scratch; /* as many floats as weights */
  char description[160];
};

size_t image_bytes(const ls_conv_block_shape &s, int channels) {
  return (size_t)s.height * (size_t)s.width * (size_t)channels * sizeof(float);
}

size_t z_bytes(const conv_block *self) {
  return image_bytes(self->shape, self->shape.out_channels);
}

size_t x_bytes(const conv_block *self) {
  return image_bytes(self->shape, self->shape.in_channels);
}

size_t weight_bytes(const ls_conv_block_shape &s) {
  return (size_t)s.kernel * (size_t)s.kernel * (size_t)s.in_channels * (size_t)s.out_channels *
         sizeof(float);
}

size_t bias_bytes(const conv_block *self) {
  return (size_t)self->shape.out_channels * sizeof(float);
}

/* Parts of the blocks that the caller provides. */
struct parts {
  float *z, *a, *image;            /* of saved */
  float *z_gradient, *plain_image; /* of workspace, one or the other */
  void *algorithm;                 /* of workspace */
};

parts parts_of(const conv_block *self, void *saved, void *workspace) {
  parts p;
  float *kept = (float *)saved, *work = (float *)workspace;
  size_t z = aligned(z_bytes(self));
  size_t plain = self->first ? aligned(x_bytes(self)) : 0;
  p.z = kept;
  p.a = kept + z / sizeof(float);
  p.image = kept + 2 * z / sizeof(float);
  p.z_gradient = p.plain_image = work;
  p.algorithm = work + (z > plain ? z : plain) / sizeof(float);
  return p;
}

void plan_sizes(conv_block *self) {
  const ls_conv_block_shape &s = self->shape;
  size_t z = aligned(z_bytes(self)), plain = self->first ? aligned(x_bytes(self)) : 0;
  self->base.sizes.output =
      (size_t)self->rows * (size_t)self->columns * (size_t)s.out_channels * sizeof(float);
  self->base.sizes.saved = 2 * z + plain;
  self->base.sizes.workspace = (z > plain ? z : plain) + self->chosen.workspace;
}

ls_status set_weights(ls_operator *op, const float *kernel, const float *bias, ls_error *error) {
  conv_block *self = (conv_block *)op;
  context *c = self->c;
  LS_TRY(device_write(c->d, self->scratch, kernel, weight_bytes(self->shape), error));
  LS_TRY(check(cudnnTransformTensor(c->cudnn, &one, self->w_plain, self->scratch, &zero, self->w,
                                    self->weights),
               "order of the weights", error));
  return device_write(c->d, self->bias, bias, bias_bytes(self), error);
}

/* The image as cuDNN takes it; of one plane it is that already. */
ls_status send_image(conv_block *self, const void *input, const parts &p, ls_error *error) {
  context *c = self->c;
  int as_it_is = self->shape.in_channels == 1;
  LS_TRY(device_write(c->d, as_it_is ? p.image : p.plain_image, input, x_bytes(self), error));
  if (as_it_is) return LS_OK;
  return check(cudnnTransformTensor(c->cudnn, &one, self->x_plain, p.plain_image, &zero,
                                    self->conv.x, p.image),
               "order of the image", error);
}

ls_status forward(ls_operator *op, const void *input, void *output, void *saved, void *workspace,
                  ls_error *error) {
  conv_block *self = (conv_block *)op;
  context *c = self->c;
  const convolution &v = self->conv;
  const parts p = parts_of(self, saved, workspace);
  LS_TRY(use(c->d, error));
  if (self->first) LS_TRY(send_image(self, input, p, error));
  const void *x = self->first ? p.image : input;
  LS_TRY(check(cudnnConvolutionForward(c->cudnn, &one, v.x, x, v.w, self->weights, v.how,
                                       self->chosen.forward, p.algorithm, self->chosen.workspace,
                                       &zero, v.z, p.z),
               "convolution", error));
  LS_TRY(check(cudnnAddTensor(c->cudnn, &one, self->bias_values, self->bias, &one, v.z, p.z),
               "bias", error));
  LS_TRY(check(cudnnActivationForward(c->cudnn, self->elu, &one, v.z, p.z, &zero, v.z, p.a), "ELU",
               error));
  LS_TRY(check(cudnnPoolingForward(c->cudnn, self->pool, &one, v.z, p.a, &zero, self->y, output),
               "pooling", error));
  return mark_written(c->d, output, self->base.sizes.output, error);
}

/* From the gradient of the output to that of z. */
ls_status gradient_of_z(conv_block *self, const void *output, const void *output_gradient,
                        const parts &p, ls_error *error) {
  context *c = self->c;
  const convolution &v = self->conv;
  LS_TRY(check(cudnnPoolingBackward(c->cudnn, self->pool, &one, self->y, output, self->y,
                                    output_gradient, v.z, p.a, &zero, v.z, p.z_gradient),
               "gradient of pooling", error));
  return check(cudnnActivationBackward(c->cudnn, self->elu, &one, v.z, p.a, v.z, p.z_gradient, v.z,
                                       p.z, &zero, v.z, p.z_gradient),
               "gradient of ELU", error);
}

ls_status gradient_of_weights(conv_block *self, const void *x, const parts &p,
                              float *kernel_gradient, float *bias_gradient, ls_error *error) {
  context *c = self->c;
  const convolution &v = self->conv;
  LS_TRY(check(cudnnConvolutionBackwardBias(c->cudnn, &one, v.z, p.z_gradient, &one,
                                            self->bias_values, bias_gradient),
               "gradient of the bias", error));
  LS_TRY(check(cudnnConvolutionBackwardFilter(c->cudnn, &one, v.x, x, v.z, p.z_gradient, v.how,
                                              self->chosen.filter, p.algorithm,
                                              self->chosen.workspace, &zero, v.w, self->scratch),
               "gradient of the weights", error));
  LS_TRY(check(cudnnTransformTensor(c->cudnn, &one, self->w, self->scratch, &one, self->w_plain,
                                    kernel_gradient),
               "order of the weights' gradient", error));
  LS_TRY(mark_written(c->d, kernel_gradient, weight_bytes(self->shape), error));
  return mark_written(c->d, bias_gradient, bias_bytes(self), error);
}

ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                   void *saved, void *input_gradient, float *kernel_gradient, float *bias_gradient,
                   void *workspace, ls_error *error) {
  conv_block *self = (conv_block *)op;
  context *c = self->c;
  const convolution &v = self->conv;
  const parts p = parts_of(self, saved, workspace);
  const void *x = self->first ? p.image : input;
  LS_TRY(use(c->d, error));
  LS_TRY(gradient_of_z(self, output, output_gradient, p, error));
  LS_TRY(gradient_of_weights(self, x, p, kernel_gradient, bias_gradient, error));
  if (!input_gradient) return LS_OK;
  LS_TRY(check(cudnnConvolutionBackwardData(c->cudnn, &one, v.w, self->weights, v.z, p.z_gradient,
                                            v.how, self->chosen.data, p.algorithm,
                                            self->chosen.workspace, &zero, v.x, input_gradient),
               "gradient of the input", error));
  return mark_written(c->d, input_gradient, x_bytes(self), error);
}

/* Between [channel][pixel] and [pixel][channel], on the processor: for tests alone. */
void reorder(const conv_block *self, const float *from, float *to, int to_plain) {
  size_t channels = (size_t)self->shape.out_channels;
  size_t pixels = (size_t)self->rows * (size_t)self->columns;
  for (size_t p = 0; p < pixels; p++)
    for (size_t ch = 0; ch < channels; ch++) {
      size_t ours = ch * pixels + p, plain = p * channels + ch;
      to[to_plain ? plain : ours] = from[to_plain ? ours : plain];
    }
}

ls_status export_output(const ls_operator *op, const void *output, float *plain, ls_error *error) {
  const conv_block *self = (const conv_block *)op;
  std::vector<float> ours(self->base.sizes.output / sizeof(float));
  LS_TRY(device_read(self->c->d, output, ours.data(), self->base.sizes.output, error));
  reorder(self, ours.data(), plain, 1);
  return LS_OK;
}

ls_status import_output(const ls_operator *op, const float *plain, void *output, ls_error *error) {
  const conv_block *self = (const conv_block *)op;
  std::vector<float> ours(self->base.sizes.output / sizeof(float));
  reorder(self, plain, ours.data(), 0);
  return device_write(self->c->d, output, ours.data(), self->base.sizes.output, error);
}

const char *describe(const ls_operator *op) {
  return ((const conv_block *)op)->description;
}

void destroy(ls_operator *op) {
  conv_block *self = (conv_block *)op;
  if (!self) return;
  float *const blocks[] = {self->weights, self->bias, self->scratch};
  for (float *block : blocks)
    if (block) device_release(self->c->d, block);
  delete self;
}

const ls_operator_functions functions = {set_weights,   forward,  backward, export_output,
                                         import_output, describe, destroy};

ls_status set_tensors(conv_block *self, ls_error *error) {
  const ls_conv_block_shape &s = self->shape;
  const int k = s.kernel, in = s.in_channels, out = s.out_channels;
  LS_TRY(self->conv.x.set(1, in, s.height, s.width, error));
  LS_TRY(self->x_plain.set_plain(1, in, s.height, s.width, error));
  LS_TRY(self->conv.z.set(1, out, s.height, s.width, error));
  LS_TRY(self->bias_values.set(1, out, 1, 1, error));
  LS_TRY(self->y.set(1, out, self->rows, self->columns, error));
  LS_TRY(self->w.set(out, in, k, k, error));
  LS_TRY(self->w_plain.set_plain(out, in, k, k, error));
  LS_TRY(self->conv.w.create(error));
  return check(
      cudnnSetFilter4dDescriptor(self->conv.w, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, out, in, k, k),
      "the filter", error);
}

ls_status set_operations(conv_block *self, ls_error *error) {
  const ls_conv_block_shape &s = self->shape;
  const int pad = s.kernel / 2, tf32 = self->c->tf32;
  LS_TRY(self->elu.set(error));
  LS_TRY(self->pool.create(error));
  LS_TRY(
      check(cudnnSetPooling2dDescriptor(self->pool, CUDNN_POOLING_MAX_DETERMINISTIC,
                                        CUDNN_PROPAGATE_NAN, s.pool, s.pool, 0, 0, s.pool, s.pool),
            "pooling", error));
  LS_TRY(self->conv.how.create(error));
  LS_TRY(check(cudnnSetConvolution2dDescriptor(self->conv.how, pad, pad, 1, 1, 1, 1,
                                               CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
               "the convolution", error));
  return check(
      cudnnSetConvolutionMathType(self->conv.how, tf32 ? CUDNN_TENSOR_OP_MATH : CUDNN_FMA_MATH),
      "its arithmetic", error);
}

ls_status plan(conv_block *self, ls_error *error) {
  const ls_conv_block_shape &s = self->shape;
  context *c = self->c;
  LS_TRY(use(c->d, error));
  LS_TRY(set_tensors(self, error));
  LS_TRY(set_operations(self, error));
  LS_TRY(choose_algorithms(c, &self->conv, !self->first, &self->chosen, error));
  plan_sizes(self);
  snprintf(self->description, sizeof self->description, "%s: forward %s, weights %s, input %s",
           c->tf32 ? "tf32" : "float32", forward_name(self->chosen.forward),
           filter_name(self->chosen.filter), self->first ? "none" : data_name(self->chosen.data));
  const size_t weights = weight_bytes(s);
  LS_TRY(device_allocate(c->d, (void **)&self->weights, weights, "weights", error));
  LS_TRY(device_allocate(c->d, (void **)&self->scratch, weights, "weights", error));
  return device_allocate(c->d, (void **)&self->bias, bias_bytes(self), "weights", error);
}

} // namespace

ls_status conv_new(ls_device *opened, const ls_conv_block_shape *shape,
                   const ls_operator_place *place, ls_operator **op, ls_error *error) {
  *op = nullptr;
  conv_block *self = new (std::nothrow) conv_block();
  if (!self) return ls_fail(error, LS_MEMORY, "no memory for a conv block");
  self->base.functions = &functions;
  self->c = context_of(opened);
  self->shape = *shape;
  self->first = place->first;
  self->rows = shape->height / shape->pool;
  self->columns = shape->width / shape->pool;
  ls_status status = plan(self, error);
  if (status == LS_OK)
    *op = &self->base;
  else
    destroy(&self->base);
  return status;
}

} // namespace library
} // namespace LS_CUDA_NAMESPACE
