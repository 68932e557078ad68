/* Vectors of the set of instructions that a file is compiled for. Wider ones than the machine has
 * are lowered badly by gcc. */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_VECTORS_H
#define LS_DATASETS_SIMULATOR_DETECTOR_VECTORS_H

#include "datasets/simulator/detector/lanes.h"

#include <string.h>

#if defined(__AVX512F__)
#define LS_LANES 16
#elif defined(__AVX__)
#define LS_LANES 8
#else
#define LS_LANES 4
#endif

typedef float ls_floats __attribute__((vector_size(4 * LS_LANES), aligned(4), may_alias));
typedef float ls_four __attribute__((vector_size(16), aligned(4), may_alias));

#define LS_PASTE_2(a, b) a##_##b
#define LS_PASTE(a, b) LS_PASTE_2(a, b)
#define LS_LANE(name) LS_PASTE(name, LS_SUFFIX)

void LS_LANE(ls_charge)(const ls_charge_constants *, const ls_deposits *, ls_charge_arrays *);
void LS_LANE(ls_scatter)(ls_readout *, int plane);
void LS_LANE(ls_fold)(const float *, float *, const ls_kernel *, int);
void LS_LANE(ls_filter)(float *, const float *, const float *, int, int);
void LS_LANE(ls_sums)(float *, const float *, int);
void LS_LANE(ls_add_row)(float *, const float *, float);
void LS_LANE(ls_digitise)(float *, const float *, int, float, float);
void LS_LANE(ls_white)(float *, int, int, uint64_t);

/* Natural logarithm for x > 0: x = 2^e m, ln m = 2 artanh((m - 1) / (m + 1)), m from sqrt(1/2) to
 * sqrt(2); relative error of order 1e-7. */
static inline float ls_log(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits -= 0x3f3504f3u;
  float exponent = (float)((int32_t)bits >> 23), m;
  bits = (bits & 0x007fffffu) + 0x3f3504f3u;
  memcpy(&m, &bits, sizeof m);
  m -= 1;
  float s = m / (m + 2), z = s * s;
  return exponent * 0.69314718056F +
         2 * s * (1 + z * (0.333333333F + z * (0.2F + z * (0.142857143F + z * 0.1125F))));
}

#endif
