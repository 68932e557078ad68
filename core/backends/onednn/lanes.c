/* Compiled once for each set of instructions, with LS_SUFFIX = plain, avx2, avx512. Vectors of 16
 * floats are written as such: compilers do not find them in loops over 16 channels. */
#include "backends/onednn/lanes.h"

#include <string.h>

#define PASTE2(a, b) a##_##b
#define PASTE(a, b) PASTE2(a, b)

typedef float floats __attribute__((vector_size(LS_LANES * sizeof(float)), may_alias));
typedef int32_t integers __attribute__((vector_size(LS_LANES * sizeof(int32_t)), may_alias));
typedef uint8_t bytes __attribute__((vector_size(LS_LANES)));

/* Macros, because vectors that are wider than a register cannot be passed to functions. */
#define SELECT(mask, yes, no) ((floats)(((mask) & (integers)(yes)) | (~(mask) & (integers)(no))))
#define SAME(x) ((floats){0} + (x))

static const integers lane_numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* e^x - 1 for x <= 0: x = n ln 2 + r, e^x - 1 = 2^n (e^r - 1) + (2^n - 1), and e^r - 1 by its
 * series, |r| <= 0.35: the first term left out is below 1e-8 of the sum. ln 2 in two parts (Cody
 * and Waite). Adding and subtracting 1.5 * 2^23 rounds to an integer. Below -80 it is -1. */
static inline void elu_in_place(floats *value) {
  const floats x = *value;
  floats low = SELECT(x < SAME(-80.0f), SAME(-80.0f), x);
  low = SELECT(x > SAME(0.0f), SAME(0.0f), low);
  floats rounded = (low * SAME(1.44269504f) + SAME(12582912.0f)) - SAME(12582912.0f);
  floats r = (low - rounded * SAME(0.693359375f)) + rounded * SAME(2.12194440e-4f);
  floats tail = SAME(1.0f / 5040);
  tail = tail * r + SAME(1.0f / 720);
  tail = tail * r + SAME(1.0f / 120);
  tail = tail * r + SAME(1.0f / 24);
  tail = tail * r + SAME(1.0f / 6);
  tail = tail * r + SAME(0.5f);
  floats less_one = r + r * r * tail;
  /* NaN is not to be converted to an integer. */
  floats finite = SELECT(x == x, rounded, SAME(0.0f));
  floats power = (floats)((__builtin_convertvector(finite, integers) + 127) << 23);
  floats negative = power * less_one + (power - SAME(1.0f));
  integers keep = (x > SAME(0.0f)) | (x != x);
  *value = SELECT(keep, x, negative);
}

static inline void store(void *to, const void *from, size_t size, int lanes) {
  if (lanes >= LS_LANES)
    memcpy(to, from, LS_LANES * size);
  else
    memcpy(to, from, (size_t)lanes * size);
}

/* The first maximum of a window, and where it is. */
static inline void find_maximum(const ls_onednn_windows *w, const float *conv, floats *maximum,
                                integers *position) {
  size_t pixel = (size_t)w->stride, line = pixel * w->width;
  floats best = *(const floats *)conv;
  integers where = {0};
  int32_t number = 0;
  for (int r = 0; r < w->pool; r++)
    for (int c = 0; c < w->pool; c++, number++) {
      floats value = *(const floats *)(conv + r * line + c * pixel);
      integers take = ~(value <= best) & (best == best);
      best = SELECT(take, value, best);
      where = (take & number) | (~take & where);
    }
  *maximum = best;
  *position = where;
}

static void pool(const ls_onednn_windows *w, const float *conv, const float *bias, float *output,
                 uint8_t *argmax) {
  for (int column = 0; column < w->columns; column++)
    for (int first = 0; first < w->channels; first += LS_LANES) {
      size_t to = (size_t)column * w->pooled_stride + first;
      floats value, offset;
      integers where;
      find_maximum(w, conv + (size_t)column * w->pool * w->stride + first, &value, &where);
      memcpy(&offset, bias + first, sizeof offset);
      value += offset;
      elu_in_place(&value);
      bytes small = __builtin_convertvector(where, bytes);
      store(output + to, &value, sizeof *output, w->channels - first);
      store(argmax + to, &small, sizeof *argmax, w->channels - first);
    }
}

static void unpool_line(const ls_onednn_windows *w, int line, const float *gradient,
                        const uint8_t *argmax, float *conv_gradient) {
  for (int column = 0; column < w->columns; column++)
    for (int first = 0; first < w->stride; first += LS_LANES) {
      size_t from = (size_t)column * w->pooled_stride + first;
      float *to = conv_gradient + (size_t)column * w->pool * w->stride + first;
      floats value;
      bytes small;
      memcpy(&value, gradient + from, sizeof value);
      memcpy(&small, argmax + from, sizeof small);
      integers where = __builtin_convertvector(small, integers) - line * w->pool;
      where |= ~(lane_numbers < w->channels - first); /* no channel: nowhere */
      for (int32_t c = 0; c < w->pool; c++, to += w->stride)
        *(floats *)to = (floats)((where == c) & (integers)value);
    }
  size_t covered = (size_t)w->columns * w->pool * w->stride;
  memset(conv_gradient + covered, 0, ((size_t)w->width * w->stride - covered) * sizeof(float));
}

static void elu(size_t count, float *values) {
  for (size_t i = 0; i < count; i += LS_LANES) {
    size_t left = count - i < LS_LANES ? count - i : LS_LANES;
    floats value = {0};
    memcpy(&value, values + i, left * sizeof *values);
    elu_in_place(&value);
    memcpy(values + i, &value, left * sizeof *values);
  }
}

static void elu_slope(size_t count, const float *output, float *gradient) {
  for (size_t i = 0; i < count; i++) gradient[i] *= output[i] > 0 ? 1 : output[i] + 1;
}

static uint32_t largest(size_t count, const float *values) {
  uint32_t most = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, values + i, sizeof bits);
    bits &= 0x7fffffff;
    most = bits > most ? bits : most;
  }
  return most;
}

const ls_onednn_lanes PASTE(ls_onednn_lanes, LS_SUFFIX) = {
    .pool = pool,
    .unpool_line = unpool_line,
    .elu = elu,
    .largest = largest,
    .elu_slope = elu_slope,
};
