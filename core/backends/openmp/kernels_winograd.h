/* Kernels with Winograd's F(5, 5) along rows (winograd.h): input transform, products, output
 * transform with the maximum.
 *
 * Later blocks: a window's receptive field d [9 rows][9 columns][in] becomes u [9 points][9 rows]
 * [in], so that for each point the five kernel rows times all input channels of window row r are
 * one run of 5 * in numbers from u[point][r] on: the loop of the direct kernel (kernels_later.h),
 * with the five window rows in place of five positions.
 *
 * First block: lanes are windows; the nine phases of a row become nine points. */
#ifndef LS_BACKENDS_OPENMP_KERNELS_WINOGRAD_H
#define LS_BACKENDS_OPENMP_KERNELS_WINOGRAD_H

#include "backends/openmp/kernels.h"
#include "backends/openmp/kernels_later.h"
#include "backends/openmp/vector.h"
#include "backends/openmp/winograd.h"

enum { POINTS = LS_WINOGRAD_POINTS };

/* B^T d of nine vectors. */
INLINE void transform_input(const vec *d, vec *u) {
  u[0] =
      4.f / 21 * (d[0] - d[6]) - 8.f / 63 * (d[1] - d[7]) - (d[2] - d[4]) + 2.f / 3 * (d[3] - d[5]);
  u[1] = -12.f / 59 * d[1] - 4.f / 59 * (d[2] + d[6]) + d[3] + 17.f / 59 * d[4] - 46.f / 59 * d[5] +
         8.f / 59 * d[7];
  u[2] = 12.f / 85 * d[1] - 4.f / 17 * (d[2] + d[6]) - 43.f / 85 * d[3] + d[4] - 22.f / 85 * d[5] +
         8.f / 85 * d[7];
  u[3] = -3.f / 17 * d[1] + 1.f / 34 * d[2] + 16.f / 17 * d[3] - 5.f / 34 * d[4] - d[5] +
         2.f / 17 * d[6] + 4.f / 17 * d[7];
  u[4] = 6.f / 35 * d[1] - 1.f / 5 * d[2] - 4.f / 5 * (d[3] + d[6]) + d[4] + 2.f / 5 * d[5] +
         8.f / 35 * d[7];
  u[5] = -12.f / 31 * d[1] - 16.f / 31 * d[2] + d[3] + 20.f / 31 * d[4] - 23.f / 31 * d[5] -
         4.f / 31 * (d[6] - d[7]);
  u[6] = 3.f / 10 * d[1] - 4.f / 5 * d[2] + 1.f / 40 * d[3] + d[4] - 17.f / 40 * d[5] -
         1.f / 5 * d[6] + 1.f / 10 * d[7];
  u[7] = 4.f / 21 * (d[7] - d[1]) + d[3] - d[5];
  u[8] =
      4.f / 21 * (d[1] - d[7]) - 8.f / 63 * (d[2] - d[8]) - (d[3] - d[5]) + 2.f / 3 * (d[4] - d[6]);
}

/* A^T m of nine vectors, and the maximum over the row of positions that begins at `position`. */
INLINE void transform_output(const vec *m, int position, vec *most, ivec *where) {
  const vec sum1 = m[1] + m[2], difference1 = m[1] - m[2]; /* points 1 and -1 */
  const vec sum2 = m[3] + m[4], difference2 = m[3] - m[4]; /* 2 and -2 */
  const vec sum3 = m[5] + m[6], difference3 = m[5] - m[6]; /* 1/2 and -1/2 */
  take_maximum(m[0] + sum1 + sum2 + sum3 + m[7], position, most, where);
  take_maximum(difference1 + 2 * difference2 + 0.5f * difference3 + 1.5f * m[7], position + 1, most,
               where);
  take_maximum(sum1 + 4 * sum2 + 0.25f * sum3 + 2.25f * m[7], position + 2, most, where);
  take_maximum(difference1 + 8 * difference2 + 0.125f * difference3 + 3.375f * m[7], position + 3,
               most, where);
  take_maximum(sum1 + 16 * sum2 + 0.0625f * sum3 + 5.0625f * m[7] + m[8], position + 4, most,
               where);
}

/* G g for `count` filters side by side, their taps `stride` apart; in float64. */
static void winograd_filter(const float *restrict taps, size_t stride, const double *g, int count,
                            float *restrict to) {
  const float *restrict t1 = taps + stride, *restrict t2 = t1 + stride, *restrict t3 = t2 + stride,
                        *restrict t4 = t3 + stride;
  for (int k = 0; k < count; k++)
    to[k] = (float)(g[0] * (double)taps[k] + g[1] * (double)t1[k] + g[2] * (double)t2[k] +
                    g[3] * (double)t3[k] + g[4] * (double)t4[k]);
}

/* u: [9 points], `point` floats apart, of [9 rows][in]. A row's last vector may reach into the next
 * row, which is written after it; the last row's into slack. */
static void winograd_input(const float *field, size_t row_stride, int in, float *u, size_t point) {
  for (int r = 0; r < LS_OPENMP_FIELD; r++)
    for (int k = 0; k < in; k += LS_LANES) {
      const float *x = field + (size_t)r * row_stride + k;
      float *to = u + (size_t)r * (size_t)in + k;
      vec d[9], t[9];
      REPEAT_9(i, d[i] = load(x + (size_t)i * (size_t)in);)
      transform_input(d, t);
      REPEAT_9(n, store(to + n * point, t[n]);)
    }
}

/* One point of one window: products [5 window rows][Z] of `u` [9 rows][in] with the filters of that
 * point, [5 kernel rows][in][BLOCK]. */
static void winograd_products(const float *u, int in, const float *filters, float *products) {
  vec sum[5][Z];
  const float *x[5];
  const int run = 5 * in;
  REPEAT_5(r, x[r] = u + r * (size_t)in; REPEAT_Z(z, sum[r][z] = (vec){0};))
  UNROLL(2)
  for (int k = 0; k < run; k++, filters += BLOCK) {
    vec filter[Z];
    REPEAT_Z(z, filter[z] = *(const vec *)(filters + z * LS_LANES);)
    REPEAT_5(r, const vec value = all(x[r][k]); REPEAT_Z(z, sum[r][z] += value * filter[z];))
  }
  REPEAT_5(r, REPEAT_Z(z, *(vec *)(products + (r * Z + z) * LS_LANES) = sum[r][z];))
}

/* products: [9 points][5 rows][BLOCK] of one window. */
static int winograd_finish(const float *products, const float *bias, int out, float *values,
                           uint8_t *argmax) {
  vec most[Z];
  ivec where[Z];
  REPEAT_Z(z, {
    most[z] = all(-INFINITY);
    where[z] = (ivec){0};
    for (int r = 0; r < 5; r++) {
      const float *p = products + (r * Z + z) * LS_LANES;
      vec m[9];
      REPEAT_9(n, m[n] = *(const vec *)(p + n * 5 * BLOCK);)
      transform_output(m, r * 5, &most[z], &where[z]);
    }
  })
  return finish(most, where, bias, out, values, argmax);
}

/* In place: the nine phases [9][LS_LANES] of a row and plane. */
static void winograd_first_input(float *phases) {
  vec d[9], u[9];
  REPEAT_9(i, d[i] = *(const vec *)(phases + i * LS_LANES);)
  transform_input(d, u);
  REPEAT_9(n, *(vec *)(phases + n * LS_LANES) = u[n];)
}

#if LS_LANES == 16
enum { PAIR = 2 }; /* channels at once: 10 sums + 9 inputs + 2 filters of 32 registers */
#define REPEAT_PAIR REPEAT_2
#else
enum { PAIR = 1 }; /* 5 + 9 + 1 of 16 */
#define REPEAT_PAIR REPEAT_1
#endif

/* As first_windows, of transformed rows. filters: [channels / PAIR][9 points][plane][kernel row]
 * [PAIR]; bias, values, positions as there; channels: a multiple of PAIR. */
static void winograd_first_windows(const float *const *rows, int planes, int channels,
                                   const float *filters, const float *bias, float *values,
                                   int32_t *positions) {
  _Alignas(64) float products[PAIR * 5 * POINTS * LS_LANES];
  for (int k = 0; k < channels; k += PAIR) {
    UNROLL(9)
    for (int n = 0; n < POINTS; n++) {
      vec sum[PAIR][5];
      REPEAT_PAIR(c, REPEAT_5(r, sum[c][r] = (vec){0};))
      for (int p = 0; p < planes; p++, filters += 5 * PAIR) {
        vec u[9];
        REPEAT_9(y, u[y] = *(const vec *)(rows[y] + (p * POINTS + n) * LS_LANES);)
        REPEAT_5(kr, REPEAT_PAIR(c, const vec w = all(filters[kr * PAIR + c]);
                                 REPEAT_5(r, sum[c][r] += u[r + kr] * w;)))
      }
      REPEAT_PAIR(
          c, REPEAT_5(r, *(vec *)(products + ((c * 5 + r) * POINTS + n) * LS_LANES) = sum[c][r];))
    }
    for (int c = 0; c < PAIR; c++) {
      vec most = all(-INFINITY);
      ivec where = {0};
      REPEAT_5(r, vec m[9];
               REPEAT_9(n, m[n] = *(const vec *)(products + ((c * 5 + r) * POINTS + n) * LS_LANES);)
                   transform_output(m, r * 5, &most, &where);)
      *(vec *)(values + (k + c) * LS_LANES) = most;
      *(ivec *)(positions + (k + c) * LS_LANES) = where;
    }
  }
  /* After all of them: one channel's ELU is a chain, and chains side by side cost less. */
  for (int k = 0; k < channels; k++) {
    vec *value = (vec *)(values + k * LS_LANES);
    *value = elu(*value + all(bias[k]));
  }
}

#endif
