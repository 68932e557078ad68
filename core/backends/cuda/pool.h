/* Backward through ELU and the pool, for conv blocks of any shape. */
#ifndef LS_BACKENDS_CUDA_POOL_H
#define LS_BACKENDS_CUDA_POOL_H

#include "backends/cuda/device.h"
#include "backends/cuda/map.h"

namespace LS_CUDA_NAMESPACE {

/* gradient: of the output, becomes that of the sums before ELU. Adds its sum over all windows to
 * bias_gradient, and writes that over background windows to hidden [out]: all of those have one
 * receptive field and one position of the maximum, so that their sum is all there is to know.
 * sums: scratch, [parts][2][out]. */
ls_status launch_before_pool(device *d, const map &output, const map &gradient, int parts,
                             float *sums, float *bias_gradient, float *hidden, ls_error *error);

/* Stores background pixels as well, for who takes values as they lie (export). */
ls_status launch_fill_background(device *d, const map &m, ls_error *error);

/* Plain values became a map (import): no background. */
ls_status launch_all_active(device *d, const map &m, ls_error *error);

} // namespace LS_CUDA_NAMESPACE

#endif
