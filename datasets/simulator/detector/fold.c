/* Folding of sparse charge with a kernel. */
#include "datasets/simulator/detector/vectors.h"

enum { WINDOW = 32, TICKS = LS_BLOCK + LS_SPREAD, VECTORS = WINDOW / LS_LANES, FAR = 1024 };

/* 32 ticks of output stay in registers, two charges at a time; kernels have zeros around them, so
 * that there are no edge cases. */
void LS_LANE(ls_fold)(const float *charge, float *output, const ls_kernel *kernel, int width) {
  const float *taps = kernel->taps[width] + LS_KERNEL_EDGE;
  const int length = kernel->length, before = kernel->before;
  int at[TICKS], count = 0;
  float value[TICKS];
  for (int i = 0; i < TICKS; i++) {
    at[count] = i;
    value[count] = charge[i];
    count += charge[i] != 0;
  }
  if (!count) return;
  int first = at[0] - before, end = at[count - 1] - before + length;
  first = (first + FAR) / WINDOW * WINDOW - FAR;
  for (int o = first; o < end; o += WINDOW) {
    int i = 0, e = count;
    while (i < count && o + before - at[i] >= length) i++;
    while (e > i && o + before - at[e - 1] <= -LS_KERNEL_EDGE) e--;
    ls_floats *y = (ls_floats *)(output + o), a[VECTORS], b[VECTORS];
#pragma GCC unroll 8
    for (int l = 0; l < VECTORS; l++) {
      a[l] = y[l];
      b[l] = (ls_floats){0};
    }
    for (; i + 2 <= e; i += 2) {
      const ls_floats *k0 = (const ls_floats *)(taps + (o + before - at[i]));
      const ls_floats *k1 = (const ls_floats *)(taps + (o + before - at[i + 1]));
#pragma GCC unroll 8
      for (int l = 0; l < VECTORS; l++) {
        a[l] += value[i] * k0[l];
        b[l] += value[i + 1] * k1[l];
      }
    }
    if (i < e) {
      const ls_floats *k0 = (const ls_floats *)(taps + (o + before - at[i]));
#pragma GCC unroll 8
      for (int l = 0; l < VECTORS; l++) a[l] += value[i] * k0[l];
    }
#pragma GCC unroll 8
    for (int l = 0; l < VECTORS; l++) y[l] = a[l] + b[l];
  }
}
