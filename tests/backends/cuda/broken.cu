#include "backends/cuda/broken.h"

#include "backends/cuda/runtime.h"

#include <cstdio>
#include <cstring>

using namespace LS_CUDA_NAMESPACE;

namespace {

constexpr int COUNT = LS_BROKEN_COUNT;
constexpr int THREADS = 64;
constexpr size_t BYTES = COUNT * sizeof(float);

__global__ void reverse(int fault, const float *in, float *out) {
  LS_SHARED(float, all, [THREADS]);
  const int i = threadIdx.x, at = blockIdx.x * THREADS + i;
  if (fault == LS_LEFT_EARLY && i >= THREADS / 2) return;
  all[i] = in[at];
  if (fault != LS_NO_BARRIER) __syncthreads();
  out[at + (fault == LS_PAST_THE_END)] = all[THREADS - 1 - i];
}

__global__ void neighbours(int fault, const float *in, float *out) {
  const int i = blockIdx.x * THREADS + threadIdx.x;
  const bool first = i == 0 && fault != LS_BEFORE_THE_START, last = i == COUNT - 1;
  out[i] = (first ? 0 : in[i - 1]) + in[i] + (last ? 0 : in[i + 1]);
}

__global__ void sum_race(const float *in, float *sum) {
  *sum += in[blockIdx.x * THREADS + threadIdx.x];
}

__global__ void sum_in_order(const float *in, float *sum) {
  LS_SHARED(float, parts, [THREADS]);
  float own = 0;
  for (int i = threadIdx.x; i < COUNT; i += THREADS) own += in[i];
  parts[threadIdx.x] = own;
  __syncthreads();
  if (threadIdx.x) return;
  for (int i = 1; i < THREADS; i++) own += parts[i];
  *sum = own;
}

__global__ void twice(float *numbers) {
  numbers[blockIdx.x * THREADS + threadIdx.x] *= 2;
}

__global__ void unwritten(float *out) {
  LS_SHARED(float, nobody, [1]);
  *out = nobody[0];
}

/* Two streams, numbers of the device and pinned ones. */
struct bench {
  cudaStream_t stream, other;
  cudaEvent_t event;
  float *in, *out, *pinned;
};

bench begin(const float *in) {
  bench b = {};
  (void)cudaSetDevice(0);
  (void)cudaStreamCreateWithFlags(&b.stream, cudaStreamNonBlocking);
  (void)cudaStreamCreateWithFlags(&b.other, cudaStreamNonBlocking);
  (void)cudaEventCreateWithFlags(&b.event, cudaEventDisableTiming);
  (void)cudaMalloc((void **)&b.in, BYTES);
  (void)cudaMalloc((void **)&b.out, BYTES);
  (void)cudaMallocHost((void **)&b.pinned, BYTES);
  memcpy(b.pinned, in, BYTES);
  (void)cudaMemcpyAsync(b.in, b.pinned, BYTES, cudaMemcpyHostToDevice, b.stream);
  (void)cudaMemsetAsync(b.out, 0, BYTES, b.stream);
  (void)cudaStreamSynchronize(b.stream);
  return b;
}

void note(char *text) {
  cudaError_t error = cudaGetLastError();
  snprintf(text, 256, "%s", error == cudaSuccess ? "" : cudaGetErrorString(error));
}

void fetch(bench *b, cudaStream_t stream, const float *from, float *out, size_t bytes) {
  (void)cudaMemcpyAsync(b->pinned, from, bytes, cudaMemcpyDeviceToHost, stream);
  (void)cudaStreamSynchronize(stream);
  memcpy(out, b->pinned, bytes);
}

void end(bench *b) {
  (void)cudaFree(b->in);
  (void)cudaFree(b->out);
  (void)cudaFreeHost(b->pinned);
  (void)cudaEventDestroy(b->event);
  (void)cudaStreamDestroy(b->stream);
  (void)cudaStreamDestroy(b->other);
  (void)cudaGetLastError();
}

typedef void kernel_type(int, const float *, float *);

void run(kernel_type *kernel, int fault, const float *in, float *out, char *text) {
  bench b = begin(in);
  LS_KERNEL_LAUNCH("broken", kernel, dim3(COUNT / THREADS), dim3(THREADS), b.stream, fault, b.in,
                   b.out);
  fetch(&b, b.stream, b.out, out, BYTES);
  note(text);
  end(&b);
}

} // namespace

void ls_broken_reverse(int fault, const float *in, float *out, char *text) {
  run(reverse, fault, in, out, text);
}

void ls_broken_neighbours(int fault, const float *in, float *out, char *text) {
  run(neighbours, fault, in, out, text);
}

void ls_broken_sum(int race, const float *in, float *sum, char *text) {
  bench b = begin(in);
  LS_KERNEL_LAUNCH("sum", race ? sum_race : sum_in_order, dim3(race ? COUNT / THREADS : 1),
                   dim3(THREADS), b.stream, b.in, b.out);
  fetch(&b, b.stream, b.out, sum, sizeof *sum);
  note(text);
  end(&b);
}

void ls_broken_streams(int waits, const float *in, float *out, char *text) {
  bench b = begin(in);
  LS_KERNEL_LAUNCH("twice", twice, dim3(COUNT / THREADS), dim3(THREADS), b.stream, b.in);
  if (waits) {
    (void)cudaEventRecord(b.event, b.stream);
    (void)cudaStreamWaitEvent(b.other, b.event, 0);
  }
  fetch(&b, b.other, b.in, out, BYTES);
  note(text);
  end(&b);
}

void ls_broken_reuse(int waits, const float *in, float *out, char *text) {
  bench b = begin(in);
  (void)cudaMemcpyAsync(b.out, b.pinned, BYTES, cudaMemcpyHostToDevice, b.stream);
  if (waits) (void)cudaStreamSynchronize(b.stream);
  memset(b.pinned, 0, BYTES);
  fetch(&b, b.stream, b.out, out, BYTES);
  note(text);
  end(&b);
}

void ls_broken_launch(unsigned blocks, unsigned threads, int host_pointer, char *text) {
  float numbers[COUNT] = {};
  bench b = begin(numbers);
  LS_KERNEL_LAUNCH("twice", twice, dim3(blocks), dim3(threads), b.stream,
                   host_pointer ? numbers : b.in);
  note(text);
  end(&b);
}

void ls_broken_pageable(const float *in, char *text) {
  bench b = begin(in);
  (void)cudaMemcpyAsync(b.out, in, BYTES, cudaMemcpyHostToDevice, b.stream);
  note(text);
  end(&b);
}

float ls_broken_read_directly(void) {
  float numbers[COUNT] = {};
  bench b = begin(numbers);
  return *b.in;
}

void ls_broken_unwritten(float *memory, float *shared) {
  float numbers[COUNT] = {};
  bench b = begin(numbers);
  float *block;
  (void)cudaMalloc((void **)&block, BYTES);
  fetch(&b, b.stream, block, memory, sizeof *memory);
  LS_KERNEL_LAUNCH("unwritten", unwritten, dim3(1), dim3(1), b.stream, b.out);
  fetch(&b, b.stream, b.out, shared, sizeof *shared);
  (void)cudaFree(block);
  end(&b);
}
