/* Kernels of a dense layer. x, y: values of maps; weights [inputs][outputs]. */
#ifndef LS_BACKENDS_CUDA_DENSE_H
#define LS_BACKENDS_CUDA_DENSE_H

#include "backends/cuda/device.h"
#include "backends/cuda/map.h"

namespace LS_CUDA_NAMESPACE {

struct dense_size {
  int inputs, outputs, elu;
  int parts, part; /* inputs are summed in so many parts, each of so many inputs */
};

/* sums: [parts][outputs] */
ls_status launch_dense_forward(device *d, const dense_size &size, const map &x,
                               const float *weights, const float *bias, float *sums, const map &y,
                               ls_error *error);

/* g: the gradient of y, overwritten. dx.values NULL: not wanted. */
ls_status launch_dense_backward(device *d, const dense_size &size, const map &x,
                                const float *weights, const map &y, const map &g, const map *dx,
                                float *weight_gradient, float *bias_gradient, ls_error *error);

} // namespace LS_CUDA_NAMESPACE

#endif
