/* A dense layer: a matrix times a vector, bound by the bytes of the matrix, which both directions
 * read once, along its rows. */
#include "backends/cuda/dense.h"

#include "backends/cuda/arithmetic.h"

namespace LS_CUDA_NAMESPACE {

constexpr int LANES = 32;
constexpr int ROWS = 8;
constexpr int THREADS = LANES * ROWS;

/* Block (part, 32 outputs): the sum over a part of the inputs. Lanes are outputs; eight rows of
 * threads take inputs in turn and are added in order. */
__global__ void __launch_bounds__(THREADS)
    dense_forward(dense_size size, map x, const float *weights, float *sums) {
  LS_SHARED(float, row_sums, [ROWS][LANES]);
  const int output = blockIdx.y * LANES + threadIdx.x, begin = blockIdx.x * size.part;
  const int end = begin + size.part < size.inputs ? begin + size.part : size.inputs;
  float sum = 0;
  if (output < size.outputs)
    for (int i = begin + threadIdx.y; i < end; i += ROWS)
      sum +=
          value_of(x, i / x.channels, i % x.channels) * weights[(size_t)i * size.outputs + output];
  row_sums[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y || output >= size.outputs) return;
  for (int row = 1; row < ROWS; row++) sum += row_sums[row][threadIdx.x];
  sums[(size_t)blockIdx.x * size.outputs + output] = sum;
}

__global__ void __launch_bounds__(THREADS)
    dense_finish(dense_size size, const float *sums, const float *bias, map y) {
  const int output = blockIdx.x * THREADS + threadIdx.x;
  if (output >= size.outputs) return;
  float sum = 0;
  for (int p = 0; p < size.parts; p++) sum += sums[(size_t)p * size.outputs + output];
  sum += bias[output];
  y.values[output] = size.elu ? elu(sum) : sum;
  y.background[output] = y.hidden[output] = 0;
  if (!output) y.active[0] = 1;
}

__global__ void __launch_bounds__(THREADS)
    dense_before(dense_size size, map y, map g, float *bias_gradient) {
  const int output = blockIdx.x * THREADS + threadIdx.x;
  if (output >= size.outputs) return;
  const float gradient =
      size.elu ? g.values[output] * elu_slope(y.values[output]) : g.values[output];
  g.values[output] = gradient;
  bias_gradient[output] += gradient;
}

/* A warp for each input: its row of the weights' gradient, and its own gradient, summed by the
 * lanes and then over them, always in the same order. */
template <int WANT_INPUT_GRADIENT>
__global__ void __launch_bounds__(THREADS)
    dense_backward(dense_size size, map x, const float *weights, map g, map dx,
                   float *weight_gradient) {
  const int input = blockIdx.x * ROWS + threadIdx.y;
  const bool inside = input < size.inputs;
  const size_t row = (size_t)(inside ? input : 0) * size.outputs;
  const float value = inside ? value_of(x, input / x.channels, input % x.channels) : 0;
  float sum = 0;
  for (int o = threadIdx.x; inside && o < size.outputs; o += LANES) {
    weight_gradient[row + o] += value * g.values[o];
    sum += weights[row + o] * g.values[o];
  }
  if constexpr (WANT_INPUT_GRADIENT) {
    for (int distance = LANES / 2; distance; distance /= 2)
      sum += __shfl_down_sync(0xffffffffu, sum, distance);
    if (!inside || threadIdx.x) return;
    dx.values[input] = sum;
    if (input % dx.channels == 0) dx.active[input / dx.channels] = 1;
    if (input < dx.channels) dx.background[input] = dx.hidden[input] = 0;
  }
}

ls_status launch_dense_forward(device *d, const dense_size &size, const map &x,
                               const float *weights, const float *bias, float *sums, const map &y,
                               ls_error *error) {
  LS_LAUNCH(d, error, "dense_forward", dense_forward, dim3(size.parts, blocks(size.outputs, LANES)),
            dim3(LANES, ROWS), size, x, weights, sums);
  LS_LAUNCH(d, error, "dense_finish", dense_finish, dim3(blocks(size.outputs, THREADS)),
            dim3(THREADS), size, sums, bias, y);
  return LS_OK;
}

ls_status launch_dense_backward(device *d, const dense_size &size, const map &x,
                                const float *weights, const map &y, const map &g, const map *dx,
                                float *weight_gradient, float *bias_gradient, ls_error *error) {
  LS_LAUNCH(d, error, "dense_before", dense_before, dim3(blocks(size.outputs, THREADS)),
            dim3(THREADS), size, y, g, bias_gradient);
  const dim3 grid(blocks(size.inputs, ROWS)), block(LANES, ROWS);
  if (dx)
    LS_LAUNCH(d, error, "dense_backward", dense_backward<1>, grid, block, size, x, weights, g, *dx,
              weight_gradient);
  else
    LS_LAUNCH(d, error, "dense_backward", dense_backward<0>, grid, block, size, x, weights, g, x,
              weight_gradient);
  return LS_OK;
}

} // namespace LS_CUDA_NAMESPACE
