/* A block after the first, backward at the maxima only: max-pool sends each gradient to one
 * position, so that 25 products for the weights and 25 for the input are made for each window and
 * output channel, instead of 625.
 *
 * Windows of background all have the same receptive field, and their maxima are at the first
 * position: their gradients, summed (pool.h), are treated once. */
#include "backends/cuda/arithmetic.h"
#include "backends/cuda/blocks.h"
#include "backends/cuda/memory.h"
extern "C" {
#include "backends/cuda/work.h"
}

namespace LS_CUDA_NAMESPACE {

constexpr int THREADS = 256;
constexpr int BATCH = 4;         /* windows in shared memory at once */
constexpr int OUTS = 16;         /* output channels of a block of weight_gradient */
constexpr int SORT_WINDOWS = 8;  /* windows of a block of sort_window, */
constexpr int SORT_LANES = 32;   /* each with so many threads: one for a position */
constexpr int FIRSTS = TAPS + 1; /* where each position begins in a sorted window, and the end */

/* The receptive field of a window, one channel of it for each threadIdx.x: [pixel][PIXEL], zero
 * outside the input. */
static __device__ inline void stage_field(const map &input, int window, int columns, int channel,
                                          float *field) {
  const int top = window / columns * POOL - RIM, left = window % columns * POOL - RIM;
  for (int pixel = threadIdx.y; pixel < FIELD * FIELD; pixel += OUTS) {
    const int r = top + pixel / FIELD, c = left + pixel % FIELD;
    const bool inside =
        channel < input.channels && r >= 0 && r < input.rows && c >= 0 && c < input.columns;
    field[pixel * PIXEL + threadIdx.x] =
        inside ? value_of(input, (size_t)r * input.columns + c, channel) : 0;
  }
}

/* Block (part of the active windows, PIXEL input channels, OUTS output channels): a thread for a
 * pair of channels, with the gradients of its 25 weights in registers: four such blocks at a time
 * leave 64 for each thread, five would not do. */
__global__ void __launch_bounds__(THREADS, 4)
    weight_gradient(map input, map gradient, const unsigned char *argmax, const int *list,
                    float *parts) {
  LS_SHARED(float, fields, [BATCH * FIELD * FIELD * PIXEL]);
  const int in = input.channels, channels = gradient.channels;
  const int channel = blockIdx.y * PIXEL + threadIdx.x, k = blockIdx.z * OUTS + threadIdx.y;
  const int each = (list[0] + gridDim.x - 1) / gridDim.x, begin = blockIdx.x * each;
  const int end = begin + each < list[0] ? begin + each : list[0];
  float sum[TAPS] = {};
  for (int batch = begin; batch < end; batch += BATCH) {
    __syncthreads();
    for (int w = 0; w < BATCH && batch + w < end; w++)
      stage_field(input, list[1 + batch + w], gradient.columns, channel,
                  fields + w * FIELD * FIELD * PIXEL);
    __syncthreads();
    for (int w = 0; w < BATCH && batch + w < end && k < channels; w++) {
      const size_t at = (size_t)list[1 + batch + w] * channels + k;
      const float g = gradient.values[at];
      if (g == 0) continue;
      const int position = argmax[at];
      const float *x = fields +
                       (w * FIELD * FIELD + position / POOL * FIELD + position % POOL) * PIXEL +
                       threadIdx.x;
      LS_UNROLL for (int r = 0; r < POOL; r++) LS_UNROLL for (int c = 0; c < POOL; c++)
          sum[r * POOL + c] = multiply_add(g, x[(r * FIELD + c) * PIXEL], sum[r * POOL + c]);
    }
  }
  if (channel >= in || k >= channels) return;
  LS_UNROLL for (int t = 0; t < TAPS; t++)
      parts[(((size_t)blockIdx.x * TAPS + t) * in + channel) * channels + k] = sum[t];
}

/* Background windows: each tap of each has the same pixel under it. A thread for each weight. */
__global__ void __launch_bounds__(THREADS)
    add_background(map input, const float *hidden, int channels, float *weight_gradient) {
  const int i = blockIdx.x * THREADS + threadIdx.x, in = input.channels;
  if (i >= TAPS * in * channels) return;
  const float g = hidden[i % channels];
  if (g != 0) weight_gradient[i] += g * input.background[i / channels % in];
}

/* Sorts the output channels of each window by the positions of their maxima: those whose taps meet
 * a given pixel are then a few stretches. Channels with no gradient are left out, and with them
 * background windows. firsts: [windows][FIRSTS]; order: [windows][out], TAPS * channel - column of
 * the maximum: from_window adds what depends on the pixel, and has the place of a filter. */
__global__ void __launch_bounds__(SORT_WINDOWS *SORT_LANES)
    sort_window(map output, map gradient, const unsigned char *argmax, unsigned short *firsts,
                int *order, float *sorted) {
  LS_SHARED(int, counts, [SORT_WINDOWS][SORT_LANES]);
  const int window = blockIdx.x * SORT_WINDOWS + threadIdx.y, position = threadIdx.x;
  const int channels = output.channels;
  const bool inside = window < output.rows * output.columns;
  const bool used = inside && output.active[window];
  const size_t at = (size_t)(inside ? window : 0) * channels;
  int count = 0;
  for (int k = 0; used && k < channels; k++)
    count += argmax[at + k] == position && gradient.values[at + k] != 0;
  counts[threadIdx.y][position] = count;
  __syncthreads();
  int first = 0;
  for (int p = 0; p < position; p++) first += counts[threadIdx.y][p];
  if (used && position < FIRSTS) firsts[(size_t)window * FIRSTS + position] = (unsigned short)first;
  if (!count) return;
  for (int k = 0; k < channels; k++) {
    if (argmax[at + k] != position || gradient.values[at + k] == 0) continue;
    order[at + first] = k * TAPS - position % POOL;
    sorted[at + first++] = gradient.values[at + k];
  }
}

/* What one window gives to the pixel (row, column) of its receptive field: stretches of the sorted
 * channels, one for each row of positions whose taps meet it. */
static __device__ inline float from_window(const unsigned short *firsts, const int *order,
                                           const float *sorted, const float *filters, int row,
                                           int column, float sum) {
  const int left = column < POOL ? 0 : column - POOL + 1, right = column < POOL ? column : POOL - 1;
  const int last = row < POOL ? row : POOL - 1;
  for (int top = row < POOL ? 0 : row - POOL + 1; top <= last; top++) {
    const int end = firsts[top * POOL + right + 1], tap = (row - top) * POOL + column;
    for (int j = firsts[top * POOL + left]; j < end; j++)
      sum = multiply_add(sorted[j], filters[(order[j] + tap) * PIXEL], sum);
  }
  return sum;
}

/* Block (THREADS / PIXEL pixels, PIXEL input channels): a thread for each value, which it gathers
 * from the up to four windows that see the pixel, always in the same order. Background pixels that
 * no active window sees get nothing. */
__global__ void __launch_bounds__(THREADS)
    input_gradient(map input, map output, const unsigned short *firsts, const int *order,
                   const float *sorted, const float *filters, map to) {
  const int pixel = blockIdx.x * (THREADS / PIXEL) + threadIdx.y, channels = output.channels;
  const int channel = blockIdx.y * PIXEL + threadIdx.x;
  if (pixel >= to.rows * to.columns || channel >= to.channels) return;
  const int r = pixel / to.columns, c = pixel % to.columns;
  const float *own = filters + (size_t)blockIdx.y * channels * TAPS * PIXEL + threadIdx.x;
  bool stored = input.active[pixel];
  float sum = 0;
  for (int row = r < FIELD - RIM ? 0 : (r - RIM) / POOL; row < output.rows && row * POOL - RIM <= r;
       row++)
    for (int column = c < FIELD - RIM ? 0 : (c - RIM) / POOL;
         column < output.columns && column * POOL - RIM <= c; column++) {
      const size_t window = (size_t)row * output.columns + column;
      if (!output.active[window]) continue;
      stored = true;
      sum = from_window(firsts + window * FIRSTS, order + window * channels,
                        sorted + window * channels, own, r - row * POOL + RIM,
                        c - column * POOL + RIM, sum);
    }
  if (stored) to.values[(size_t)pixel * to.channels + channel] = sum;
  if (!channel) to.active[pixel] = stored;
}

/* What background windows give to background pixels, in sum. A thread for each input channel. */
__global__ void __launch_bounds__(THREADS)
    background_gradient(const float *hidden, const float *tap_sums, int channels, map to) {
  const int channel = blockIdx.x * THREADS + threadIdx.x;
  if (channel >= to.channels) return;
  float sum = 0;
  for (int k = 0; k < channels; k++)
    if (hidden[k] != 0) sum += hidden[k] * tap_sums[(size_t)channel * channels + k];
  to.hidden[channel] = sum;
  to.background[channel] = 0;
}

/* Of the workspace, in floats: the sorted windows' gradients, their channels, and where each
 * position begins; weight_gradient's parts come before and need not stay. */
static size_t sorted_floats(const conv_block *conv) {
  const ls_conv_block_shape &s = conv->shape;
  return (size_t)(s.height / POOL) * (size_t)(s.width / POOL) * (size_t)s.out_channels;
}

size_t later_workspace(const conv_block *conv) {
  const ls_conv_block_shape &s = conv->shape;
  size_t windows = (size_t)(s.height / POOL) * (size_t)(s.width / POOL);
  size_t sorted = 2 * sorted_floats(conv) + windows * FIRSTS / 2 + 1;
  size_t parts = (size_t)ls_cuda_weight_parts(&s) * weight_count(s);
  return sorted > parts ? sorted : parts;
}

static ls_status weights(const conv_block *conv, const call *c, ls_error *error) {
  const ls_conv_block_shape &s = conv->shape;
  const int parts = ls_cuda_weight_parts(&s);
  const size_t count = weight_count(s);
  LS_LAUNCH(conv->d, error, "weight_gradient", weight_gradient,
            dim3((unsigned)parts, blocks((size_t)s.in_channels, PIXEL),
                 blocks((size_t)s.out_channels, OUTS)),
            dim3(PIXEL, OUTS), c->input, c->output_gradient, c->argmax, c->list, c->workspace);
  LS_TRY(launch_add_parts(conv->d, c->kernel_gradient, c->workspace, parts, count, error));
  LS_LAUNCH(conv->d, error, "add_background", add_background, dim3(blocks(count, THREADS)),
            dim3(THREADS), c->input, conv->hidden, s.out_channels, c->kernel_gradient);
  return LS_OK;
}

ls_status launch_later_backward(const conv_block *conv, const call *c, ls_error *error) {
  const map &output = c->output, &to = c->input_gradient;
  LS_TRY(weights(conv, c, error));
  if (!c->want_input_gradient) return LS_OK;
  const size_t windows = (size_t)output.rows * output.columns;
  const size_t pixels = (size_t)to.rows * to.columns, in = (size_t)to.channels;
  float *sorted = c->workspace;
  int *order = (int *)(sorted + sorted_floats(conv));
  unsigned short *firsts = (unsigned short *)(order + sorted_floats(conv));
  LS_LAUNCH(conv->d, error, "sort_window", sort_window, dim3(blocks(windows, SORT_WINDOWS)),
            dim3(SORT_LANES, SORT_WINDOWS), output, c->output_gradient, c->argmax, firsts, order,
            sorted);
  LS_LAUNCH(conv->d, error, "input_gradient", input_gradient,
            dim3(blocks(pixels, THREADS / PIXEL), blocks(in, PIXEL)), dim3(PIXEL, THREADS / PIXEL),
            c->input, output, firsts, order, sorted, conv->backward_filters, to);
  LS_LAUNCH(conv->d, error, "background_gradient", background_gradient, dim3(blocks(in, THREADS)),
            dim3(THREADS), conv->hidden, conv->tap_sums, output.channels, to);
  return LS_OK;
}

} // namespace LS_CUDA_NAMESPACE
