#include "backends/cuda/input.h"

namespace LS_CUDA_NAMESPACE {

constexpr int THREADS = 256;
constexpr int POOL = 5;
constexpr int RIM = 2;

/* Windows whose receptive field (5 w - 2 .. 5 w + 6) has this row, or column: first and last. */
static __device__ inline int first_window(int at) {
  return at < RIM ? 0 : (at - RIM) / POOL;
}

static __device__ inline int last_window(int at, int windows) {
  const int last = (at + RIM) / POOL;
  return last < windows ? last : windows - 1;
}

/* A thread for each pair. A pixel lies under at most two tiles in each direction. */
__global__ void __launch_bounds__(THREADS)
    scatter(float *pixels, unsigned char *tiles, int rows, int columns, int planes,
            int tile_columns, int plane, const unsigned *places, const float *values, int count) {
  const int i = blockIdx.x * THREADS + threadIdx.x;
  if (i >= count) return;
  const unsigned place = places[i];
  pixels[(size_t)place * planes + plane] = values[i];
  const int row = place / columns, column = place % columns;
  const int top = first_window(row) / TILE_ROWS, left = first_window(column) / TILE_COLUMNS;
  const int bottom = last_window(row, rows / POOL) / TILE_ROWS;
  const int right = last_window(column, columns / POOL) / TILE_COLUMNS;
  for (int r = top; r <= bottom; r++)
    for (int c = left; c <= right; c++) tiles[r * tile_columns + c] = 1;
}

__global__ void __launch_bounds__(THREADS)
    clear(float *pixels, int planes, int plane, const unsigned *places, int count) {
  const int i = blockIdx.x * THREADS + threadIdx.x;
  if (i < count) pixels[(size_t)places[i] * planes + plane] = 0;
}

ls_status launch_scatter(image_input *input, const uploaded *to, int plane, const unsigned *places,
                         const float *values, size_t count, ls_error *error) {
  if (!count) return LS_OK;
  LS_LAUNCH_ON(input->d->upload, input->d, error, "scatter", scatter, dim3(blocks(count, THREADS)),
               dim3(THREADS), to->pixels, to->tiles, input->rows, input->columns, input->planes,
               input->tile_columns, plane, places, values, (int)count);
  return LS_OK;
}

ls_status launch_clear(image_input *input, const uploaded *to, int plane, const unsigned *places,
                       size_t count, ls_error *error) {
  if (!count) return LS_OK;
  LS_LAUNCH_ON(input->d->upload, input->d, error, "clear", clear, dim3(blocks(count, THREADS)),
               dim3(THREADS), to->pixels, input->planes, plane, places, (int)count);
  return LS_OK;
}

} // namespace LS_CUDA_NAMESPACE
