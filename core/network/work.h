/* Work of an operator: floating-point operations and bytes, declared once for all who report rates.
 *
 * Both are the dense algorithm's: a kernel that skips regions, or multiplies less by Winograd's
 * algorithm, does not do all of it, and its rates are called dense-equivalent. */
#ifndef LS_NETWORK_WORK_H
#define LS_NETWORK_WORK_H

#include "network/spec.h"

/* flop: multiply and add count as two. bytes: each tensor that must be read or written in float32,
 * once: what is left if nothing in between goes to memory. */
typedef struct ls_work {
  double flop, bytes;
} ls_work;

/* Forward: 2 k k Cin Cout H W; reads input and parameters, writes the pooled output. Backward
 * (backward 1): the gradients of the weights and, unless first, of the input, each as much as
 * forward; reads input, parameters, output and its gradient, adds to the parameters' gradients
 * (read and write), writes the input's. */
ls_work ls_conv_block_work(const ls_conv_block_shape *shape, int first, int backward);

/* The same of a dense layer: 2 in out. */
ls_work ls_dense_work(const ls_dense_shape *shape, int first, int backward);

/* Of layer number layer of a network: blocks, then dense layers. */
ls_work ls_network_layer_work(const ls_network_spec *spec, int layer, int backward);

/* Floating-point operations for one image: a forward pass; a training step, whose first layer has
 * no gradient of its input. The study's network at 3600 x 3600 x 1: 32.8 and 92.1 GFLOP. */
double ls_network_forward_flop(const ls_network_spec *spec);
double ls_network_step_flop(const ls_network_spec *spec);

#endif
