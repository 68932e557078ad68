/* A conv block of the backend cuda: what its kernels are given. */
#ifndef LS_BACKENDS_CUDA_CONV_BLOCK_H
#define LS_BACKENDS_CUDA_CONV_BLOCK_H

#include "backends/cuda/device.h"
#include "backends/cuda/input.h"
#include "backends/cuda/map.h"

namespace LS_CUDA_NAMESPACE {

struct conv_block {
  ls_operator base;
  device *d;
  ls_conv_block_shape shape;
  int first, fast; /* fast: a shape that the fast kernels take */
  char description[64];
  image_input *input; /* of the first block */

  float *weights; /* [5][5][in][out], as the parameters */
  float *bias;    /* [out] */
  float *hidden;  /* [out]: gradient of all background windows (pool.h) */

  float *background; /* [out]: what windows of background give */

  /* Later blocks. known: 1 if background was found for these weights and known_input [in]. */
  float *backward_filters, *tap_sums; /* later_block.cu: pack_filters */
  float *known_input;
  int *known;
};

/* What the operator's pointers stand for in one call. */
struct call {
  uploaded *image; /* first block */
  map input;       /* later blocks */
  map output, output_gradient, input_gradient;
  int want_input_gradient;
  unsigned char *argmax;
  int *list; /* of the active windows: how many, then which */
  float *workspace;
  float *kernel_gradient, *bias_gradient;
};

inline size_t weight_count(const ls_conv_block_shape &s) {
  return (size_t)s.kernel * (size_t)s.kernel * (size_t)s.in_channels * (size_t)s.out_channels;
}

} // namespace LS_CUDA_NAMESPACE

#endif
