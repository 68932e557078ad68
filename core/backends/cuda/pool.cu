#include "backends/cuda/pool.h"

#include "backends/cuda/arithmetic.h"

namespace LS_CUDA_NAMESPACE {

constexpr int THREADS = 256;

/* Block (part of the windows, up to 256 channels). A thread stays with one channel, so that
 * neighbours read neighbours and each can keep its sum; threads with the same channel are then
 * added in order. */
__global__ void __launch_bounds__(THREADS)
    before_pool(map output, map gradient, int windows_of_part, float *sums) {
  LS_SHARED(float, all_sums, [THREADS]);
  LS_SHARED(float, hidden_sums, [THREADS]);
  const int channels = output.channels, windows = output.rows * output.columns;
  const int width = channels < THREADS ? channels : THREADS, rows = THREADS / width;
  const int lane = threadIdx.x % width, row = threadIdx.x / width;
  const int channel = blockIdx.y * width + lane, begin = blockIdx.x * windows_of_part;
  const int end = begin + windows_of_part < windows ? begin + windows_of_part : windows;
  const bool inside = row < rows && channel < channels;
  float all = 0, hidden = 0;
  for (int w = begin + row; inside && w < end; w += rows) {
    if (!gradient.active[w]) continue; /* zero */
    const size_t at = (size_t)w * channels + channel;
    const float g = gradient.values[at] * elu_slope(value_of(output, w, channel));
    all += g;
    if (output.active[w])
      gradient.values[at] = g;
    else
      hidden += g;
  }
  all_sums[threadIdx.x] = all;
  hidden_sums[threadIdx.x] = hidden;
  __syncthreads();
  if (row || !inside) return;
  for (int r = 1; r < rows; r++) {
    all += all_sums[r * width + lane];
    hidden += hidden_sums[r * width + lane];
  }
  sums[(size_t)blockIdx.x * 2 * channels + channel] = all;
  sums[((size_t)blockIdx.x * 2 + 1) * channels + channel] = hidden;
}

/* A thread for each channel. What the gradient holds as a sum has still to go through ELU. */
__global__ void __launch_bounds__(THREADS)
    add_sums(map output, map gradient, int parts, const float *sums, float *bias_gradient,
             float *hidden) {
  const int channel = blockIdx.x * THREADS + threadIdx.x, channels = output.channels;
  if (channel >= channels) return;
  float all = 0, some = gradient.hidden[channel] * elu_slope(output.background[channel]);
  const float summed_before = some;
  for (int p = 0; p < parts; p++) {
    all += sums[(size_t)p * 2 * channels + channel];
    some += sums[((size_t)p * 2 + 1) * channels + channel];
  }
  bias_gradient[channel] += all + summed_before;
  hidden[channel] = some;
}

__global__ void __launch_bounds__(THREADS) all_active(map m) {
  const int i = blockIdx.x * THREADS + threadIdx.x;
  if (i < m.rows * m.columns) m.active[i] = 1;
  if (i < m.channels) m.background[i] = m.hidden[i] = 0;
}

__global__ void __launch_bounds__(THREADS) fill_background(map m) {
  const size_t at = (size_t)blockIdx.x * THREADS + threadIdx.x;
  if (at >= (size_t)m.rows * m.columns * m.channels || m.active[at / m.channels]) return;
  m.values[at] = m.background[at % m.channels];
}

ls_status launch_before_pool(device *d, const map &output, const map &gradient, int parts,
                             float *sums, float *bias_gradient, float *hidden, ls_error *error) {
  const int windows = output.rows * output.columns, channels = output.channels;
  LS_LAUNCH(d, error, "before_pool", before_pool, dim3(parts, blocks(channels, THREADS)),
            dim3(THREADS), output, gradient, (windows + parts - 1) / parts, sums);
  LS_LAUNCH(d, error, "add_sums", add_sums, dim3(blocks(channels, THREADS)), dim3(THREADS), output,
            gradient, parts, sums, bias_gradient, hidden);
  return LS_OK;
}

ls_status launch_all_active(device *d, const map &m, ls_error *error) {
  const int pixels = m.rows * m.columns;
  LS_LAUNCH(d, error, "all_active", all_active,
            dim3(blocks(pixels > m.channels ? pixels : m.channels, THREADS)), dim3(THREADS), m);
  return LS_OK;
}

ls_status launch_fill_background(device *d, const map &m, ls_error *error) {
  LS_LAUNCH(d, error, "fill_background", fill_background,
            dim3((unsigned)((map_floats(m) + THREADS - 1) / THREADS)), dim3(THREADS), m);
  return LS_OK;
}

} // namespace LS_CUDA_NAMESPACE
