/* Backward kernels of the blocks after the first, 16 input channels at a time.
 *
 * Max-pool sends each gradient to one position of 25. For one output channel of one window that is
 *     dW[tap][in] += g * x[position + tap][in]      dX[position + tap][in] += g * W[tap][in]
 * with 25 taps: 25 vectors of 16 channels, which are the registers of AVX-512. The receptive fields
 * of a batch of windows lie in a patch with 16 floats a pixel (LS_OPENMP_PATCH pixels in a row), so
 * that every tap of every position is one aligned vector:
 *
 *     patch    [9 rows][LS_OPENMP_PATCH][16]      from the activation, then again for its gradient
 *     sums     [25 taps][16]                      of one output channel: stay in registers
 *     offset   of the position's first tap in the patch
 *
 * With narrower vectors the 400 numbers go through the registers in pieces of ten vectors. */
#ifndef LS_BACKENDS_OPENMP_KERNELS_BACKWARD_H
#define LS_BACKENDS_OPENMP_KERNELS_BACKWARD_H

#include "backends/openmp/kernels.h"
#include "backends/openmp/vector.h"

enum { PIXEL = LS_OPENMP_PIXEL, ROW = LS_OPENMP_PATCH * PIXEL };

/* Of `count` values (windows and channels): the gradient before ELU, and the place of the
 * position's first tap where rows are `row` pixels apart and pixels `unit` floats. */
static void before_pool(const float *restrict output, const float *restrict output_gradient,
                        const uint8_t *restrict argmax, int count, int row, int unit,
                        float *restrict gradient, int32_t *restrict offset) {
  for (int i = 0; i < count; i++)
    gradient[i] = output_gradient[i] * (output[i] > 0 ? 1 : output[i] + 1);
  for (int i = 0; i < count; i++) {
    int window_row = argmax[i] * 13 >> 6; /* argmax / 5 */
    offset[i] = (argmax[i] + window_row * (row - 5)) * unit;
  }
}

/* Some of the last pixel's lanes may belong to its neighbour: lanes that nobody reads. */
static void patch_in(const float *pixels, int in, int width, int count, float *patch) {
  (void)width;
  for (int j = 0; j < count; j++)
    for (int v = 0; v < PIXEL; v += LS_LANES)
      *(vec *)(patch + j * PIXEL + v) = load(pixels + (size_t)j * (size_t)in + v);
}

INLINE void add_pixels(float *pixels, int in, const int width, int count, const float *patch) {
  for (int j = 0; j < count; j++, pixels += in, patch += PIXEL) {
    int k = 0;
    for (; k + 8 <= width; k += 8)
      *(eight_anywhere *)(pixels + k) += *(const eight_anywhere *)(patch + k);
    for (; k < width; k++) pixels[k] += patch[k];
  }
}

/* Adds the patch to a row of pixels, `width` channels of each. Exact widths: a wide store would
 * reach into the next pixel, and its load would have to wait for it. */
static void patch_out(float *pixels, int in, int width, int count, const float *patch) {
  if (width == PIXEL)
    add_pixels(pixels, in, PIXEL, count, patch);
  else if (width == 10)
    add_pixels(pixels, in, 10, count, patch);
  else
    add_pixels(pixels, in, width, count, patch);
}

/* The same for pixels to which nothing has been written. A store reaches into the next pixel where
 * all of its channels are this task's (in < 16) and come after. */
static void patch_first_out(float *pixels, int in, int width, int count, const float *patch) {
  const int wide = width == PIXEL || in < PIXEL;
  for (int j = 0; j < count; j++, pixels += in, patch += PIXEL)
    if (wide && (width == PIXEL || j + 1 < count))
      for (int v = 0; v < PIXEL; v += LS_LANES) store(pixels + v, *(const vec *)(patch + v));
    else
      memcpy(pixels, patch, (size_t)width * sizeof *patch);
}

/* One output channel. gradient, offset: one for each window, `stride` apart. fresh: sums holds
 * nothing yet. */
#if LS_LANES == 16
#define TAP(r, t) ((r)*5 + (t))
static void weight_gradient(float *sums, const float *patch, const float *gradient,
                            const int32_t *offset, int windows, int stride, int fresh) {
  vec sum[25];
  if (fresh)
    REPEAT_5(r, REPEAT_5(t, sum[TAP(r, t)] = (vec){0};))
  else
    REPEAT_5(r, REPEAT_5(t, sum[TAP(r, t)] = *(vec *)(sums + TAP(r, t) * PIXEL);))
  for (int w = 0; w < windows; w++) {
    const float *x = patch + offset[w * stride];
    const vec g = all(gradient[w * stride]);
    REPEAT_5(r, REPEAT_5(t, sum[TAP(r, t)] += g * *(const vec *)(x + r * ROW + t * PIXEL);))
  }
  REPEAT_5(r, REPEAT_5(t, *(vec *)(sums + TAP(r, t) * PIXEL) = sum[TAP(r, t)];))
}

static void input_gradient(const float *filter, float *patch, const float *gradient,
                           const int32_t *offset, int windows, int stride) {
  vec tap[25];
  REPEAT_5(r, REPEAT_5(t, tap[TAP(r, t)] = *(const vec *)(filter + TAP(r, t) * PIXEL);))
  for (int w = 0; w < windows; w++) {
    float *x = patch + offset[w * stride];
    const vec g = all(gradient[w * stride]);
    REPEAT_5(r, REPEAT_5(t, vec *at = (vec *)(x + r * ROW + t * PIXEL); *at += g * tap[TAP(r, t)];))
  }
}
#else
enum { PIECE = 2 * LS_LANES }; /* of a pixel: five taps of two vectors are ten accumulators */
static void weight_gradient(float *sums, const float *patch, const float *gradient,
                            const int32_t *offset, int windows, int stride, int fresh) {
  for (int r = 0; r < 5; r++)
    for (int piece = 0; piece < PIXEL; piece += PIECE) {
      float *s = sums + r * 5 * PIXEL + piece;
      vec sum[5][2];
      if (fresh)
        REPEAT_5(t, REPEAT_2(v, sum[t][v] = (vec){0};))
      else
        REPEAT_5(t, REPEAT_2(v, sum[t][v] = *(vec *)(s + t * PIXEL + v * LS_LANES);))
      for (int w = 0; w < windows; w++) {
        const float *x = patch + offset[w * stride] + r * ROW + piece;
        const vec g = all(gradient[w * stride]);
        REPEAT_5(t, REPEAT_2(v, sum[t][v] += g * *(const vec *)(x + t * PIXEL + v * LS_LANES);))
      }
      REPEAT_5(t, REPEAT_2(v, *(vec *)(s + t * PIXEL + v * LS_LANES) = sum[t][v];))
    }
}

static void input_gradient(const float *filter, float *patch, const float *gradient,
                           const int32_t *offset, int windows, int stride) {
  for (int r = 0; r < 5; r++)
    for (int piece = 0; piece < PIXEL; piece += PIECE) {
      const float *f = filter + r * 5 * PIXEL + piece;
      vec tap[5][2];
      REPEAT_5(t, REPEAT_2(v, tap[t][v] = *(const vec *)(f + t * PIXEL + v * LS_LANES);))
      for (int w = 0; w < windows; w++) {
        float *x = patch + offset[w * stride] + r * ROW + piece;
        const vec g = all(gradient[w * stride]);
        REPEAT_5(
            t, REPEAT_2(v, vec *at = (vec *)(x + t * PIXEL + v * LS_LANES); *at += g * tap[t][v];))
      }
    }
}
#endif

/* Channels whose taps meet the pixel, their gradients and places; returns how many. They come in up
 * to five stretches, copied by whole vectors: their lengths are too short and varied for loops. */
INLINE int channels_at(const ls_openmp_sorted *sorted, int row, int column, float *gradient,
                       int32_t *place) {
  const int left = column < 4 ? 0 : column - 4, right = column < 4 ? column : 4;
  const int last = row < 4 ? row : 4;
  int count = 0;
  for (int top = row < 4 ? 0 : row - 4; top <= last; top++) {
    const int begin = sorted->begin[top * 5 + left];
    const int length = sorted->begin[top * 5 + right + 1] - begin;
    for (int j = 0; j < length; j += LS_LANES) {
      store(gradient + count + j, load(sorted->gradient + begin + j));
      memcpy(place + count + j, sorted->place + begin + j, sizeof(ivec));
      KEEP_LOADS_HERE(); /* or gcc calls memcpy for the whole stretch */
    }
    count += length;
  }
  return count;
}

/* One active pixel of a window with few of them, at (row, column) of the receptive field, against
 * all output channels whose 25 taps meet it: dW += g * (pixel - background), and the pixel's
 * gradient, sum of g * W, into `gradient` and added to `touched`. The rest, g * background for
 * every tap, is the same for all windows and left to the caller. pixel, background, gradient,
 * touched: [16]; filters, sums: [out][25][16]. */
static void pixel_gradient(const ls_openmp_sorted *sorted, int row, int column, const float *pixel,
                           const float *background, const float *filters, float *sums,
                           float *gradient, float *touched) {
  enum { V = PIXEL / LS_LANES };
  _Alignas(64) float g[LS_OPENMP_MOST_OUT + PIXEL];
  _Alignas(64) int32_t place[LS_OPENMP_MOST_OUT + PIXEL];
  const int count = channels_at(sorted, row, column, g, place), tap = (row * 5 + column) * PIXEL;
  vec x[V], even[V], odd[V];
  for (int v = 0; v < V; v++) {
    x[v] = load(pixel + v * LS_LANES) - load(background + v * LS_LANES);
    even[v] = odd[v] = (vec){0};
  }
#define ADD_CHANNEL(i, total)                                                                      \
  for (int v = 0; v < V; v++) {                                                                    \
    const int at = place[i] + tap + v * LS_LANES;                                                  \
    *(vec *)(sums + at) += all(g[i]) * x[v];                                                       \
    total[v] += all(g[i]) * *(const vec *)(filters + at);                                          \
  }
  int i = 0;
  for (; i + 1 < count; i += 2) {
    ADD_CHANNEL(i, even)
    ADD_CHANNEL(i + 1, odd)
  }
  if (i < count) ADD_CHANNEL(i, even)
#undef ADD_CHANNEL
  for (int v = 0; v < V; v++) {
    const vec sum = even[v] + odd[v];
    store(gradient + v * LS_LANES, sum);
    store(touched + v * LS_LANES, load(touched + v * LS_LANES) + sum);
  }
}

/* to[column][row] = or += from[row][column], of at most 16 x 16 numbers. Rows can be read up to a
 * multiple of the lanes. */
static void transpose_block(const float *from, size_t from_stride, int rows, int columns, float *to,
                            size_t to_stride, int add) {
  for (int r = 0; r < rows; r += LS_LANES)
    for (int c = 0; c < columns; c += LS_LANES) {
      vec block[LS_LANES];
      const int some = rows - r < LS_LANES ? rows - r : LS_LANES;
      for (int i = 0; i < LS_LANES; i++)
        block[i] = i < some ? load(from + (size_t)(r + i) * from_stride + c) : (vec){0};
      transpose(block);
      for (int i = 0; i < LS_LANES && c + i < columns; i++) {
        float *row = to + (size_t)(c + i) * to_stride + r;
        if (some == LS_LANES)
          store(row, add ? load(row) + block[i] : block[i]);
        else
          for (int k = 0; k < some; k++) row[k] = (add ? row[k] : 0) + block[i][k];
      }
    }
}

#endif
