#include "backends/cuda/memory.h"

namespace LS_CUDA_NAMESPACE {

constexpr int THREADS = 256;

__global__ void __launch_bounds__(THREADS) add(float *into, const float *from, size_t count) {
  size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;
  if (i < count) into[i] += from[i];
}

/* One thread adds all parts of a sum, one after another: the order is fixed. */
__global__ void __launch_bounds__(THREADS)
    add_parts(float *into, const float *parts, int part_count, size_t count) {
  size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;
  if (i >= count) return;
  float sum = 0;
  for (int p = 0; p < part_count; p++) sum += parts[(size_t)p * count + i];
  into[i] += sum;
}

cudaError_t find_kernels() {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, add_parts);
}

ls_status launch_add(device *d, float *into, const float *from, size_t count, ls_error *error) {
  if (!count) return LS_OK;
  LS_LAUNCH(d, error, "add", add, dim3(blocks(count, THREADS)), dim3(THREADS), into, from, count);
  return LS_OK;
}

ls_status launch_add_parts(device *d, float *into, const float *parts, int part_count, size_t count,
                           ls_error *error) {
  LS_LAUNCH(d, error, "add_parts", add_parts, dim3(blocks(count, THREADS)), dim3(THREADS), into,
            parts, part_count, count);
  return LS_OK;
}

} // namespace LS_CUDA_NAMESPACE
