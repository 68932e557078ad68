/* The backend's table: cuda, or cuda-emulated. */
#include "backends/cuda/operators.h"

#include <cstdio>

namespace LS_CUDA_NAMESPACE {

static void version(char *text, size_t length) {
  int runtime = 0;
  (void)cudaRuntimeGetVersion(&runtime);
#ifdef LS_CUDA_EMULATED
  snprintf(text, length, "fused kernels, version 1, on the processor (emulated; for tests)");
#else
  snprintf(text, length, "fused kernels, version 1, CUDA runtime %d.%d", runtime / 1000,
           runtime % 1000 / 10);
#endif
}

#ifdef LS_CUDA_EMULATED
static const int emulated = 1;
#else
static const int emulated = 0;
#endif
static const char *const variants[] = {"fused", nullptr};

} // namespace LS_CUDA_NAMESPACE

using namespace LS_CUDA_NAMESPACE;

#ifdef LS_CUDA_EMULATED
extern "C" const ls_backend ls_backend_cuda_emulated;
const ls_backend ls_backend_cuda_emulated = {
    .name = "cuda-emulated",
    .summary = "for tests: the CUDA kernels run on the processor",
#else
extern "C" const ls_backend ls_backend_cuda;
const ls_backend ls_backend_cuda = {
    .name = "cuda",
    .summary = "own kernels on a GPU: conv, pool and ELU fused, backward at maxima only, empty "
               "regions skipped",
#endif
    .variants = variants,
    .takes_images = 1,
    .emulated = emulated,
    .version = version,
    .opens_libraries = 0,
    .available = available,
    .device_count = device_count,
    .device_name = device_name,
    .device_facts = device_facts,
    .memory = &memory_functions,
    .device_open = device_open,
    .device_close = device_close,
    .conv_block_new = conv_new,
    .dense_new = dense_new,
};
