#include "backends/cuda/general.h"

#include "backends/cuda/arithmetic.h"

namespace LS_CUDA_NAMESPACE {

constexpr int THREADS = 256;

typedef ls_conv_block_shape shape_type;

/* Convolution at (row, column) for one output channel. */
static __device__ float conv_at(const shape_type &s, const float *input, const float *weights,
                                int row, int column, int out) {
  const int half = s.kernel / 2;
  float sum = 0;
  for (int kr = 0; kr < s.kernel; kr++)
    for (int kc = 0; kc < s.kernel; kc++) {
      const int r = row + kr - half, c = column + kc - half;
      if (r < 0 || r >= s.height || c < 0 || c >= s.width) continue;
      const float *pixel = input + ((size_t)r * s.width + c) * s.in_channels;
      const float *tap = weights + (size_t)(kr * s.kernel + kc) * s.in_channels * s.out_channels;
      for (int i = 0; i < s.in_channels; i++)
        sum += pixel[i] * tap[(size_t)i * s.out_channels + out];
    }
  return sum;
}

/* A thread for each output value. */
__global__ void __launch_bounds__(THREADS)
    general_forward(shape_type s, const float *input, const float *weights, const float *bias,
                    map output, unsigned char *argmax) {
  const size_t at = (size_t)blockIdx.x * THREADS + threadIdx.x;
  const size_t windows = (size_t)output.rows * output.columns;
  if (at >= windows * output.channels) return;
  const int out = (int)(at % output.channels);
  const int window = (int)(at / output.channels);
  const int row = window / output.columns * s.pool, column = window % output.columns * s.pool;
  float best = -INFINITY;
  int where = 0;
  for (int position = 0; position < s.pool * s.pool; position++) {
    const float sum =
        conv_at(s, input, weights, row + position / s.pool, column + position % s.pool, out);
    if (is_more(sum, best)) {
      best = sum;
      where = position;
    }
  }
  output.values[at] = elu(best + bias[out]);
  argmax[at] = (unsigned char)where;
  if (!out) output.active[window] = 1;
  if (at < (size_t)output.channels) output.background[at] = 0;
}

/* A thread for each weight; it goes through all windows. */
__global__ void __launch_bounds__(THREADS)
    general_weight_gradient(shape_type s, const float *input, const unsigned char *argmax,
                            map gradient, float *weight_gradient) {
  const int at = blockIdx.x * THREADS + threadIdx.x;
  if (at >= s.kernel * s.kernel * s.in_channels * s.out_channels) return;
  const int out = at % s.out_channels, in = at / s.out_channels % s.in_channels;
  const int tap = at / s.out_channels / s.in_channels, half = s.kernel / 2;
  float sum = 0;
  for (int row = 0; row < gradient.rows; row++)
    for (int column = 0; column < gradient.columns; column++) {
      const size_t place = ((size_t)row * gradient.columns + column) * s.out_channels + out;
      const int r = row * s.pool + argmax[place] / s.pool + tap / s.kernel - half;
      const int c = column * s.pool + argmax[place] % s.pool + tap % s.kernel - half;
      if (r < 0 || r >= s.height || c < 0 || c >= s.width) continue;
      sum += gradient.values[place] * input[((size_t)r * s.width + c) * s.in_channels + in];
    }
  weight_gradient[at] += sum;
}

/* A thread for each input value; it gathers from the windows whose maximum its taps reach. */
__global__ void __launch_bounds__(THREADS, 4)
    general_input_gradient(shape_type s, const float *weights, const unsigned char *argmax,
                           map gradient, map input_gradient) {
  const size_t at = (size_t)blockIdx.x * THREADS + threadIdx.x;
  if (at >= (size_t)s.height * s.width * s.in_channels) return;
  const int in = (int)(at % s.in_channels), pixel = (int)(at / s.in_channels);
  const int r = pixel / s.width, c = pixel % s.width, half = s.kernel / 2;
  float sum = 0;
  for (int row = r > half ? (r - half) / s.pool : 0;
       row < gradient.rows && row <= (r + half) / s.pool; row++)
    for (int column = c > half ? (c - half) / s.pool : 0;
         column < gradient.columns && column <= (c + half) / s.pool; column++)
      for (int out = 0; out < s.out_channels; out++) {
        const size_t place = ((size_t)row * gradient.columns + column) * s.out_channels + out;
        const int kr = r - (row * s.pool + argmax[place] / s.pool) + half;
        const int kc = c - (column * s.pool + argmax[place] % s.pool) + half;
        if (kr < 0 || kr >= s.kernel || kc < 0 || kc >= s.kernel) continue;
        sum += gradient.values[place] *
               weights[((size_t)(kr * s.kernel + kc) * s.in_channels + in) * s.out_channels + out];
      }
  input_gradient.values[at] = sum;
  if (!in) input_gradient.active[pixel] = 1;
  if (at < (size_t)s.in_channels) input_gradient.background[at] = input_gradient.hidden[at] = 0;
}

ls_status launch_general_forward(device *d, const shape_type &shape, const float *input,
                                 const float *weights, const float *bias, const map &output,
                                 unsigned char *argmax, ls_error *error) {
  LS_LAUNCH(d, error, "general_forward", general_forward, dim3(blocks(map_floats(output), THREADS)),
            dim3(THREADS), shape, input, weights, bias, output, argmax);
  return LS_OK;
}

ls_status launch_general_backward(device *d, const shape_type &shape, const float *input,
                                  const float *weights, const unsigned char *argmax,
                                  const map &gradient, const map *input_gradient,
                                  float *weight_gradient, ls_error *error) {
  const size_t weight_count =
      (size_t)shape.kernel * shape.kernel * shape.in_channels * shape.out_channels;
  LS_LAUNCH(d, error, "general_weight_gradient", general_weight_gradient,
            dim3(blocks(weight_count, THREADS)), dim3(THREADS), shape, input, argmax, gradient,
            weight_gradient);
  if (!input_gradient) return LS_OK;
  LS_LAUNCH(d, error, "general_input_gradient", general_input_gradient,
            dim3(blocks((size_t)shape.height * shape.width * shape.in_channels, THREADS)),
            dim3(THREADS), shape, weights, argmax, gradient, *input_gradient);
  return LS_OK;
}

} // namespace LS_CUDA_NAMESPACE
