/* A whole network in float64 with the reference kernels: the yardstick of network tests. */
#ifndef LS_TESTS_SUPPORT_NETWORK_F64_H
#define LS_TESTS_SUPPORT_NETWORK_F64_H

#include "network/spec.h"

/* Results of ls_network_f64_run; arrays belong to the caller. */
typedef struct ls_network_f64 {
  double *logits;   /* one for each class */
  double loss;      /* softmax cross-entropy against the label */
  double *gradient; /* one for each parameter, in the order of the parameter arena; NULL: forward
                       only */
  double margin;    /* smallest gap, relative to the largest conv output of its block, between the
                       maximum of a pool window and the next smaller value in it */
} ls_network_f64;

/* Forward and backward of one image (plain floats [height][width][planes]). The gradient is
 * written. want_margin 0: margin is left alone; it costs one more forward pass. Returns LS_OK or
 * LS_MEMORY. */
ls_status ls_network_f64_run(const ls_network_spec *spec, const float *parameters,
                             const float *image, int label, int want_margin, ls_network_f64 *result,
                             ls_error *error);

/* The smallest gap in one conv block, absolute, and the largest magnitude of a conv output; exact
 * ties do not count. Returns LS_OK or LS_MEMORY. */
ls_status ls_conv_margin_f64(const ls_conv_block_shape *shape, const double *input,
                             const double *kernel, double *gap, double *largest, ls_error *error);

#endif
