/* One operator of one backend with the operator before it (whose output layout the input has) and
 * every buffer it needs, poisoned before use. */
#ifndef LS_TESTS_BACKENDS_RIG_H
#define LS_TESTS_BACKENDS_RIG_H

#include "backends/block.h"

typedef struct ls_rig {
  const ls_backend *backend;
  ls_device *device;
  ls_operator *op, *before; /* before: NULL where the input is the image */
  size_t input_floats, output_floats, kernel_floats, bias_floats;
  ls_image image; /* the input, if it is the image and the backend takes images */
  void *input, *input_gradient, *output, *output_gradient, *saved, *workspace;
} ls_rig;

/* Opens the device and makes the operators. *rig is zeroed memory or undefined; ls_rig_close is
 * always to be called. Returns LS_OK, LS_MEMORY or LS_UNAVAILABLE (shape not supported). */
ls_status ls_rig_open_conv(ls_rig *rig, const ls_backend *backend, const char *variant, int threads,
                           const ls_conv_block_shape *shape, int first, ls_error *error);
ls_status ls_rig_open_dense(ls_rig *rig, const ls_backend *backend, const char *variant,
                            int threads, const ls_dense_shape *shape, int after_block,
                            ls_error *error);
void ls_rig_close(ls_rig *rig);

/* Puts plain floats into the input, or the output gradient, in the backend's layout. An image that
 * is mostly zeros is given in sparse form. */
ls_status ls_rig_set_input(ls_rig *rig, const float *plain, ls_error *error);
ls_status ls_rig_set_output_gradient(ls_rig *rig, const float *plain, ls_error *error);

/* Poisons output, saved and workspace, runs forward and writes the output as plain floats. */
ls_status ls_rig_forward(ls_rig *rig, float *plain_output, ls_error *error);

/* Poisons workspace and input gradient and runs backward. plain_input_gradient NULL: not wanted. */
ls_status ls_rig_backward(ls_rig *rig, float *plain_input_gradient, float *kernel_gradient,
                          float *bias_gradient, ls_error *error);

/* The memory of the backend's device, and a block of it that is poisoned. */
ls_block_home ls_rig_home(const ls_rig *rig);
ls_status ls_rig_block_new(const ls_rig *rig, void **block, size_t bytes, ls_error *error);

/* A poisoned block of floats with the alignment and slack of the contract. */
ls_status ls_floats_new(float **block, size_t count, ls_error *error);

#endif
