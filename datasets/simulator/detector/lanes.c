#include "datasets/simulator/detector/lanes.h"

#include <stddef.h>

#define DECLARE(suffix)                                                                            \
  void ls_charge_##suffix(const ls_charge_constants *, const ls_deposits *, ls_charge_arrays *);   \
  void ls_scatter_##suffix(ls_readout *, int);                                                     \
  void ls_fold_##suffix(const float *, float *, const ls_kernel *, int);                           \
  void ls_filter_##suffix(float *, const float *, const float *, int, int);                        \
  void ls_sums_##suffix(float *, const float *, int);                                              \
  void ls_add_row_##suffix(float *, const float *, float);                                         \
  void ls_digitise_##suffix(float *, const float *, int, float, float);                            \
  void ls_white_##suffix(float *, int, int, uint64_t);                                             \
  static const ls_lanes suffix = {.name = #suffix,                                                 \
                                  .charge = ls_charge_##suffix,                                    \
                                  .scatter = ls_scatter_##suffix,                                  \
                                  .fold = ls_fold_##suffix,                                        \
                                  .filter = ls_filter_##suffix,                                    \
                                  .sums = ls_sums_##suffix,                                        \
                                  .add_row = ls_add_row_##suffix,                                  \
                                  .digitise = ls_digitise_##suffix,                                \
                                  .white = ls_white_##suffix}

DECLARE(plain);
#ifdef __x86_64__
DECLARE(avx2);
DECLARE(avx512);
#endif

void ls_lanes_all(const ls_lanes *all[4]) {
  int count = 0;
  all[count++] = &plain;
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) all[count++] = &avx2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    all[count++] = &avx512;
#endif
  all[count] = NULL;
}

const ls_lanes *ls_lanes_best(void) {
  const ls_lanes *all[4];
  ls_lanes_all(all);
  int count = 1;
  while (all[count]) count++;
  return all[count - 1];
}
