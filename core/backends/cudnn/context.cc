/* The module's table, and devices: those of the backend cuda with the libraries' handles. */
#include "backends/cudnn/context.h"
extern "C" {
#include "backends/settings.h"
}

#include <cstdio>
#include <new>

#ifdef LS_CUDA_EMULATED
#define TABLE ls_backend_cudnn_emulated
#else
#define TABLE ls_cudnn_table
#endif
extern "C" const ls_backend TABLE;

namespace LS_CUDA_NAMESPACE {
namespace library {

ls_status check(cudnnStatus_t status, const char *doing, ls_error *error) {
  if (status == CUDNN_STATUS_SUCCESS) return LS_OK;
  return ls_fail(error, LS_INTERNAL, "cuDNN: %s: %s", doing, cudnnGetErrorString(status));
}

ls_status check(cublasStatus_t status, const char *doing, ls_error *error) {
  if (status == CUBLAS_STATUS_SUCCESS) return LS_OK;
  return ls_fail(error, LS_INTERNAL, "cuBLAS: %s: %s", doing, cublasGetStatusString(status));
}

namespace {

#ifdef LS_CUDA_EMULATED
const char name[] = "cudnn-emulated";
const char *const variants[] = {"float32", nullptr}; /* the stand-in has one arithmetic */
#else
const char name[] = "cudnn";
const char *const variants[] = {"float32", "tf32", nullptr};
#endif

void version(char *text, size_t length) {
  size_t number = cudnnGetVersion(); /* 90100: 9.1.0 */
#ifdef LS_CUDA_EMULATED
  snprintf(text, length, "a stand-in for cuDNN on the processor (emulated; for tests), %zu",
           number);
#else
  snprintf(text, length, "cuDNN %zu.%zu.%zu", number / 10000, number / 100 % 100, number % 100);
#endif
}

ls_status open_libraries(context *c, ls_error *error) {
  LS_TRY(use(c->d, error));
  LS_TRY(check(cudnnCreate(&c->cudnn), "opening it on the device", error));
  LS_TRY(check(cudnnSetStream(c->cudnn, c->d->compute), "its stream", error));
  LS_TRY(check(cublasCreate(&c->cublas), "opening it on the device", error));
  LS_TRY(check(cublasSetStream(c->cublas, c->d->compute), "its stream", error));
  return check(
      cublasSetMathMode(c->cublas, c->tf32 ? CUBLAS_TF32_TENSOR_OP_MATH : CUBLAS_PEDANTIC_MATH),
      "its arithmetic", error);
}

void close(ls_device *opened) {
  context *c = context_of(opened);
  if (!c) return;
  if (c->d) (void)use(c->d, nullptr);
  if (c->cudnn) (void)cudnnDestroy(c->cudnn);
  if (c->cublas) (void)cublasDestroy(c->cublas);
  device_close((ls_device *)c->d);
  delete c;
}

ls_status open(const ls_backend_options *options, ls_device **opened, ls_error *error) {
  ls_backend_options of_cuda = *options;
  int variant;
  *opened = nullptr;
  LS_TRY(ls_backend_refuse_settings(name, options, error));
  LS_TRY(ls_backend_choose(name, "variant", options->variant, variants, &variant, error));
  context *c = new (std::nothrow) context();
  if (!c) return ls_fail(error, LS_MEMORY, "no memory for a device");
  of_cuda.variant = nullptr;
  c->base.backend = &TABLE;
  c->tf32 = variant == 1;
  ls_device *of_device = nullptr;
  ls_status status = device_open(&of_cuda, &of_device, error);
  c->d = device_of(of_device);
  if (status == LS_OK) status = open_libraries(c, error);
  if (status == LS_OK)
    *opened = (ls_device *)c;
  else
    close((ls_device *)c);
  return status;
}

ls_device *inner(ls_device *opened) {
  return (ls_device *)context_of(opened)->d;
}

ls_status allocate(ls_device *opened, void **block, size_t bytes, const char *what,
                   ls_error *error) {
  return memory_functions.allocate(inner(opened), block, bytes, what, error);
}

void release(ls_device *opened, void *block) {
  memory_functions.release(inner(opened), block);
}

ls_status fill(ls_device *opened, void *block, int byte, size_t bytes, ls_error *error) {
  return memory_functions.fill(inner(opened), block, byte, bytes, error);
}

ls_status write(ls_device *opened, void *block, const void *plain, size_t bytes, ls_error *error) {
  return memory_functions.write(inner(opened), block, plain, bytes, error);
}

ls_status read(ls_device *opened, const void *block, void *plain, size_t bytes, ls_error *error) {
  return memory_functions.read(inner(opened), block, plain, bytes, error);
}

ls_status add(ls_device *opened, float *into, const float *from, size_t count, ls_error *error) {
  return memory_functions.add(inner(opened), into, from, count, error);
}

const ls_backend_memory memory = {allocate, release, fill, write, read, add};

} // namespace

/* What the table below is made of. */
struct functions {
  static constexpr const char *backend = name;
  static constexpr const char *const *all_variants = variants;
  static constexpr auto say_version = version;
  static constexpr auto *blocks = &memory;
  static constexpr auto open_device = open;
  static constexpr auto close_device = close;
};

} // namespace library
} // namespace LS_CUDA_NAMESPACE

using LS_CUDA_NAMESPACE::library::functions;

const ls_backend TABLE = {
    .name = functions::backend,
#ifdef LS_CUDA_EMULATED
    .summary = "for tests: the calls of the backend cudnn, answered on the processor",
#else
    .summary = "",
#endif
    .variants = functions::all_variants,
    .takes_images = 0,
#ifdef LS_CUDA_EMULATED
    .emulated = 1,
#else
    .emulated = 0,
#endif
    .version = functions::say_version,
    .opens_libraries = 1,
    .available = LS_CUDA_NAMESPACE::available,
    .device_count = LS_CUDA_NAMESPACE::device_count,
    .device_name = LS_CUDA_NAMESPACE::device_name,
    .device_facts = LS_CUDA_NAMESPACE::device_facts,
    .memory = functions::blocks,
    .device_open = functions::open_device,
    .device_close = functions::close_device,
    .conv_block_new = LS_CUDA_NAMESPACE::library::conv_new,
    .dense_new = LS_CUDA_NAMESPACE::library::dense_new,
};

#ifndef LS_CUDA_EMULATED
static_assert(CUDNN_MAJOR == LS_CUDNN_MAJOR, "the program opens the cuDNN of these headers");
extern "C" __attribute__((visibility("default"))) const ls_cudnn_module larscale_cudnn_module;
const ls_cudnn_module larscale_cudnn_module = {LS_CUDNN_INTERFACE, sizeof(ls_backend), &TABLE};
#endif
