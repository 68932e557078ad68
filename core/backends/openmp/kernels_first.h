/* Kernels of the first block: the image has one to three planes, so vector lanes are neighbouring
 * windows, not channels.
 *
 * A row of the image is split into phases: phase j of LS_LANES windows holds column 5 w + j of each
 * window w, j = 0 .. 8. With that the convolution at one position of all these windows is 25
 * products of a phase with a number, and the pool is 25 maxima of whole vectors:
 *
 *     columns of the row    0 1 2 3 4 5 6 7 8 9 10 11 12 13 ..
 *     window 0              0 1 2 3 4 5 6 7 8                       phase 0: 0 5 10 ..
 *     window 1                        0 1 2 3 4 5  6  7  8          phase 1: 1 6 11 ..
 */
#ifndef LS_BACKENDS_OPENMP_KERNELS_FIRST_H
#define LS_BACKENDS_OPENMP_KERNELS_FIRST_H

#include "backends/openmp/kernels.h"
#include "backends/openmp/vector.h"

enum { FIELD = LS_OPENMP_FIELD, ROW_PHASES = FIELD * LS_LANES };

#if LS_LANES == 16
#define GROUP 5 /* 25 accumulators + 5 weights + 1 phase fit 32 registers */
#define REPEAT_GROUP REPEAT_5
#else
#define GROUP 2 /* 10 + 2 + 1 of 16 */
#define REPEAT_GROUP REPEAT_2
#endif

/* row: 5 LS_LANES + 4 pixels from the left edge of the first window's receptive field on. phases:
 * [9][LS_LANES]. Returns 0 if any pixel is not finite. */
static int first_split(const float *row, float *phases) {
  const vec v0 = load(row), v1 = load(row + LS_LANES), v2 = load(row + 2 * LS_LANES),
            v3 = load(row + 3 * LS_LANES), v4 = load(row + 4 * LS_LANES);
  vec finite = not_finite(v0) + not_finite(v1) + not_finite(v2) + not_finite(v3) + not_finite(v4);
  /* Lane i of phase j is pixel 5 i + j: from v0 or v1, from v2 or v3, or from v4. */
#define PIXEL_OF(i) (5 * (i) + j)
#define FROM_01(i) (PIXEL_OF(i) < 2 * LS_LANES ? PIXEL_OF(i) : 0)
#define FROM_23(i)                                                                                 \
  (PIXEL_OF(i) >= 2 * LS_LANES && PIXEL_OF(i) < 4 * LS_LANES ? PIXEL_OF(i) - 2 * LS_LANES : 0)
#define EITHER(i) (PIXEL_OF(i) < 2 * LS_LANES ? (i) : LS_LANES + (i))
#define OR_FROM_4(i) (PIXEL_OF(i) < 4 * LS_LANES ? (i) : PIXEL_OF(i) - 3 * LS_LANES)
#define NEXT(i) ((i) + 1)
  REPEAT_5(
      j, vec low = __builtin_shufflevector(v0, v1, EACH_LANE(FROM_01));
      vec high = __builtin_shufflevector(v2, v3, EACH_LANE(FROM_23));
      vec most = __builtin_shufflevector(low, high, EACH_LANE(EITHER));
      vec phase = __builtin_shufflevector(most, v4, EACH_LANE(OR_FROM_4));
      *(vec *)(phases + j * LS_LANES) = phase; if (j < 4) {
        vec next = all(row[5 * LS_LANES + j]);
        finite += not_finite(next);
        *(vec *)(phases + (5 + j) * LS_LANES) =
            __builtin_shufflevector(phase, next, EACH_LANE(NEXT));
      })
#undef PIXEL_OF
#undef FROM_01
#undef FROM_23
#undef EITHER
#undef OR_FROM_4
#undef NEXT
  return no_nan(finite);
}

/* GROUP channels of LS_LANES windows. One row of five positions at a time: 5 x GROUP accumulators.
 * Sums run over kernel row, plane, kernel column, in this order for every position. */
INLINE void group_of_channels(const float *const *rows, int planes, const float *filters, vec *most,
                              ivec *where) {
  REPEAT_GROUP(c, most[c] = all(-INFINITY); where[c] = (ivec){0};)
  for (int top = 0; top < 5; top++) {
    vec sum[5][GROUP];
    REPEAT_5(p, REPEAT_GROUP(c, sum[p][c] = (vec){0};))
    const float *w = filters;
    for (int kr = 0; kr < 5; kr++)
      for (int plane = 0; plane < planes; plane++, w += 5 * GROUP) {
        const float *x = rows[top + kr] + plane * ROW_PHASES;
        REPEAT_5(kc, vec weight[GROUP]; REPEAT_GROUP(c, weight[c] = all(w[kc * GROUP + c]);)
                     REPEAT_5(p, const vec phase = *(const vec *)(x + (p + kc) * LS_LANES);
                              REPEAT_GROUP(c, sum[p][c] += phase * weight[c];)) KEEP_LOADS_HERE();)
      }
    REPEAT_5(p, ivec position = all_int(top * 5 + p);
             REPEAT_GROUP(c, where[c] = if_more(sum[p][c], most[c], position, where[c]);
                          most[c] = larger(sum[p][c], most[c]);))
  }
}

/* rows: nine pointers to [planes][9 phases][LS_LANES]. filters: [groups][kernel row][plane][kernel
 * column][GROUP], bias [groups][GROUP], both zero where there is no channel. values, positions:
 * [groups * GROUP][LS_LANES]. */
static void first_windows(const float *const *rows, int planes, int groups, const float *filters,
                          const float *bias, float *values, int32_t *positions) {
  for (int g = 0; g < groups; g++) {
    vec most[GROUP];
    ivec where[GROUP];
    group_of_channels(rows, planes, filters + (size_t)g * 25 * (size_t)planes * GROUP, most, where);
    REPEAT_GROUP(c, *(vec *)(values + (g * GROUP + c) * LS_LANES) =
                        elu(most[c] + all(bias[g * GROUP + c]));
                 *(ivec *)(positions + (g * GROUP + c) * LS_LANES) = where[c];)
  }
}

/* argmax: four channels to a number, so that four go at once. */
static void finish_positions(const int32_t *positions, int windows, int channels, uint8_t *argmax) {
  for (int k = (channels - 1) / 4 * 4; k >= 0; k -= 4) {
    const ivec *p = (const ivec *)(positions + k * LS_LANES);
    const ivec four = p[0] | p[1] << 8 | p[2] << 16 | p[3] << 24;
    int last = windows - 1, some = channels - k < 4 ? channels - k : 4;
    for (int w = 0; w < last; w++) memcpy(argmax + w * channels + k, (const int32_t *)&four + w, 4);
    memcpy(argmax + last * channels + k, (const int32_t *)&four + last, (size_t)some);
  }
}

/* From channels first, [channels up to a multiple of LS_LANES][LS_LANES], to [windows][channels].
 * What a store writes past its window belongs to the next one, whose first channels are written
 * after that: channels go from the last to the first. Of the last window no more is written than
 * there is. Returns 0 if any value is not finite. */
static int first_finish(const float *values, const int32_t *positions, int windows, int channels,
                        float *out, uint8_t *argmax) {
  vec finite = {0};
  for (int v = (channels - 1) / LS_LANES * LS_LANES; v >= 0; v -= LS_LANES) {
    vec row[LS_LANES];
    int last = windows - 1, some = channels - v < LS_LANES ? channels - v : LS_LANES;
    for (int i = 0; i < LS_LANES; i++) row[i] = *(const vec *)(values + (v + i) * LS_LANES);
    for (int i = 0; i < some; i++) finite += not_finite(row[i]);
    transpose(row);
    for (int w = 0; w < last; w++) store(out + w * channels + v, row[w]);
    memcpy(out + last * channels + v, (const float *)row + last * LS_LANES,
           (size_t)some * sizeof *out);
  }
  finish_positions(positions, windows, channels, argmax);
  return no_nan(finite);
}

/* One window from its few pixels with charge; lanes are output channels. A pixel in row r and
 * column c of the receptive field adds value * filter[r - top][c - p] to position (top, p). The
 * filters are spread: [plane][5][13][padded] with 4 columns of zeros on either side, so that
 * columns need no bounds; adding zero times a value changes no bit. padded: channels rounded up
 * to 16. */
static int first_spots(const ls_openmp_spots *spots, int channels, int padded, const float *filters,
                       const float *bias, float *out, uint8_t *argmax) {
  vec finite = {0};
  for (int v = 0; v < channels; v += LS_LANES) {
    vec most = all(-INFINITY);
    ivec where = {0};
    for (int top = 0; top < 5; top++) {
      vec sum[5];
      REPEAT_5(p, sum[p] = (vec){0};)
      for (int i = spots->row_begin[top]; i < spots->row_begin[top + 5]; i++) {
        const float *w = filters + (spots->place[i] - top * 13 * padded + v);
        vec x = all(spots->value[i]);
        REPEAT_5(p, sum[p] += x * load(w - p * padded);)
      }
      REPEAT_5(p, where = if_more(sum[p], most, all_int(top * 5 + p), where);
               most = larger(sum[p], most);)
    }
    vec y = elu(most + load(bias + v));
    const int some = channels - v < LS_LANES ? channels - v : LS_LANES;
    store_some(out + v, y, some);
    store_some_bytes(argmax + v, where, some);
    finite += not_finite(y);
  }
  return no_nan(finite);
}

/* Lanes are eight columns of the image, of which a kernel row uses five.
 * One output channel: adds gradient * (the 5 x 5 pixels under the maximum) over neighbouring
 * windows of a row, and returns the sum of the gradients. gradient, offset: one every `channels`
 * numbers, for each window; offset: the maximum's place from the window's top left pixel in the
 * strip, which has `row` floats in a row and `plane` floats in a plane. sums: [planes][5][8]. Two
 * sums of each kind, as additions to one would wait for each other. */
static float first_gradient(int windows, const float *gradient, const int32_t *offset, int channels,
                            int planes, const float *strip, size_t row, size_t plane, float *sums) {
  float total_even = 0, total_odd = 0;
  for (int p = 0; p < planes; p++, sums += 40, strip += plane) {
    const float *x = strip;
    eight even[5], odd[5];
    REPEAT_5(r, even[r] = *(const eight_anywhere *)(sums + r * 8); odd[r] = (eight){0};)
    total_even = total_odd = 0;
    int w = 0;
    for (; w + 1 < windows; w += 2, x += 10) {
      const int i = w * channels, j = i + channels;
      const float *a = x + offset[i], *b = x + 5 + offset[j];
      eight ga = gradient[i] - (eight){0}, gb = gradient[j] - (eight){0};
      REPEAT_5(r, even[r] += ga * *(const eight_anywhere *)(a + r * row);
               odd[r] += gb * *(const eight_anywhere *)(b + r * row);)
      total_even += gradient[i];
      total_odd += gradient[j];
    }
    if (w < windows) {
      const float *a = x + offset[w * channels];
      eight ga = gradient[w * channels] - (eight){0};
      REPEAT_5(r, even[r] += ga * *(const eight_anywhere *)(a + r * row);)
      total_even += gradient[w * channels];
    }
    REPEAT_5(r, *(eight_anywhere *)(sums + r * 8) = even[r] + odd[r];)
  }
  return total_even + total_odd;
}

#endif
