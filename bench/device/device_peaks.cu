/* larscale_device_peaks: what a GPU does reach, measured: the bounds that `ci/gpu` compares kernels
 * with. As bench/kernels/machine_peaks.h has them for processors: the best of many trials.
 *
 * usage: larscale_device_peaks [DEVICE]     one line of JSON: name, fma_flops (per second, a fused
 *        multiply-add counts as two), copy_bytes (per second, read and written counted, as STREAM's
 *        copy), to_device_bytes and from_device_bytes (per second, pinned memory) */
#include "backends/cuda/runtime.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace LS_CUDA_NAMESPACE {
namespace {

#ifdef LS_CUDA_EMULATED
constexpr int COPY_FLOATS = 1 << 14, TURNS = 16, BLOCKS = 2, TRIALS = 2;
constexpr bool EMULATED = true;
#else
constexpr int COPY_FLOATS = 1 << 26, TURNS = 1 << 14, BLOCKS = 4096, TRIALS = 20;
constexpr bool EMULATED = false;
#endif
constexpr int THREADS = 256, CHAINS = 8;

__global__ void __launch_bounds__(THREADS) copy(float4 *to, const float4 *from, int count) {
  for (int i = (int)(blockIdx.x * THREADS + threadIdx.x); i < count; i += (int)gridDim.x * THREADS)
    to[i] = from[i];
}

/* Independent chains, as many as hide an addition's latency; the sum keeps them from being left
 * out. */
__global__ void __launch_bounds__(THREADS) multiply_add(float *out, float a, float b, int turns) {
  float x[CHAINS];
  for (int c = 0; c < CHAINS; c++) x[c] = (float)threadIdx.x + (float)c;
  for (int t = 0; t < turns; t++)
    for (int c = 0; c < CHAINS; c++) x[c] = x[c] * a + b;
  float sum = 0;
  for (int c = 0; c < CHAINS; c++) sum += x[c];
  out[blockIdx.x * THREADS + threadIdx.x] = sum;
}

double now() {
  timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct peaks {
  cudaStream_t stream = nullptr;
  float *from = nullptr, *to = nullptr, *pinned = nullptr;
  peaks() = default;
  peaks(const peaks &) = delete;
  peaks &operator=(const peaks &) = delete;
  ~peaks() {
    (void)cudaFree(from);
    (void)cudaFree(to);
    (void)cudaFreeHost(pinned);
    if (stream) (void)cudaStreamDestroy(stream);
  }
};

/* Seconds of the fastest trial; below 0 if one failed. */
template <class F> double fastest(const peaks &p, F work) {
  double best = -1;
  for (int trial = 0; trial < TRIALS; trial++) {
    double begin = now();
    work();
    if (cudaStreamSynchronize(p.stream) != cudaSuccess) return -1;
    double seconds = now() - begin;
    if (best < 0 || seconds < best) best = seconds;
  }
  return best;
}

bool prepare(peaks *p, int device) {
  const size_t bytes = (size_t)COPY_FLOATS * sizeof(float);
  return cudaSetDevice(device) == cudaSuccess &&
         cudaStreamCreateWithFlags(&p->stream, cudaStreamNonBlocking) == cudaSuccess &&
         cudaMalloc((void **)&p->from, bytes) == cudaSuccess &&
         cudaMalloc((void **)&p->to, bytes) == cudaSuccess &&
         cudaMallocHost((void **)&p->pinned, bytes) == cudaSuccess &&
         cudaMemsetAsync(p->from, 0, bytes, p->stream) == cudaSuccess;
}

int measure(int device) {
  peaks p;
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, device) != cudaSuccess || !prepare(&p, device)) {
    fprintf(stderr, "larscale_device_peaks: device %d: %s\n", device,
            cudaGetErrorString(cudaGetLastError()));
    return 77;
  }
  const double bytes = (double)COPY_FLOATS * sizeof(float);
  const double fma = 2.0 * CHAINS * TURNS * BLOCKS * THREADS;
  double copying = fastest(p, [&] {
    LS_KERNEL_LAUNCH("copy", copy, dim3(BLOCKS), dim3(THREADS), p.stream, (float4 *)(void *)p.to,
                     (const float4 *)(const void *)p.from, COPY_FLOATS / 4);
  });
  double adding = fastest(p, [&] {
    LS_KERNEL_LAUNCH("multiply_add", multiply_add, dim3(BLOCKS), dim3(THREADS), p.stream, p.to,
                     0.5f, 1.0f, TURNS);
  });
  double up = fastest(p, [&] {
    (void)cudaMemcpyAsync(p.to, p.pinned, (size_t)bytes, cudaMemcpyHostToDevice, p.stream);
  });
  double down = fastest(p, [&] {
    (void)cudaMemcpyAsync(p.pinned, p.to, (size_t)bytes, cudaMemcpyDeviceToHost, p.stream);
  });
  if (!(copying > 0 && adding > 0 && up > 0 && down > 0)) {
    fprintf(stderr, "larscale_device_peaks: device %d: %s\n", device,
            cudaGetErrorString(cudaGetLastError()));
    return 1;
  }
  printf("{\"device\": %d, \"name\": \"%s\", \"emulated\": %s, \"fma_flops\": %.6g, "
         "\"copy_bytes\": %.6g, \"to_device_bytes\": %.6g, \"from_device_bytes\": %.6g}\n",
         device, properties.name, EMULATED ? "true" : "false", fma / adding, 2 * bytes / copying,
         bytes / up, bytes / down);
  return 0;
}

} // namespace
} // namespace LS_CUDA_NAMESPACE

int main(int argc, char **argv) {
  return LS_CUDA_NAMESPACE::measure(argc > 1 ? (int)strtol(argv[1], nullptr, 10) : 0);
}
