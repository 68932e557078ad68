/* Forward kernels of the blocks after the first: many input channels, so vector lanes are output
 * channels, and a register block is five neighbouring positions times Z vectors of them.
 *
 *                       filters [tap][in]: Z vectors of output channels
 *                          |          |
 *     position 0   x(k) -> sum[0][0]  sum[0][1] ..     x(k): one input value, in every lane
 *     position 1   x(k) -> sum[1][0]  sum[1][1] ..
 *       ..                                             Each filter vector is loaded once for five
 *     position 4   x(k) -> sum[4][0]  sum[4][1] ..     positions, each x once for Z vectors.
 *
 * Pixels are packed, so a kernel row times all input channels is one run of 5 * in numbers. The
 * filters of one register block, [25 taps][in][Z * LS_LANES], are read front to back five times a
 * window, once for each row of positions. */
#ifndef LS_BACKENDS_OPENMP_KERNELS_LATER_H
#define LS_BACKENDS_OPENMP_KERNELS_LATER_H

#include "backends/openmp/kernels.h"
#include "backends/openmp/vector.h"

#if LS_LANES == 16
enum { Z = 4 }; /* 20 accumulators + 4 filters + 1 of 32 registers */
#define REPEAT_Z REPEAT_4
#else
enum { Z = 2 }; /* 10 + 2 + 1 of 16 */
#define REPEAT_Z REPEAT_2
#endif
enum { BLOCK = Z * LS_LANES };

INLINE void take_maximum(vec value, int position, vec *most, ivec *where) {
  *where = if_more(value, *most, all_int(position), *where);
  *most = larger(value, *most); /* of equal values the one before: the first maximum wins */
}

/* Bias, ELU, and out of the registers; `out` of BLOCK channels exist. Returns 0 if any value is not
 * finite. */
INLINE int finish(const vec *most, const ivec *where, const float *bias, int out, float *values,
                  uint8_t *argmax) {
  _Alignas(64) float y[BLOCK];
  _Alignas(64) int32_t position[BLOCK];
  vec finite = {0};
  REPEAT_Z(z, vec v = elu(most[z] + load(bias + z * LS_LANES)); *(vec *)(y + z * LS_LANES) = v;
           finite += not_finite(v); *(ivec *)(position + z * LS_LANES) = where[z];)
  if (out >= BLOCK) {
    memcpy(values, y, sizeof y);
    for (int k = 0; k < BLOCK; k++) argmax[k] = (uint8_t)position[k];
  } else {
    memcpy(values, y, (size_t)out * sizeof *y);
    for (int k = 0; k < out; k++) argmax[k] = (uint8_t)position[k];
  }
  return no_nan(finite);
}

/* One window, of which the first `rows` rows of positions: 5, or 1 where all are alike. field: its
 * receptive field, rows row_stride apart, [in] floats a pixel. maximum (NULL: not wanted): the
 * pooled sums [BLOCK] before bias and ELU. */
static int window(const float *field, size_t row_stride, int in, int rows, const float *filters,
                  const float *bias, int out, float *values, uint8_t *argmax, float *maximum) {
  vec most[Z];
  ivec where[Z];
  REPEAT_Z(z, most[z] = all(-INFINITY); where[z] = (ivec){0};)
  const int run = 5 * in;
  for (int top = 0; top < rows; top++) {
    vec sum[5][Z];
    REPEAT_5(p, REPEAT_Z(z, sum[p][z] = (vec){0};))
    const float *w = filters;
    for (int kr = 0; kr < 5; kr++) {
      const float *x[5];
      REPEAT_5(p, x[p] = field + (size_t)(top + kr) * row_stride + p * (size_t)in;)
      UNROLL(2) /* one turn at a time leaves the multiply-adds waiting */
      for (int k = 0; k < run; k++, w += BLOCK) {
        vec filter[Z];
        REPEAT_Z(z, filter[z] = *(const vec *)(w + z * LS_LANES);)
        REPEAT_5(p, const vec value = all(x[p][k]); REPEAT_Z(z, sum[p][z] += value * filter[z];))
      }
    }
    REPEAT_5(p, REPEAT_Z(z, take_maximum(sum[p][z], top * 5 + p, &most[z], &where[z]);))
  }
  if (maximum) REPEAT_Z(z, store(maximum + z * LS_LANES, most[z]);)
  return finish(most, where, bias, out, values, argmax);
}

/* Adds one column of the receptive field to the five sums of a row of positions: difference [in] at
 * the column, times the taps with which the positions meet it. */
INLINE void add_column(const int column, float *sums, const float *difference, int in,
                       const float *filters) {
  vec sum[5][Z];
#define MEETS(p) (column - (p) >= 0 && column - (p) < 5)
  REPEAT_5(p, if (MEETS(p)) REPEAT_Z(z, sum[p][z] = *(vec *)(sums + (p * Z + z) * LS_LANES);))
  for (int k = 0; k < in; k++) {
    const vec value = all(difference[k]);
    REPEAT_5(
        p, if (MEETS(p)) {
          const float *w = filters + ((size_t)(column - p) * (size_t)in + (size_t)k) * BLOCK;
          REPEAT_Z(z, sum[p][z] += value * *(const vec *)(w + z * LS_LANES);)
        })
  }
  REPEAT_5(p, if (MEETS(p)) REPEAT_Z(z, *(vec *)(sums + (p * Z + z) * LS_LANES) = sum[p][z];))
#undef MEETS
}

static void add_any_column(int column, float *sums, const float *difference, int in,
                           const float *filters) {
  switch (column) {
#define CASE(c)                                                                                    \
  case c:                                                                                          \
    add_column(c, sums, difference, in, filters);                                                  \
    break;
    CASE(0) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)
#undef CASE
  }
}

/* One window with few active pixels: conv(x) = conv(background) + conv(x - background), and the
 * second is zero but at active pixels. difference: [9][9][in], set where bit c of columns[r] is.
 * constant: conv(background) [BLOCK]. */
static int window_shortcut(const float *difference, const unsigned *columns, int in,
                           const float *filters, const float *constant, const float *bias, int out,
                           float *values, uint8_t *argmax) {
  _Alignas(64) float sums[25 * BLOCK];
  for (int p = 0; p < 25; p++) memcpy(sums + p * BLOCK, constant, BLOCK * sizeof(float));
  for (int kr = 0; kr < 5; kr++)
    for (int top = 0; top < 5; top++)
      for (unsigned left = columns[top + kr]; left; left &= left - 1) {
        int column = __builtin_ctz(left);
        add_any_column(column, sums + top * 5 * BLOCK,
                       difference +
                           ((size_t)(top + kr) * LS_OPENMP_FIELD + (size_t)column) * (size_t)in,
                       in, filters + (size_t)kr * 5 * (size_t)in * BLOCK);
      }
  vec most[Z];
  ivec where[Z];
  REPEAT_Z(z, most[z] = all(-INFINITY); where[z] = (ivec){0};)
  for (int p = 0; p < 25; p++)
    REPEAT_Z(z, take_maximum(*(vec *)(sums + (p * Z + z) * LS_LANES), p, &most[z], &where[z]);)
  return finish(most, where, bias, out, values, argmax);
}

#endif
