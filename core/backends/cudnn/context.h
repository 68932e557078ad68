/* A device of the backend: one of the backend cuda, for memory and streams, and the two libraries'
 * handles on it. */
#ifndef LS_BACKENDS_CUDNN_CONTEXT_H
#define LS_BACKENDS_CUDNN_CONTEXT_H

#include "backends/cudnn/library.h"
extern "C" {
#include "backends/cudnn/module.h"
}

namespace LS_CUDA_NAMESPACE {
namespace library {

struct context {
  ls_cudnn_device base; /* first: the program looks here */
  device *d;
  int tf32; /* 1: products of numbers of 10 bits of mantissa */
  cudnnHandle_t cudnn;
  cublasHandle_t cublas;
};

inline context *context_of(ls_device *opened) {
  return (context *)opened;
}

ls_status conv_new(ls_device *opened, const ls_conv_block_shape *shape,
                   const ls_operator_place *place, ls_operator **op, ls_error *error);
ls_status dense_new(ls_device *opened, const ls_dense_shape *shape, const ls_operator_place *place,
                    ls_operator **op, ls_error *error);

/* The factors of cuDNN's "output = alpha * result + beta * output". */
static const float one = 1, zero = 0;

} // namespace library
} // namespace LS_CUDA_NAMESPACE

#endif
