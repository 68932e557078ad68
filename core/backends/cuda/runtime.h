/* CUDA, or its emulation on the processor: every source of this folder is compiled for either, in a
 * namespace of its own, so that both backends can be in one program. */
#ifndef LS_BACKENDS_CUDA_RUNTIME_H
#define LS_BACKENDS_CUDA_RUNTIME_H

#ifdef LS_CUDA_EMULATED
#include "backends/cuda/emulation/kernel.h"
#define LS_CUDA_NAMESPACE ls_cuda_emulated
namespace LS_CUDA_NAMESPACE {
using namespace ls_emulated;
}
#define LS_UNROLL _Pragma("GCC unroll 9")
#else
#include <cuda_runtime.h>
#define LS_CUDA_NAMESPACE ls_cuda
#define LS_SHARED(type, name, dimensions) __shared__ type name dimensions
#define LS_UNROLL _Pragma("unroll") /* so that arrays indexed by the loop stay in registers */
#define LS_KERNEL_LAUNCH(name, kernel, grid, block, stream, ...)                                   \
  (kernel)<<<grid, block, 0, stream>>>(__VA_ARGS__)
#endif

/* The suite's C. */
extern "C" {
#include "backends/backend.h"
#include "base/status.h"
#include "image/image.h"
}

namespace LS_CUDA_NAMESPACE {

/* Thread blocks of so many threads each, for count things to do. */
inline unsigned blocks(size_t count, size_t each) {
  return (unsigned)((count + each - 1) / each);
}

/* A part of a block that begins at a multiple of what every access and library is content with. */
inline size_t aligned(size_t bytes) {
  return (bytes + 255) / 256 * 256;
}

} // namespace LS_CUDA_NAMESPACE

#endif
