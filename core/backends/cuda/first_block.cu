/* The first block on an image, forward.
 *
 * As in the backend openmp, lanes are neighbouring windows. There a row is split into phases so
 * that lanes lie side by side; here the receptive fields of a tile of windows lie in shared memory
 * as they are: neighbouring windows are five pixels apart, and as five and the number of banks have
 * no common divisor, no two lanes meet in a bank.
 *
 * A thread takes five positions (a row of its window) and five output channels at a time: 25 sums
 * in registers, and for each five pixels' products one read of each number. No output of the
 * convolution reaches memory.
 *
 * A tile that no charge lies under (tiles, input.h) is not even read; of the others, a warp
 * computes its row of windows if any of these sees charge. */
#include "backends/cuda/arithmetic.h"
#include "backends/cuda/blocks.h"

namespace LS_CUDA_NAMESPACE {

constexpr int GROUP = 5;  /* output channels at once */
constexpr int PADDED = 8; /* floats from one tap's filters to the next's */
constexpr int TILE_FIELD = POOL * TILE_COLUMNS + FIELD - POOL;
constexpr int PACK_THREADS = 64;

struct first_size {
  int height, width, tile_columns, skip;
};

/* What a window without charge gives: its sums are products with zero, all equal, and the first is
 * the maximum. A weight that is no number shows here too. A thread for each channel. */
__global__ void __launch_bounds__(PACK_THREADS)
    first_constant(const float *weights, const float *bias, int terms, int channels,
                   float *background) {
  const int k = blockIdx.x * PACK_THREADS + threadIdx.x;
  if (k >= channels) return;
  float sum = 0;
  for (int i = 0; i < terms; i++) sum = multiply_add(0, weights[(size_t)i * channels + k], sum);
  background[k] = elu(sum + bias[k]);
}

/* GROUP channels of one window: the largest sum of each and its position. field: the window's top
 * left pixel in the first plane's tile. filters: [kernel row][plane][kernel column][PADDED]. Sums
 * run over kernel row, plane, kernel column, in this order for every position. */
template <int PLANES, int TILE>
static __device__ inline void group_of_channels(const float *field, const float *filters,
                                                float *most, int *where) {
  LS_UNROLL for (int c = 0; c < GROUP; c++) {
    most[c] = -INFINITY;
    where[c] = 0;
  }
  for (int top = 0; top < POOL; top++) {
    float sum[POOL][GROUP] = {};
    for (int kr = 0; kr < POOL; kr++)
      for (int plane = 0; plane < PLANES; plane++) {
        const float *row = field + plane * TILE + (top + kr) * TILE_FIELD;
        const float *w = filters + (kr * PLANES + plane) * POOL * PADDED;
        float x[FIELD];
        LS_UNROLL for (int j = 0; j < FIELD; j++) x[j] = row[j];
        LS_UNROLL for (int kc = 0; kc < POOL; kc++) LS_UNROLL for (int p = 0; p < POOL; p++)
            LS_UNROLL for (int c = 0; c < GROUP; c++) sum[p][c] =
                multiply_add(x[p + kc], w[kc * PADDED + c], sum[p][c]);
      }
    LS_UNROLL for (int p = 0; p < POOL; p++)
        LS_UNROLL for (int c = 0; c < GROUP; c++) if (is_more(sum[p][c], most[c])) {
      most[c] = sum[p][c];
      where[c] = top * POOL + p;
    }
  }
}

/* Of the filters [tap][plane][out], those of a group of channels; zero where there is none. */
template <int PLANES>
static __device__ inline void stage_filters(const float *weights, int channels, int first,
                                            int thread, int threads, float *filters) {
  for (int i = thread; i < TAPS * PLANES * PADDED; i += threads) {
    const int c = i % PADDED, kc = i / PADDED % POOL, plane = i / PADDED / POOL % PLANES;
    const int kr = i / PADDED / POOL / PLANES, k = first + c;
    filters[i] = c < GROUP && k < channels
                     ? weights[((size_t)(kr * POOL + kc) * PLANES + plane) * channels + k]
                     : 0;
  }
}

/* The receptive fields of a tile of windows, [PLANES][rows][TILE_FIELD], zero outside the image. */
template <int PLANES, int FIELD_ROWS>
static __device__ inline void stage_field(const float *pixels, const first_size &size, int top,
                                          int left, int thread, int threads, float *field) {
  for (int i = thread; i < PLANES * FIELD_ROWS * TILE_FIELD; i += threads) {
    const int c = left + i / PLANES % TILE_FIELD, r = top + i / PLANES / TILE_FIELD;
    const bool inside = r >= 0 && r < size.height && c >= 0 && c < size.width;
    field[i % PLANES * FIELD_ROWS * TILE_FIELD + i / PLANES] =
        inside ? pixels[((size_t)r * size.width + c) * PLANES + i % PLANES] : 0;
  }
}

template <int PLANES, int TILE> static __device__ inline bool sees_charge(const float *field) {
  for (int plane = 0; plane < PLANES; plane++)
    for (int r = 0; r < FIELD; r++)
      for (int c = 0; c < FIELD; c++)
        if (field[plane * TILE + r * TILE_FIELD + c] != 0) return true; /* NaN too */
  return false;
}

/* Block (tile column, rows of a tile): 32 windows in each of ROWS rows. */
template <int PLANES, int ROWS>
__global__ void __launch_bounds__(TILE_COLUMNS *ROWS)
    first_forward(first_size size, const float *pixels, const unsigned char *tiles,
                  const float *weights, const float *bias, const float *background, map output,
                  unsigned char *argmax) {
  constexpr int FIELD_ROWS = POOL * ROWS + FIELD - POOL;
  constexpr int TILE = FIELD_ROWS * TILE_FIELD;
  LS_SHARED(float, field, [PLANES * TILE]);
  LS_SHARED(float, filters, [TAPS * PLANES * PADDED]);
  const int row = blockIdx.y * ROWS + threadIdx.y, column = blockIdx.x * TILE_COLUMNS + threadIdx.x;
  const int thread = threadIdx.y * TILE_COLUMNS + threadIdx.x, channels = output.channels;
  const bool inside = row < output.rows && column < output.columns;
  const size_t window = inside ? (size_t)row * output.columns + column : 0;
  float *values = output.values + window * channels;
  if (!blockIdx.x && !blockIdx.y)
    for (int k = thread; k < channels; k += TILE_COLUMNS * ROWS)
      output.background[k] = background[k];
  if (size.skip && !tiles[blockIdx.y * ROWS / TILE_ROWS * size.tile_columns + blockIdx.x]) {
    if (inside) output.active[window] = 0;
    return;
  }
  stage_field<PLANES, FIELD_ROWS>(pixels, size, (int)blockIdx.y * ROWS * POOL - RIM,
                                  (int)blockIdx.x * TILE_COLUMNS * POOL - RIM, thread,
                                  TILE_COLUMNS * ROWS, field);
  __syncthreads();
  const float *own = field + threadIdx.y * POOL * TILE_FIELD + threadIdx.x * POOL;
  const bool active = inside && (!size.skip || sees_charge<PLANES, TILE>(own));
  if (inside) output.active[window] = active;
  for (int first = 0; first < channels; first += GROUP) {
    __syncthreads();
    stage_filters<PLANES>(weights, channels, first, thread, TILE_COLUMNS * ROWS, filters);
    __syncthreads();
    if (!active) continue;
    float most[GROUP];
    int where[GROUP];
    group_of_channels<PLANES, TILE>(own, filters, most, where);
    LS_UNROLL for (int c = 0; c < GROUP; c++) if (first + c < channels) {
      values[first + c] = elu(most[c] + bias[first + c]);
      argmax[window * channels + first + c] = (unsigned char)where[c];
    }
  }
}

ls_status launch_first_pack(const conv_block *conv, ls_error *error) {
  const ls_conv_block_shape &s = conv->shape;
  LS_LAUNCH(conv->d, error, "first_constant", first_constant,
            dim3(blocks(s.out_channels, PACK_THREADS)), dim3(PACK_THREADS), conv->weights,
            conv->bias, TAPS * s.in_channels, s.out_channels, conv->background);
  return LS_OK;
}

/* Tiles of fewer rows for several planes, so that they fit the shared memory of any device. */
template <int PLANES, int ROWS>
static ls_status launch(const conv_block *conv, const call *c, ls_error *error) {
  const first_size size = {conv->shape.height, conv->shape.width, conv->input->tile_columns,
                           conv->d->skip};
  LS_LAUNCH(conv->d, error, "first_forward", (first_forward<PLANES, ROWS>),
            dim3(blocks(c->output.columns, TILE_COLUMNS), blocks(c->output.rows, ROWS)),
            dim3(TILE_COLUMNS, ROWS), size, c->image->pixels, c->image->tiles, conv->weights,
            conv->bias, conv->background, c->output, c->argmax);
  return LS_OK;
}

ls_status launch_first_forward(const conv_block *conv, const call *c, ls_error *error) {
  switch (conv->shape.in_channels) {
  case 1:
    return launch<1, 4>(conv, c, error);
  case 2:
    return launch<2, 2>(conv, c, error);
  default:
    return launch<3, 2>(conv, c, error);
  }
}

} // namespace LS_CUDA_NAMESPACE
