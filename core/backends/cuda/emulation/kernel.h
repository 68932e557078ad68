/* What the source of a kernel needs to be C++ for the processor. */
#ifndef LS_BACKENDS_CUDA_EMULATION_KERNEL_H
#define LS_BACKENDS_CUDA_EMULATION_KERNEL_H

#include "backends/cuda/emulation/runtime.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#define __global__ static
#define __device__
#define __launch_bounds__(...)

namespace ls_emulated {

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct alignas(16) float4 {
  float x, y, z, w;
};

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

void __syncthreads();
int __syncthreads_or(int predicate);
void __syncwarp(unsigned mask = 0xffffffffu);
int __any_sync(unsigned mask, int predicate);
float __shfl_down_sync(unsigned mask, float value, unsigned delta);

/* Declares a variable that the threads of a block share; what it
 * holds when a block begins is for nobody to know. */
void shared_begins(void *variable, size_t bytes);
#define LS_SHARED(type, name, dimensions)                                                          \
  static type name dimensions;                                                                     \
  ls_emulated::shared_begins(&name, sizeof name)

/* Pointers that a kernel is given must lie in the device's memory. A struct with pointers inside
 * has its own overload, beside it. */
bool is_device_memory(const void *block);
template <class T> bool ls_arguments_valid(const T &argument) {
  if constexpr (std::is_pointer_v<T>)
    return !argument || is_device_memory(argument);
  else
    return true;
}

void launch_body(const char *name, bool valid, dim3 grid, dim3 block, cudaStream_t stream,
                 std::function<void()> body);

template <class... P, class... A>
void launch(const char *name, void (*kernel)(P...), dim3 grid, dim3 block, cudaStream_t stream,
            A... arguments) {
  std::tuple<std::decay_t<P>...> values(static_cast<P>(arguments)...);
  bool valid = std::apply([](auto... v) { return (ls_arguments_valid(v) && ... && true); }, values);
  launch_body(name, valid, grid, block, stream, [=] { std::apply(kernel, values); });
}

} // namespace ls_emulated

/* In CUDA: kernel<<<grid, block, 0, stream>>>(...). */
#define LS_KERNEL_LAUNCH(name, kernel, grid, block, stream, ...)                                   \
  ls_emulated::launch(name, kernel, grid, block, stream, __VA_ARGS__)

#endif
