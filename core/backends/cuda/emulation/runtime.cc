/* Streams, events and calls of the emulated runtime. Everything is under one lock. */
#include "backends/cuda/emulation/runtime.h"

#include "backends/cuda/emulation/block.h"
#include "backends/cuda/emulation/emulation.h"
#include "backends/cuda/emulation/memory.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ls_emulated {

struct event {
  unsigned long recorded, reached; /* how often it was put into a stream, and come by there */
  stream *in;                      /* the last one it was put into */
};

struct operation {
  std::string name;
  std::function<cudaError_t()> run;
  event *wait, *record;
  unsigned long turn; /* of the event */
};

struct stream {
  int device;
  std::deque<operation> queue;
};

namespace {

enum { MOST_DEVICES = 16, VERSION = 12000 };

struct state {
  int devices = 2;
  size_t memory = static_cast<size_t>(1) << 30;
  unsigned long long order = 0, launches = 0;
  std::string fault, explanation;
  std::map<std::string, int> runs; /* of kernels */
  int fault_call = 0, fault_error = 0, calls = 0, events = 0, blocking = 0;
  cudaError_t broken[MOST_DEVICES] = {};
  std::vector<stream *> streams;
};

std::recursive_mutex mutex;
typedef std::lock_guard<std::recursive_mutex> guard;
thread_local int device;
thread_local cudaError_t last_error;

long number_of(const char *variable, long otherwise) {
  const char *text = getenv(variable);
  return text && *text ? strtol(text, nullptr, 10) : otherwise;
}

state begin_state() {
  state s;
  s.devices = static_cast<int>(number_of("LARSCALE_EMULATED_DEVICES", s.devices));
  if (s.devices > MOST_DEVICES) s.devices = MOST_DEVICES;
  s.memory = static_cast<size_t>(number_of("LARSCALE_EMULATED_MEMORY", 1 << 20)) << 10;
  s.order = static_cast<unsigned long long>(number_of("LARSCALE_EMULATED_ORDER", 0));
  s.blocking = number_of("CUDA_LAUNCH_BLOCKING", 0) != 0;
  char name[64];
  const char *fault = getenv("LARSCALE_EMULATED_FAULT");
  if (fault && sscanf(fault, "%63[^:]:%d:%d", name, &s.fault_call, &s.fault_error) == 3)
    s.fault = name;
  return s;
}

state &world() {
  static state *s = new state(begin_state()); /* to the very end: others are freed after it */
  return *s;
}

cudaError_t keep(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

/* The fault that was asked for, if this is the call it was asked for. */
cudaError_t injected(const char *name) {
  state &w = world();
  if (w.fault != name || ++w.calls != w.fault_call) return cudaSuccess;
  return keep(static_cast<cudaError_t>(w.fault_error));
}

/* First thing in every call: faults to inject, and those of before. */
cudaError_t begin_call(const char *name) {
  cudaError_t error = injected(name);
  if (error != cudaSuccess) return error;
  return world().devices <= 0 ? keep(cudaErrorNoDevice) : keep(world().broken[device]);
}

#define BEGIN_CALL()                                                                               \
  guard lock(mutex);                                                                               \
  if (cudaError_t error_ = begin_call(__func__)) return error_

bool can_go(const stream *s) {
  if (s->queue.empty()) return false;
  const operation &next = s->queue.front();
  return !next.wait || next.wait->reached >= next.turn;
}

void go(stream *s) {
  operation next = std::move(s->queue.front());
  s->queue.pop_front();
  if (next.record) next.record->reached = next.turn;
  cudaError_t &broken = world().broken[s->device];
  if (!next.run || broken != cudaSuccess) return;
  memory_open(s->device);
  cudaError_t error = next.run();
  if (error == cudaSuccess && memory_is_damaged(s->device)) {
    error = cudaErrorIllegalAddress;
    world().explanation = next.name + " wrote beside a block";
  }
  memory_close(s->device);
  if (error != cudaSuccess) broken = error;
}

/* What runs next on the way to emptying `wanted`: that stream, as long as it can, and others only
 * when it waits for them, for then work that nobody waited for comes late; or whatever the dice
 * say. nullptr: nothing can. */
stream *choose(stream *wanted) {
  state &w = world();
  std::vector<stream *> ready;
  for (stream *s : w.streams)
    if (can_go(s)) ready.push_back(s);
  if (ready.empty()) return nullptr;
  if (w.order)
    return ready[(w.order * 6364136223846793005u + ++w.launches * 2654435761u) % 1000003 %
                 ready.size()];
  return wanted && can_go(wanted) ? wanted : ready[0];
}

cudaError_t run_until(stream *wanted, const std::function<bool()> &done) {
  while (!done()) {
    stream *next = choose(wanted);
    if (!next) return keep(cudaErrorUnknown); /* waits for what will never come */
    go(next);
  }
  return keep(world().broken[device]);
}

cudaError_t run_all() {
  return run_until(nullptr, [] {
    for (stream *s : world().streams)
      if (!s->queue.empty()) return false;
    return true;
  });
}

cudaError_t push(stream *s, operation o) {
  if (!s) return keep(cudaErrorInvalidValue); /* the default stream is not for us */
  s->queue.push_back(std::move(o));
  return cudaSuccess;
}

bool can_copy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, int on) {
  bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
  return (to_device ? memory_holds(on, to, bytes) : pinned_holds(to, bytes)) &&
         (from_device ? memory_holds(on, from, bytes) : pinned_holds(from, bytes));
}

} // namespace

bool is_device_memory(const void *block) {
  return memory_holds(device, block, 1);
}

void launch_body(const char *name, bool valid, dim3 grid, dim3 block, cudaStream_t s,
                 std::function<void()> body) {
  guard lock(mutex);
  state &w = world();
  if (w.broken[device] != cudaSuccess) {
    keep(w.broken[device]);
    return;
  }
  unsigned threads = block.x * block.y * block.z;
  bool fits = threads > 0 && threads <= 1024 && block.z <= 64 && grid.x > 0 && grid.y > 0 &&
              grid.z > 0 && grid.x <= 0x7fffffff && grid.y <= 65535 && grid.z <= 65535;
  if (!fits || !valid || !s || s->device != device) {
    keep(fits ? cudaErrorIllegalAddress : cudaErrorInvalidConfiguration);
    return;
  }
  cudaError_t fault = static_cast<cudaError_t>(0);
  if (w.fault == name && ++w.calls == w.fault_call) fault = static_cast<cudaError_t>(w.fault_error);
  unsigned long long order = w.order ? w.order + ++w.launches : 0;
  std::string of = name;
  push(s, {of,
           [=] {
             if (fault != cudaSuccess) return fault;
             world().runs[of]++;
             const char *wrong = run_grid(grid, block, order, body);
             if (wrong) world().explanation = of + ": " + wrong;
             return wrong ? cudaErrorLaunchFailure : cudaSuccess;
           },
           nullptr, nullptr, 0});
  if (w.blocking) run_until(s, [=] { return s->queue.empty(); });
}

cudaError_t cudaGetDeviceCount(int *count) {
  guard lock(mutex);
  *count = 0;
  if (cudaError_t error = injected(__func__)) return error;
  *count = world().devices;
  return *count > 0 ? cudaSuccess : keep(cudaErrorNoDevice);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int which) {
  BEGIN_CALL();
  if (which < 0 || which >= world().devices) return keep(cudaErrorInvalidDevice);
  *p = {};
  snprintf(p->name, sizeof p->name, "emulated");
  p->totalGlobalMem = world().memory;
  p->multiProcessorCount = 1;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int which) {
  guard lock(mutex);
  if (cudaError_t error = injected(__func__)) return error;
  if (which < 0 || which >= world().devices) return keep(cudaErrorInvalidDevice);
  device = which;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr, int which) {
  BEGIN_CALL();
  if (which < 0 || which >= world().devices) return keep(cudaErrorInvalidDevice);
  *value = static_cast<int>(number_of("LARSCALE_EMULATED_MODE", cudaComputeModeDefault));
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version) {
  *version = VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version) {
  *version = VERSION;
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *available, size_t *total) {
  BEGIN_CALL();
  *total = world().memory;
  *available = *total - memory_used(device);
  return cudaSuccess;
}

cudaError_t cudaMalloc(void **block, size_t bytes) {
  BEGIN_CALL();
  *block = nullptr;
  if (bytes > world().memory - memory_used(device)) return keep(cudaErrorMemoryAllocation);
  *block = memory_new(device, bytes);
  return *block ? cudaSuccess : keep(cudaErrorMemoryAllocation);
}

cudaError_t cudaFree(void *block) {
  guard lock(mutex);
  if (!block) return cudaSuccess;
  cudaError_t error = run_all();
  return memory_delete(device, block) ? error : keep(cudaErrorInvalidValue);
}

cudaError_t cudaMallocHost(void **block, size_t bytes) {
  BEGIN_CALL();
  *block = pinned_new(bytes);
  return *block ? cudaSuccess : keep(cudaErrorMemoryAllocation);
}

cudaError_t cudaFreeHost(void *block) {
  guard lock(mutex);
  if (!block) return cudaSuccess;
  run_all();
  return pinned_delete(block) ? cudaSuccess : keep(cudaErrorInvalidValue);
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t s) {
  BEGIN_CALL();
  if (!s || !can_copy(to, from, bytes, kind, s->device)) return keep(cudaErrorInvalidValue);
  return push(s, {__func__,
                  [=] {
                    memcpy(to, from, bytes);
                    return cudaSuccess;
                  },
                  nullptr, nullptr, 0});
}

cudaError_t cudaMemsetAsync(void *block, int byte, size_t bytes, cudaStream_t s) {
  BEGIN_CALL();
  if (!s || !memory_holds(s->device, block, bytes)) return keep(cudaErrorInvalidValue);
  return push(s, {__func__,
                  [=] {
                    memset(block, byte, bytes);
                    return cudaSuccess;
                  },
                  nullptr, nullptr, 0});
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned) {
  BEGIN_CALL();
  *s = new stream{device, {}};
  world().streams.push_back(*s);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t s) {
  guard lock(mutex);
  run_all();
  std::vector<stream *> &all = world().streams;
  for (size_t i = 0; i < all.size(); i++)
    if (all[i] == s) all.erase(all.begin() + static_cast<ptrdiff_t>(i));
  delete s;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t s) {
  BEGIN_CALL();
  return run_until(s, [=] { return s->queue.empty(); });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t s, cudaEvent_t e, unsigned) {
  BEGIN_CALL();
  return push(s, {__func__, nullptr, e, nullptr, e->recorded});
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, unsigned) {
  BEGIN_CALL();
  *e = new event{0, 0, nullptr};
  world().events++;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t e) {
  guard lock(mutex);
  run_all(); /* simpler than the real one, which forgets it when it has come by */
  delete e;
  world().events--;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t s) {
  BEGIN_CALL();
  e->in = s;
  return push(s, {__func__, nullptr, nullptr, e, ++e->recorded});
}

cudaError_t cudaEventSynchronize(cudaEvent_t e) {
  BEGIN_CALL();
  unsigned long turn = e->recorded;
  return run_until(e->in, [=] { return e->reached >= turn; });
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, const void *) {
  BEGIN_CALL();
  *attributes = {};
  return cudaSuccess;
}

cudaError_t cudaGetLastError() {
  cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}

const char *cudaGetErrorString(cudaError_t error) {
  static thread_local std::string text;
  switch (error) {
  case cudaSuccess:
    return "no error";
  case cudaErrorInvalidValue:
    return "invalid argument";
  case cudaErrorMemoryAllocation:
    return "out of memory";
  case cudaErrorInvalidConfiguration:
    return "invalid configuration argument";
  case cudaErrorInsufficientDriver:
    return "CUDA driver version is insufficient for CUDA runtime version";
  case cudaErrorDevicesUnavailable:
    return "CUDA-capable device(s) is/are busy or unavailable";
  case cudaErrorNoDevice:
    return "no CUDA-capable device is detected";
  case cudaErrorInvalidDevice:
    return "invalid device ordinal";
  case cudaErrorNoKernelImageForDevice:
    return "no kernel image is available for execution on the device";
  case cudaErrorIllegalAddress:
    text = "an illegal memory access was encountered";
    break;
  case cudaErrorLaunchFailure:
    text = "unspecified launch failure";
    break;
  default:
    text = "unknown error";
  }
  guard lock(mutex);
  if (!world().explanation.empty()) text += " (" + world().explanation + ")";
  return text.c_str();
}

} // namespace ls_emulated

using ls_emulated::guard;
using ls_emulated::mutex;
using ls_emulated::world;

void ls_emulation_set_devices(int devices) {
  guard lock(mutex);
  world().devices = devices;
}

void ls_emulation_set_memory(size_t bytes) {
  guard lock(mutex);
  world().memory = bytes;
}

void ls_emulation_set_order(unsigned long long seed) {
  guard lock(mutex);
  world().order = seed;
}

void ls_emulation_set_fault(const char *what, int call, int error) {
  guard lock(mutex);
  world().fault = what ? what : "";
  world().fault_call = call;
  world().fault_error = error;
  world().calls = 0;
  world().explanation.clear();
  for (ls_emulated::cudaError_t &broken : world().broken) broken = ls_emulated::cudaSuccess;
}

void ls_emulation_set_blocking(int blocking) {
  guard lock(mutex);
  world().blocking = blocking;
}

int ls_emulation_runs(const char *kernel) {
  guard lock(mutex);
  return world().runs[kernel];
}

size_t ls_emulation_device_bytes(void) {
  guard lock(mutex);
  size_t bytes = 0;
  for (int d = 0; d < ls_emulated::MOST_DEVICES; d++) bytes += ls_emulated::memory_used(d);
  return bytes;
}

int ls_emulation_objects(void) {
  guard lock(mutex);
  return ls_emulated::pinned_count() + ls_emulated::world().events +
         static_cast<int>(world().streams.size());
}
