/* The reference kernels: the definition of what every backend computes, as plain loops.
 *
 * kernels.c is compiled twice: real = float (the backend) and real = double (the yardstick of the
 * tests); names end in _f32 and _f64. Never optimise these; the only liberty is a parallel outer
 * loop over outputs that no two threads share, so that results do not depend on the thread count.
 *
 * Shapes are those of network/spec.h. argmax: uint8 [height / pool][width / pool][out_channels],
 * window row * pool + window column of the first maximum. A NaN in a window becomes its maximum. */
#ifndef LS_BACKENDS_REFERENCE_KERNELS_H
#define LS_BACKENDS_REFERENCE_KERNELS_H

#include "network/spec.h"

#include <stdint.h>

#define LS_REFERENCE_DECLARE(real, suffix)                                                         \
  void ls_reference_conv_block_forward_##suffix(const ls_conv_block_shape *shape, int threads,     \
                                                const real *input, const real *kernel,             \
                                                const real *bias, real *output, uint8_t *argmax);  \
  /* Adds to kernel_gradient and bias_gradient, writes input_gradient (NULL: not wanted). */       \
  void ls_reference_conv_block_backward_##suffix(                                                  \
      const ls_conv_block_shape *shape, int threads, const real *input, const real *kernel,        \
      const real *output, const uint8_t *argmax, const real *output_gradient,                      \
      real *input_gradient, real *kernel_gradient, real *bias_gradient);                           \
  void ls_reference_dense_forward_##suffix(const ls_dense_shape *shape, int threads,               \
                                           const real *input, const real *kernel,                  \
                                           const real *bias, real *output);                        \
  void ls_reference_dense_backward_##suffix(                                                       \
      const ls_dense_shape *shape, int threads, const real *input, const real *kernel,             \
      const real *output, const real *output_gradient, real *input_gradient,                       \
      real *kernel_gradient, real *bias_gradient);

LS_REFERENCE_DECLARE(float, f32)
LS_REFERENCE_DECLARE(double, f64)

#endif
