/* The part of the CUDA runtime that the backend uses, on the processor, for tests: same names, same
 * meaning, in a namespace, so that it and the real one can be in one program.
 *
 * What it is strict about, to find faults that a GPU might hide or show only now and then:
 * - Work that was put into a stream is done when somebody waits for it, not before; streams that do
 *   not wait for each other run in any order (emulation.h).
 * - Memory of a device can be touched by kernels and copies alone; anybody else gets a segmentation
 *   fault, and so does a kernel that goes past its end. It holds no zeros when it is new.
 * - Asynchronous copies want pinned memory. Pointers given to kernels must be of the device. */
#ifndef LS_BACKENDS_CUDA_EMULATION_RUNTIME_H
#define LS_BACKENDS_CUDA_EMULATION_RUNTIME_H

#include <cstddef>

namespace ls_emulated {

enum cudaError_t { /* the numbers are CUDA's */
                   cudaSuccess = 0,
                   cudaErrorInvalidValue = 1,
                   cudaErrorMemoryAllocation = 2,
                   cudaErrorInvalidConfiguration = 9,
                   cudaErrorInsufficientDriver = 35,
                   cudaErrorDevicesUnavailable = 46,
                   cudaErrorNoDevice = 100,
                   cudaErrorInvalidDevice = 101,
                   cudaErrorNoKernelImageForDevice = 209,
                   cudaErrorIllegalAddress = 700,
                   cudaErrorLaunchFailure = 719,
                   cudaErrorUnknown = 999
};

enum cudaMemcpyKind {
  cudaMemcpyHostToDevice = 1,
  cudaMemcpyDeviceToHost,
  cudaMemcpyDeviceToDevice
};
enum cudaDeviceAttr { cudaDevAttrComputeMode = 20 };
enum { cudaComputeModeDefault = 0, cudaComputeModeProhibited = 2 };
enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2 };

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int major, minor, multiProcessorCount;
};

struct cudaFuncAttributes {
  int binaryVersion;
};

struct stream;
struct event;
typedef stream *cudaStream_t;
typedef event *cudaEvent_t;

cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int device);
cudaError_t cudaDriverGetVersion(int *version);
cudaError_t cudaRuntimeGetVersion(int *version);
cudaError_t cudaMemGetInfo(size_t *available, size_t *total);

cudaError_t cudaMalloc(void **block, size_t bytes);
cudaError_t cudaFree(void *block); /* waits for the device, as the real one */
cudaError_t cudaMallocHost(void **block, size_t bytes);
cudaError_t cudaFreeHost(void *block);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaMemsetAsync(void *block, int byte, size_t bytes, cudaStream_t stream);

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);

/* Of a kernel. */
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, const void *kernel);
template <class T> cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, T *kernel) {
  return cudaFuncGetAttributes(attributes, (const void *)kernel);
}

cudaError_t cudaGetLastError();
const char *cudaGetErrorString(cudaError_t error);

} // namespace ls_emulated

#endif
