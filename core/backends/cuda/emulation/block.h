/* Runs the blocks of a grid one after another. */
#ifndef LS_BACKENDS_CUDA_EMULATION_BLOCK_H
#define LS_BACKENDS_CUDA_EMULATION_BLOCK_H

#include "backends/cuda/emulation/kernel.h"

namespace ls_emulated {

/* order 0: blocks and threads in the order of their numbers; else drawn from it. Returns NULL or
 * what the kernel did wrong. */
const char *run_grid(dim3 grid, dim3 block, unsigned long long order,
                     const std::function<void()> &body);

} // namespace ls_emulated

#endif
