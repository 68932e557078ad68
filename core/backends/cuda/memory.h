/* Kernels on plain stretches of the device's memory. */
#ifndef LS_BACKENDS_CUDA_MEMORY_H
#define LS_BACKENDS_CUDA_MEMORY_H

#include "backends/cuda/device.h"

namespace LS_CUDA_NAMESPACE {

/* Looks for one kernel on the device in use: an error if this build has none for it. */
cudaError_t find_kernels();

/* into[i] += from[i] */
ls_status launch_add(device *d, float *into, const float *from, size_t count, ls_error *error);

/* into[i] += the sum of parts[0][i], parts[1][i] .., in this order; parts: [part_count][count]. */
ls_status launch_add_parts(device *d, float *into, const float *parts, int part_count, size_t count,
                           ls_error *error);

} // namespace LS_CUDA_NAMESPACE

#endif
