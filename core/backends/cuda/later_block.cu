/* A block after the first, forward: windows of the list of those that see anything but background,
 * each computed whole, so that skipping changes no bit.
 *
 * As in the backend openmp a row of five positions of a window times some output channels is in
 * registers, here five times eight in each thread: of the pixels and filters in shared memory 9 +
 * 40 numbers are read for 200 products. The five rows of a window are in five threads, whose maxima
 * are compared at the end. Input channels come to shared memory CHUNK at a time. */
#include "backends/cuda/arithmetic.h"
#include "backends/cuda/blocks.h"

namespace LS_CUDA_NAMESPACE {

constexpr int THREADS = 256;
constexpr int CHUNK = 5;   /* input channels in shared memory at once */
constexpr int WINDOWS = 8; /* of a thread block */
constexpr int LANES = 8;   /* threads of one row of one window, each with .. */
constexpr int EACH = 8;    /* .. so many output channels: two stretches of four */
constexpr int OUTS = LANES * EACH;
constexpr int WINDOW_THREADS = POOL * LANES;
constexpr int LATER_THREADS = WINDOWS * WINDOW_THREADS;
static_assert(WINDOW_THREADS % CHUNK == 0 && LATER_THREADS % OUTS == 0, "no thread without work");

/* A thread for each window: it is active if any pixel of its receptive field is, or lies outside:
 * zero padding is not background once a bias was added. */
__global__ void __launch_bounds__(THREADS) mark_windows(map input, map output, int skip) {
  const int window = blockIdx.x * THREADS + threadIdx.x;
  if (window >= output.rows * output.columns) return;
  const int top = window / output.columns * POOL - RIM, left = window % output.columns * POOL - RIM;
  bool active =
      !skip || top < 0 || left < 0 || top + FIELD > input.rows || left + FIELD > input.columns;
  for (int r = 0; r < FIELD && !active; r++)
    for (int c = 0; c < FIELD; c++)
      active |= input.active[(size_t)(top + r) * input.columns + left + c] != 0;
  output.active[window] = active;
}

/* One thread block. list: how many windows are active, then which, in their order. */
__global__ void __launch_bounds__(THREADS) list_windows(map output, int *list) {
  LS_SHARED(int, counts, [THREADS + 1]);
  const int windows = output.rows * output.columns, each = (windows + THREADS - 1) / THREADS;
  const int begin = threadIdx.x * each, end = begin + each < windows ? begin + each : windows;
  int count = 0;
  for (int w = begin; w < end; w++) count += output.active[w];
  counts[threadIdx.x + 1] = count;
  __syncthreads();
  if (!threadIdx.x) {
    counts[0] = 0;
    for (int i = 1; i <= THREADS; i++) counts[i] += counts[i - 1];
    list[0] = counts[THREADS];
  }
  __syncthreads();
  int *at = list + 1 + counts[threadIdx.x];
  for (int w = begin; w < end; w++)
    if (output.active[w]) *at++ = w;
}

/* What the block makes of a region of background: 25 equal sums, of which the first is the maximum,
 * added in the order of later_forward. Found again only for other weights (known is 0) or another
 * background. A thread for each output channel. */
__global__ void __launch_bounds__(OUTS)
    later_constant(map input, const float *weights, const float *bias, int channels,
                   const float *known_input, const int *known, const int *list, int windows,
                   float *background) {
  const int k = blockIdx.x * OUTS + threadIdx.x, in = input.channels;
  if (list[0] == windows) return;
  int differs = !*known;
  for (int i = threadIdx.x; i < in; i += OUTS) differs |= known_input[i] != input.background[i];
  if (!__syncthreads_or(differs) || k >= channels) return;
  float sum = 0;
  for (int first = 0; first < in; first += CHUNK)
    for (int kr = 0; kr < POOL; kr++)
      for (int i = first; i < first + CHUNK && i < in; i++)
        for (int kc = 0; kc < POOL; kc++)
          sum = multiply_add(input.background[i],
                             weights[((size_t)(kr * POOL + kc) * in + i) * channels + k], sum);
  background[k] = elu(sum + bias[k]);
}

/* One thread block. The output's background, and what it was found for: later_constant has compared
 * all by then. */
__global__ void __launch_bounds__(THREADS)
    keep_background(map input, map output, const float *background, const int *list,
                    float *known_input, int *known) {
  const bool any = list[0] < output.rows * output.columns;
  for (int k = threadIdx.x; k < output.channels; k += THREADS)
    output.background[k] = any ? background[k] : 0;
  if (!any) return;
  for (int i = threadIdx.x; i < input.channels; i += THREADS) known_input[i] = input.background[i];
  if (!threadIdx.x) *known = 1;
}

/* CHUNK channels, from `first` on, of the receptive field of a window: [pixel][CHUNK], zero outside
 * of the input. By the threads of that window. */
static __device__ inline void stage_field(const map &input, int window, int columns, int first,
                                          float *field) {
  const int top = window / columns * POOL - RIM, left = window % columns * POOL - RIM;
  const int thread = threadIdx.x % WINDOW_THREADS, channel = first + thread % CHUNK;
  for (int pixel = thread / CHUNK; pixel < FIELD * FIELD; pixel += WINDOW_THREADS / CHUNK) {
    const int r = top + pixel / FIELD, c = left + pixel % FIELD;
    const bool inside =
        channel < input.channels && r >= 0 && r < input.rows && c >= 0 && c < input.columns;
    field[pixel * CHUNK + thread % CHUNK] =
        inside ? value_of(input, (size_t)r * input.columns + c, channel) : 0;
  }
}

/* [tap][CHUNK][OUTS], zero where there is no channel. A thread stays with one output channel. */
static __device__ inline void stage_filters(const float *weights, int in, int channels, int first,
                                            int first_out, float *filters) {
  const int k = first_out + threadIdx.x % OUTS;
  const float *own = weights + (size_t)first * channels + k;
  for (int row = threadIdx.x / OUTS; row < TAPS * CHUNK; row += LATER_THREADS / OUTS) {
    const int channel = row % CHUNK, tap = row / CHUNK;
    filters[row * OUTS + threadIdx.x % OUTS] =
        k < channels && first + channel < in ? own[(tap * in + channel) * channels] : 0;
  }
}

/* Adds CHUNK channels' products to the sums of row `top` of a window. */
static __device__ inline void add_products(const float *field, const float4 *filters, int top,
                                           int lane, float (*sum)[EACH]) {
  for (int kr = 0; kr < POOL; kr++)
    for (int i = 0; i < CHUNK; i++) {
      float x[FIELD];
      LS_UNROLL for (int j = 0; j < FIELD; j++) x[j] = field[((top + kr) * FIELD + j) * CHUNK + i];
      LS_UNROLL for (int kc = 0; kc < POOL; kc++) {
        const float4 *w = filters + ((kr * POOL + kc) * CHUNK + i) * (OUTS / 4) + lane;
        const float4 a = w[0], b = w[LANES];
        const float tap[EACH] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
        LS_UNROLL for (int p = 0; p < POOL; p++) LS_UNROLL for (int c = 0; c < EACH; c++)
            sum[p][c] = multiply_add(x[p + kc], tap[c], sum[p][c]);
      }
    }
}

/* Block (WINDOWS active windows, OUTS output channels). */
__global__ void __launch_bounds__(LATER_THREADS)
    later_forward(map input, const float *weights, const float *bias, const int *list, map output,
                  unsigned char *argmax) {
  LS_SHARED(float, fields, [WINDOWS * FIELD * FIELD * CHUNK]);
  LS_SHARED(float4, filters, [TAPS * CHUNK * OUTS / 4]);
  const int count = list[0], begin = blockIdx.x * WINDOWS, channels = output.channels;
  const int lane = threadIdx.x % LANES, top = threadIdx.x / LANES % POOL;
  const int mine = threadIdx.x / WINDOW_THREADS, first_out = blockIdx.y * OUTS;
  if (begin >= count) return;
  float *field = fields + mine * FIELD * FIELD * CHUNK;
  float sum[POOL][EACH] = {};
  for (int first = 0; first < input.channels; first += CHUNK) {
    __syncthreads();
    /* Looked up each time: registers are for sums. Behind the end, the last window once more. */
    const int window = list[begin + mine < count ? 1 + begin + mine : count];
    stage_field(input, window, output.columns, first, field);
    stage_filters(weights, input.channels, channels, first, first_out, (float *)filters);
    __syncthreads();
    add_products(field, filters, top, lane, sum);
  }
  /* The rows' maxima, [top][window][OUTS], where the filters and fields were. */
  __syncthreads();
  float *most = (float *)filters, *where = fields;
  LS_UNROLL for (int c = 0; c < EACH; c++) {
    float best = sum[0][c];
    int position = 0;
    LS_UNROLL for (int p = 1; p < POOL; p++) if (is_more(sum[p][c], best)) {
      best = sum[p][c];
      position = p;
    }
    const int at = (top * WINDOWS + mine) * OUTS + c / 4 * OUTS / 2 + lane * 4 + c % 4;
    most[at] = best;
    where[at] = (float)(top * POOL + position);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < WINDOWS * OUTS; i += LATER_THREADS) {
    const int k = first_out + i % OUTS, place = begin + i / OUTS;
    if (k >= channels || place >= count) continue;
    float best = most[i], position = where[i];
    for (int row = 1; row < POOL; row++)
      if (is_more(most[row * WINDOWS * OUTS + i], best)) {
        best = most[row * WINDOWS * OUTS + i];
        position = where[row * WINDOWS * OUTS + i];
      }
    const size_t at = (size_t)list[1 + place] * channels + k;
    output.values[at] = elu(best + bias[k]);
    argmax[at] = (unsigned char)position;
  }
}

static_assert(POOL * WINDOWS * OUTS <= WINDOWS * FIELD * FIELD * CHUNK, "positions fit the fields");

/* Filters of the backward pass, [in / PIXEL][out][tap][PIXEL]: one output channel's filters for
 * PIXEL input channels lie together; and their sums over the taps, for constant regions. A thread
 * for each pair of channels. */
__global__ void __launch_bounds__(THREADS)
    pack_filters(const float *weights, int in, int channels, float *filters, float *tap_sums,
                 int *known) {
  const int i = blockIdx.x * THREADS + threadIdx.x, padded = (in + PIXEL - 1) / PIXEL * PIXEL;
  if (!i) *known = 0;
  if (i >= padded * channels) return;
  const int k = i % channels, channel = i / channels;
  float *to = filters + ((size_t)(channel / PIXEL) * channels + k) * TAPS * PIXEL + channel % PIXEL;
  float sum = 0;
  for (int tap = 0; tap < TAPS; tap++) {
    const float w = channel < in ? weights[((size_t)tap * in + channel) * channels + k] : 0;
    to[tap * PIXEL] = w;
    sum += w;
  }
  if (channel < in) tap_sums[(size_t)channel * channels + k] = sum;
}

ls_status launch_later_pack(const conv_block *conv, ls_error *error) {
  const ls_conv_block_shape &s = conv->shape;
  const size_t padded = (size_t)blocks((size_t)s.in_channels, PIXEL) * PIXEL;
  LS_LAUNCH(conv->d, error, "pack_filters", pack_filters,
            dim3(blocks(padded * (size_t)s.out_channels, THREADS)), dim3(THREADS), conv->weights,
            s.in_channels, s.out_channels, conv->backward_filters, conv->tap_sums, conv->known);
  return LS_OK;
}

ls_status launch_later_forward(const conv_block *conv, const call *c, ls_error *error) {
  device *d = conv->d;
  const map &output = c->output;
  const size_t windows = (size_t)output.rows * output.columns, channels = (size_t)output.channels;
  const unsigned outs = blocks(channels, OUTS);
  LS_LAUNCH(d, error, "mark_windows", mark_windows, dim3(blocks(windows, THREADS)), dim3(THREADS),
            c->input, output, d->skip);
  LS_LAUNCH(d, error, "list_windows", list_windows, dim3(1), dim3(THREADS), output, c->list);
  LS_LAUNCH(d, error, "later_constant", later_constant, dim3(outs), dim3(OUTS), c->input,
            conv->weights, conv->bias, output.channels, conv->known_input, conv->known, c->list,
            (int)windows, conv->background);
  LS_LAUNCH(d, error, "keep_background", keep_background, dim3(1), dim3(THREADS), c->input, output,
            conv->background, c->list, conv->known_input, conv->known);
  LS_LAUNCH(d, error, "later_forward", later_forward, dim3(blocks(windows, WINDOWS), outs),
            dim3(LATER_THREADS), c->input, conv->weights, conv->bias, c->list, output, c->argmax);
  return LS_OK;
}

} // namespace LS_CUDA_NAMESPACE
