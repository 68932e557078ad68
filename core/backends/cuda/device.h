/* A device of the backend cuda: its streams, its memory, and how its failures are told.
 *
 * Streams. compute: all kernels of the network, one after another. upload: the next image's way to
 * the device. fetch: gradients on their way back, waiting for what they need and no more. Nothing
 * waits for compute but who wants a number: the logits, a gradient. */
#ifndef LS_BACKENDS_CUDA_DEVICE_H
#define LS_BACKENDS_CUDA_DEVICE_H

#include "backends/cuda/runtime.h"

#include <atomic>
#include <mutex>

namespace LS_CUDA_NAMESPACE {

/* The last work on some bytes of the device, so that who reads them need not wait for what came
 * after it. Gradients of the parameters have marks; who reads other bytes waits for everything. */
struct mark {
  const char *begin, *end;
  cudaEvent_t done;
};

/* A way between plain memory and the device: copies go through a buffer of pinned memory. One
 * thread at a time. */
struct passage {
  cudaStream_t stream;
  void *buffer;
  std::mutex lock;
};

constexpr int MOST_MARKS = 256;
constexpr int PASSAGE_BYTES = 4 << 20;

struct device {
  int number;
  int skip; /* 1: windows without charge are not computed */
  cudaStream_t compute, upload;
  passage main, fetch;
  std::atomic<const char *> last_kernel; /* for messages */
  std::mutex marks_lock;
  mark marks[MOST_MARKS];
  int mark_count;
  int forgotten; /* 1: there were more marks than room: wait for everything */
};

/* Turns an error of the runtime into a message: doing what, and the kernel that was launched last
 * where it may be that one's. LS_OK for success. */
ls_status check(const device *d, cudaError_t status, const char *doing, ls_error *error);

/* An event that others wait for and nobody asks for the time. */
ls_status new_event(device *d, cudaEvent_t *event, ls_error *error);

/* After a launch. */
ls_status launched(device *d, const char *kernel, ls_error *error);

#define LS_LAUNCH_ON(stream, d, error, name, kernel, grid, block, ...)                             \
  do {                                                                                             \
    LS_KERNEL_LAUNCH(name, kernel, grid, block, stream, __VA_ARGS__);                              \
    LS_TRY(launched(d, name, error));                                                              \
  } while (0)
#define LS_LAUNCH(d, ...) LS_LAUNCH_ON((d)->compute, d, __VA_ARGS__)

/* Every thread that calls CUDA has to say which device it means. */
ls_status use(const device *d, ls_error *error);

/* What was launched until now is the last work on these bytes. */
ls_status mark_written(device *d, const void *begin, size_t bytes, ls_error *error);

/* Memory of the device, not set; *block is NULL on failure. LS_MEMORY says what there is. */
ls_status device_allocate(device *d, void **block, size_t bytes, const char *what, ls_error *error);
void device_release(device *d, void *block);

/* Between plain memory and the device, in order with the kernels; done on return. */
ls_status device_write(device *d, void *block, const void *plain, size_t bytes, ls_error *error);
ls_status device_read(device *d, const void *block, void *plain, size_t bytes, ls_error *error);

/* For the backend's table. */
extern const ls_backend_memory memory_functions;
ls_status device_open(const ls_backend_options *options, ls_device **opened, ls_error *error);
void device_close(ls_device *d);
int available(char *reason, size_t length);
int device_count();
void device_name(int number, char *text, size_t length);
void device_facts(int number, ls_device_facts *facts);

inline device *device_of(ls_device *d) {
  return (device *)d;
}

} // namespace LS_CUDA_NAMESPACE

#endif
