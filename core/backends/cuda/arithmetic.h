/* Arithmetic that all kernels share. */
#ifndef LS_BACKENDS_CUDA_ARITHMETIC_H
#define LS_BACKENDS_CUDA_ARITHMETIC_H

#include "backends/cuda/runtime.h"

namespace LS_CUDA_NAMESPACE {

/* a b + c, rounded once on a GPU. Spelled out where skipping must give the bits of not skipping:
 * then no compiler can choose differently in two kernels. */
static __device__ inline float multiply_add(float a, float b, float c) {
#ifdef LS_CUDA_EMULATED
  return a * b + c;
#else
  return __fmaf_rn(a, b, c);
#endif
}

/* The first of equal sums is a window's maximum; NaN is more than any number. */
static __device__ inline bool is_more(float sum, float best) {
  return sum > best || (sum != sum && best == best);
}

/* ELU with alpha 1 (Clevert, Unterthiner and Hochreiter, ICLR 2016). */
static __device__ inline float elu(float x) {
  return x > 0 || x != x ? x : expm1f(x);
}

/* Its slope, from its value: 1 where y > 0, else e^x = y + 1. */
static __device__ inline float elu_slope(float y) {
  return y > 0 ? 1 : y + 1;
}

} // namespace LS_CUDA_NAMESPACE

#endif
