/* The first block, backward at the maxima only: the gradient of its weights.
 *
 * Block (part of the pooled rows, 256 weights): 32 windows of a row at a time are in shared memory,
 * pixels, gradients and where in the pixels their maxima lie; each thread goes over them for a
 * weight of its own. Windows without charge multiply zeros: stretches of them are left out. */
#include "backends/cuda/arithmetic.h"
#include "backends/cuda/blocks.h"
#include "backends/cuda/memory.h"
extern "C" {
#include "backends/cuda/work.h"
}

namespace LS_CUDA_NAMESPACE {

constexpr int THREADS = 256;
constexpr int WINDOWS = 32;
constexpr int STRIP = POOL * WINDOWS + FIELD - POOL; /* pixels in a row under so many windows */
constexpr int MOST_CHANNELS =
    THREADS / TAPS + 2; /* that THREADS weights, ordered by channel, belong to */

struct strip_size {
  int height, width, rows_of_part;
};

template <int PLANES>
static __device__ inline void stage_strip(const strip_size &size, const float *pixels, int row,
                                          int column, float *strip) {
  const int top = row * POOL - RIM, left = column * POOL - RIM;
  for (int i = threadIdx.x; i < PLANES * FIELD * STRIP; i += THREADS) {
    const int c = left + i / PLANES % STRIP, r = top + i / PLANES / STRIP;
    const bool inside = r >= 0 && r < size.height && c >= 0 && c < size.width;
    strip[i % PLANES * FIELD * STRIP + i / PLANES] =
        inside ? pixels[((size_t)r * size.width + c) * PLANES + i % PLANES] : 0;
  }
}

template <int PLANES>
__global__ void __launch_bounds__(THREADS)
    first_weight_gradient(strip_size size, const float *pixels, map output, map gradient,
                          const unsigned char *argmax, float *parts) {
  LS_SHARED(float, strip, [PLANES * FIELD * STRIP]);
  LS_SHARED(float, g, [MOST_CHANNELS][WINDOWS]);
  LS_SHARED(int, place, [MOST_CHANNELS][WINDOWS]);
  const int channels = output.channels, terms = TAPS * PLANES,
            weight = blockIdx.y * THREADS + threadIdx.x;
  const int first = blockIdx.y * THREADS / terms, k = weight / terms, term = weight % terms;
  const int kr = term / POOL / PLANES, kc = term / PLANES % POOL, plane = term % PLANES;
  const bool mine = k < channels;
  const float *own = strip + (plane * FIELD + kr) * STRIP + kc;
  const int begin = blockIdx.x * size.rows_of_part;
  const int end = begin + size.rows_of_part < output.rows ? begin + size.rows_of_part : output.rows;
  float sum = 0;
  for (int row = begin; row < end; row++)
    for (int column = 0; column < output.columns; column += WINDOWS) {
      const int left = output.columns - column, count = left < WINDOWS ? left : WINDOWS;
      const size_t window = (size_t)row * output.columns + column;
      /* A barrier as well: nobody still reads what is overwritten next. */
      if (!__syncthreads_or((int)threadIdx.x < count && output.active[window + threadIdx.x]))
        continue;
      stage_strip<PLANES>(size, pixels, row, column, strip);
      for (int i = threadIdx.x; i < MOST_CHANNELS * WINDOWS; i += THREADS) {
        const int channel = i / WINDOWS, w = i % WINDOWS;
        const bool there = w < count && first + channel < channels && output.active[window + w];
        const size_t at = (window + w) * channels + first + channel;
        const int position = there ? argmax[at] : 0;
        g[channel][w] = there ? gradient.values[at] : 0;
        place[channel][w] = position / POOL * STRIP + w * POOL + position % POOL;
      }
      __syncthreads();
      for (int w = 0; mine && w < count; w++)
        sum = multiply_add(g[k - first][w], own[place[k - first][w]], sum);
    }
  if (mine) parts[((size_t)blockIdx.x * terms + term) * channels + k] = sum;
}

size_t first_workspace(const conv_block *conv) {
  return (size_t)ls_cuda_first_parts(&conv->shape) * weight_count(conv->shape);
}

template <int PLANES>
static ls_status launch(const conv_block *conv, const call *c, ls_error *error) {
  const int parts = ls_cuda_first_parts(&conv->shape), count = (int)weight_count(conv->shape);
  const strip_size size = {conv->shape.height, conv->shape.width,
                           (c->output.rows + parts - 1) / parts};
  LS_LAUNCH(conv->d, error, "first_weight_gradient", first_weight_gradient<PLANES>,
            dim3((unsigned)parts, (unsigned)((count + THREADS - 1) / THREADS)), dim3(THREADS), size,
            c->image->pixels, c->output, c->output_gradient, c->argmax, c->workspace);
  return launch_add_parts(conv->d, c->kernel_gradient, c->workspace, parts, (size_t)count, error);
}

ls_status launch_first_backward(const conv_block *conv, const call *c, ls_error *error) {
  switch (conv->shape.in_channels) {
  case 1:
    return launch<1>(conv, c, error);
  case 2:
    return launch<2>(conv, c, error);
  default:
    return launch<3>(conv, c, error);
  }
}

} // namespace LS_CUDA_NAMESPACE
