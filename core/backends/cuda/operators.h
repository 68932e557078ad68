/* The operators of the backend cuda, for its table. */
#ifndef LS_BACKENDS_CUDA_OPERATORS_H
#define LS_BACKENDS_CUDA_OPERATORS_H

#include "backends/cuda/device.h"

namespace LS_CUDA_NAMESPACE {

ls_status conv_new(ls_device *opened, const ls_conv_block_shape *shape,
                   const ls_operator_place *place, ls_operator **op, ls_error *error);
ls_status dense_new(ls_device *opened, const ls_dense_shape *shape, const ls_operator_place *place,
                    ls_operator **op, ls_error *error);

} // namespace LS_CUDA_NAMESPACE

#endif
