/* ELU with alpha 1 (Clevert, Unterthiner and Hochreiter, ICLR 2016). */
#ifndef LS_BACKENDS_CUDA_ELU_H
#define LS_BACKENDS_CUDA_ELU_H

#include "backends/cuda/runtime.h"

namespace LS_CUDA_NAMESPACE {

static __device__ inline float elu(float x) {
  return x > 0 || x != x ? x : expm1f(x);
}

/* Its slope, from its value: 1 where y > 0, else e^x = y + 1. */
static __device__ inline float elu_slope(float y) {
  return y > 0 ? 1 : y + 1;
}

} // namespace LS_CUDA_NAMESPACE

#endif
