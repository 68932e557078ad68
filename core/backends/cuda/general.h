/* Conv blocks of any kernel and pool, in plain loops: correct, not fast. `larscale info` and the
 * record of a run name them `general`. */
#ifndef LS_BACKENDS_CUDA_GENERAL_H
#define LS_BACKENDS_CUDA_GENERAL_H

#include "backends/cuda/device.h"
#include "backends/cuda/map.h"

namespace LS_CUDA_NAMESPACE {

/* input: values [height][width][in]; weights [kernel][kernel][in][out]. */
ls_status launch_general_forward(device *d, const ls_conv_block_shape &shape, const float *input,
                                 const float *weights, const float *bias, const map &output,
                                 unsigned char *argmax, ls_error *error);

/* gradient: of the sums before ELU (before_pool). input_gradient NULL: not wanted. */
ls_status launch_general_backward(device *d, const ls_conv_block_shape &shape, const float *input,
                                  const float *weights, const unsigned char *argmax,
                                  const map &gradient, const map *input_gradient,
                                  float *weight_gradient, ls_error *error);

} // namespace LS_CUDA_NAMESPACE

#endif
