#include "backends/cuda/device.h"

#include "backends/cuda/memory.h"
extern "C" {
#include "backends/settings.h"
}

#include <cstdio>
#include <cstring>
#include <new>

namespace LS_CUDA_NAMESPACE {

#ifdef LS_CUDA_EMULATED
static const char name[] = "cuda-emulated";
#else
static const char name[] = "cuda";
#endif

ls_status check(const device *d, cudaError_t status, const char *doing, ls_error *error) {
  if (status == cudaSuccess) return LS_OK;
  (void)cudaGetLastError(); /* told now; not to be told again */
  if (status == cudaErrorMemoryAllocation)
    return ls_fail(error, LS_MEMORY, "%s: device %d has no memory left", doing, d->number);
  const char *kernel = d->last_kernel;
  if (!kernel)
    return ls_fail(error, LS_INTERNAL, "%s: device %d: %s", doing, d->number,
                   cudaGetErrorString(status));
  return ls_fail(error, LS_INTERNAL,
                 "%s: device %d: %s; the last kernel launched was %s (with CUDA_LAUNCH_BLOCKING=1 "
                 "in the environment the message names the one that failed)",
                 doing, d->number, cudaGetErrorString(status), kernel);
}

/* A launch also tells of the failure of any kernel before it that the device has met by then. */
ls_status launched(device *d, const char *kernel, ls_error *error) {
  cudaError_t status = cudaGetLastError();
  d->last_kernel = kernel;
  if (status == cudaSuccess) return LS_OK;
  return ls_fail(error, LS_INTERNAL,
                 "kernel %s: device %d: %s (it may be a kernel before it that failed, unless "
                 "CUDA_LAUNCH_BLOCKING=1 is in the environment)",
                 kernel, d->number, cudaGetErrorString(status));
}

ls_status use(const device *d, ls_error *error) {
  return check(d, cudaSetDevice(d->number), "choosing the device", error);
}

/* Why the runtime sees no device, in words that say what to do. */
static void explain(cudaError_t status, char *reason, size_t length) {
  if (status == cudaErrorNoDevice)
    snprintf(reason, length,
             "no device: this machine has no GPU that CUDA can use, or "
             "CUDA_VISIBLE_DEVICES hides it");
  else if (status == cudaErrorInsufficientDriver)
    snprintf(reason, length,
             "no driver, or one older than the CUDA runtime of this build: install "
             "a newer driver, or build with an older toolkit");
  else
    snprintf(reason, length, "no device: %s", cudaGetErrorString(status));
}

int available(char *reason, size_t length) {
  int count = 0;
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return 1;
  (void)cudaGetLastError();
  explain(status == cudaSuccess ? cudaErrorNoDevice : status, reason, length);
  return 0;
}

int device_count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  (void)cudaGetLastError();
  return 0;
}

void device_name(int number, char *text, size_t length) {
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, number) == cudaSuccess)
    snprintf(text, length, "%s", properties.name);
  else
    snprintf(text, length, "unknown");
  (void)cudaGetLastError();
}

static void version_text(cudaError_t status, int version, char *text, size_t length) {
  if (status == cudaSuccess) snprintf(text, length, "%d.%d", version / 1000, version % 1000 / 10);
}

/* Why nothing can be computed on it, as far as that is known without trying. */
static void find_problem(int number, const cudaDeviceProp *properties, ls_device_facts *facts) {
  int mode = 0, capability = properties->major * 10 + properties->minor;
  if (capability < LS_CUDA_OLDEST)
    snprintf(facts->problem, sizeof facts->problem,
             "this build is for compute capability %d.%d and newer: build with an older CUDA, or "
             "with -DCMAKE_CUDA_ARCHITECTURES=%d",
             LS_CUDA_OLDEST / 10, LS_CUDA_OLDEST % 10, capability);
  else if (cudaDeviceGetAttribute(&mode, cudaDevAttrComputeMode, number) == cudaSuccess &&
           mode == cudaComputeModeProhibited)
    snprintf(facts->problem, sizeof facts->problem,
             "its mode forbids computing (nvidia-smi -c DEFAULT allows it)");
}

void device_facts(int number, ls_device_facts *facts) {
  cudaDeviceProp properties;
  int version = 0;
  *facts = {};
  cudaError_t status = cudaGetDeviceProperties(&properties, number);
  if (status == cudaSuccess) {
    snprintf(facts->name, sizeof facts->name, "%s", properties.name);
    snprintf(facts->capability, sizeof facts->capability, "%d.%d", properties.major,
             properties.minor);
    facts->memory_bytes = (double)properties.totalGlobalMem;
    find_problem(number, &properties, facts);
  } else {
    snprintf(facts->name, sizeof facts->name, "unknown");
    snprintf(facts->problem, sizeof facts->problem, "%s", cudaGetErrorString(status));
  }
  status = cudaDriverGetVersion(&version);
  version_text(status, version, facts->driver, sizeof facts->driver);
  status = cudaRuntimeGetVersion(&version);
  version_text(status, version, facts->runtime, sizeof facts->runtime);
  (void)cudaGetLastError();
}

ls_status new_event(device *d, cudaEvent_t *event, ls_error *error) {
  return check(d, cudaEventCreateWithFlags(event, cudaEventDisableTiming), "making an event",
               error);
}

static ls_status new_stream(device *d, cudaStream_t *stream, ls_error *error) {
  return check(d, cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking), "making a stream",
               error);
}

/* The first call that wants the device itself: another process may have it for itself alone. */
static ls_status take(device *d, ls_error *error) {
  cudaError_t status = cudaSetDevice(d->number);
  if (status == cudaSuccess) status = cudaStreamCreateWithFlags(&d->compute, cudaStreamNonBlocking);
  if (status == cudaErrorDevicesUnavailable) {
    (void)cudaGetLastError();
    return ls_fail(error, LS_UNAVAILABLE,
                   "device %d is in use by another process that has it to itself (exclusive mode), "
                   "or its mode forbids computing: nvidia-smi -q -d COMPUTE shows it",
                   d->number);
  }
  return check(d, status, "opening the device", error);
}

/* A build holds kernels for some kinds of devices, and a driver makes them for newer ones; an older
 * device, or a driver older than the toolkit, shows in the first kernel otherwise. */
static ls_status check_kernels(const device *d, ls_error *error) {
  cudaError_t status = find_kernels();
  if (status == cudaSuccess) return LS_OK;
  (void)cudaGetLastError();
  char of[256];
  device_name(d->number, of, sizeof of);
  return ls_fail(
      error, LS_UNAVAILABLE,
      "device %d (%s) cannot run the kernels of this build: %s: build with a toolkit that "
      "compiles for it, and -DCMAKE_CUDA_ARCHITECTURES=native",
      d->number, of, cudaGetErrorString(status));
}

static ls_status open(device *d, ls_error *error) {
  LS_TRY(take(d, error));
  LS_TRY(check_kernels(d, error));
  LS_TRY(new_stream(d, &d->upload, error));
  LS_TRY(new_stream(d, &d->fetch.stream, error));
  d->main.stream = d->compute;
  LS_TRY(check(d, cudaMallocHost(&d->main.buffer, PASSAGE_BYTES), "pinned memory", error));
  return check(d, cudaMallocHost(&d->fetch.buffer, PASSAGE_BYTES), "pinned memory", error);
}

ls_status device_open(const ls_backend_options *options, ls_device **opened, ls_error *error) {
  static const char *const skips[] = {"exact", "off", nullptr};
  ls_backend_options others = *options;
  char reason[256];
  int skip, count = device_count();
  *opened = nullptr;
  others.skip = nullptr;
  LS_TRY(ls_backend_refuse_settings(name, &others, error));
  LS_TRY(ls_backend_choose(name, "--skip", options->skip, skips, &skip, error));
  if (!available(reason, sizeof reason)) return ls_fail(error, LS_UNAVAILABLE, "%s", reason);
  if (options->device < 0 || options->device >= count)
    return ls_fail(
        error, LS_UNAVAILABLE,
        "device %d is wanted and this node has %d: start no more ranks on a node than it "
        "has devices",
        options->device, count);
  ls_device_facts facts;
  device_facts(options->device, &facts);
  if (*facts.problem)
    return ls_fail(error, LS_UNAVAILABLE, "device %d (%s) cannot be used: %s", options->device,
                   facts.name, facts.problem);
  device *d = new (std::nothrow) device();
  if (!d) return ls_fail(error, LS_MEMORY, "no memory for a device");
  d->number = options->device;
  d->skip = skip == 0;
  ls_status status = open(d, error);
  if (status != LS_OK) {
    device_close((ls_device *)d);
    return status;
  }
  *opened = (ls_device *)d;
  return LS_OK;
}

/* Failures are not told any more: whoever closes has heard of them. */
void device_close(ls_device *opened) {
  device *d = device_of(opened);
  if (!d) return;
  (void)cudaSetDevice(d->number);
  if (d->compute) (void)cudaStreamSynchronize(d->compute);
  for (int i = 0; i < d->mark_count; i++) (void)cudaEventDestroy(d->marks[i].done);
  const cudaStream_t streams[] = {d->compute, d->upload, d->fetch.stream};
  for (cudaStream_t stream : streams)
    if (stream) (void)cudaStreamDestroy(stream);
  (void)cudaFreeHost(d->main.buffer);
  (void)cudaFreeHost(d->fetch.buffer);
  (void)cudaGetLastError();
  delete d;
}

ls_status device_allocate(device *d, void **block, size_t bytes, const char *what,
                          ls_error *error) {
  *block = nullptr;
  LS_TRY(use(d, error));
  cudaError_t status = cudaMalloc(block, bytes ? bytes : 1);
  if (status != cudaErrorMemoryAllocation) return check(d, status, what, error);
  (void)cudaGetLastError();
  size_t left = 0, total = 0;
  (void)cudaMemGetInfo(&left, &total);
  const double mib = 1048576;
  return ls_fail(error, LS_MEMORY,
                 "%s: %.1f MiB are wanted and device %d has %.1f of its %.1f MiB left: choose "
                 "smaller images (--size, --rebin), as no batch is kept there, or free the device",
                 what, (double)bytes / mib, d->number, (double)left / mib, (double)total / mib);
}

void device_release(device *d, void *block) {
  (void)cudaSetDevice(d->number);
  (void)cudaFree(block);
  (void)cudaGetLastError();
}

/* The mark whose bytes these are or include, else a new one. Call with the marks' lock. */
static ls_status find_mark(device *d, const char *begin, const char *end, mark **found,
                           ls_error *error) {
  *found = nullptr;
  for (int i = 0; i < d->mark_count && !*found; i++)
    if (d->marks[i].begin >= begin && d->marks[i].end <= end) *found = &d->marks[i];
  if (*found) return LS_OK;
  if (d->mark_count == MOST_MARKS) {
    d->forgotten = 1;
    return LS_OK;
  }
  LS_TRY(new_event(d, &d->marks[d->mark_count].done, error));
  *found = &d->marks[d->mark_count++];
  return LS_OK;
}

ls_status mark_written(device *d, const void *begin, size_t bytes, ls_error *error) {
  std::lock_guard<std::mutex> lock(d->marks_lock);
  const char *from = (const char *)begin;
  mark *m;
  LS_TRY(find_mark(d, from, from + bytes, &m, error));
  if (!m) return LS_OK;
  m->begin = from;
  m->end = from + bytes;
  return check(d, cudaEventRecord(m->done, d->compute), "recording an event", error);
}

/* Has the fetching stream wait for the last work on these bytes; for all work, if they have no
 * marks. */
static ls_status wait_for(device *d, const char *begin, const char *end, ls_error *error) {
  std::lock_guard<std::mutex> lock(d->marks_lock);
  int marked = 0;
  for (int i = 0; i < d->mark_count; i++) {
    const mark *m = &d->marks[i];
    if (m->end <= begin || m->begin >= end) continue;
    LS_TRY(check(d, cudaStreamWaitEvent(d->fetch.stream, m->done, 0), "waiting", error));
    marked = 1;
  }
  if (marked && !d->forgotten) return LS_OK;
  return check(d, cudaStreamSynchronize(d->compute), "waiting", error);
}

static ls_status pass(device *d, passage *p, void *to, const void *from, size_t bytes,
                      cudaMemcpyKind kind, ls_error *error) {
  const size_t most = PASSAGE_BYTES;
  int down = kind == cudaMemcpyDeviceToHost;
  for (size_t at = 0; at < bytes; at += most) {
    size_t some = bytes - at < most ? bytes - at : most;
    char *target = (char *)to + at;
    const char *source = (const char *)from + at;
    if (!down) memcpy(p->buffer, source, some);
    cudaError_t status = cudaMemcpyAsync(down ? p->buffer : target, down ? source : p->buffer, some,
                                         kind, p->stream);
    if (status == cudaSuccess) status = cudaStreamSynchronize(p->stream);
    LS_TRY(check(d, status, down ? "copying from the device" : "copying to the device", error));
    if (down) memcpy(target, p->buffer, some);
  }
  return LS_OK;
}

ls_status device_write(device *d, void *block, const void *plain, size_t bytes, ls_error *error) {
  LS_TRY(use(d, error));
  return pass(d, &d->main, block, plain, bytes, cudaMemcpyHostToDevice, error);
}

ls_status device_read(device *d, const void *block, void *plain, size_t bytes, ls_error *error) {
  LS_TRY(use(d, error));
  return pass(d, &d->main, plain, block, bytes, cudaMemcpyDeviceToHost, error);
}

/* The table of memory. Everything goes in order with the kernels but read, which another thread may
 * call. */

static ls_status fill(ls_device *opened, void *block, int byte, size_t bytes, ls_error *error) {
  device *d = device_of(opened);
  LS_TRY(use(d, error));
  LS_TRY(check(d, cudaMemsetAsync(block, byte, bytes, d->compute), "filling memory", error));
  return mark_written(d, block, bytes, error);
}

static ls_status allocate(ls_device *opened, void **block, size_t bytes, const char *what,
                          ls_error *error) {
  enum { SLACK = 64 };
  device *d = device_of(opened);
  LS_TRY(device_allocate(d, block, bytes + SLACK, what, error));
  ls_status status = check(d, cudaMemsetAsync(*block, 0, bytes + SLACK, d->compute), what, error);
  if (status != LS_OK) {
    device_release(d, *block);
    *block = nullptr;
  }
  return status;
}

/* Nothing is to be waited for on bytes that are gone. Their events stay, for other bytes. */
static void release(ls_device *opened, void *block) {
  device_release(device_of(opened), block);
}

static ls_status write(ls_device *opened, void *block, const void *plain, size_t bytes,
                       ls_error *error) {
  return device_write(device_of(opened), block, plain, bytes, error);
}

static ls_status read(ls_device *opened, const void *block, void *plain, size_t bytes,
                      ls_error *error) {
  device *d = device_of(opened);
  std::lock_guard<std::mutex> lock(d->fetch.lock);
  LS_TRY(use(d, error));
  LS_TRY(wait_for(d, (const char *)block, (const char *)block + bytes, error));
  return pass(d, &d->fetch, plain, block, bytes, cudaMemcpyDeviceToHost, error);
}

static ls_status add(ls_device *opened, float *into, const float *from, size_t count,
                     ls_error *error) {
  device *d = device_of(opened);
  LS_TRY(use(d, error));
  LS_TRY(launch_add(d, into, from, count, error));
  return mark_written(d, into, count * sizeof(float), error);
}

const ls_backend_memory memory_functions = {allocate, release, fill, write, read, add};

} // namespace LS_CUDA_NAMESPACE
