/* Whether a backend computes what the reference does, on the machine at hand: run before anything
 * is timed. */
#ifndef LS_TRAIN_KERNEL_CHECK_H
#define LS_TRAIN_KERNEL_CHECK_H

#include "backends/backend.h"
#include "network/spec.h"

/* Forward and backward of one random image through the network of spec, at the least size that its
 * pools allow, on the backend and on the reference: logits, and the gradient of each layer, must
 * agree within 1e-3 of their Euclidean norm (float32 rounding stays below 1e-5; one window whose
 * two largest values are almost equal may cost more). Nothing is done for the reference itself.
 * Returns LS_OK, LS_VALUE (they differ: the message names the layer), LS_MEMORY or LS_UNAVAILABLE.
 */
ls_status ls_kernel_check(const ls_backend *backend, const ls_backend_options *options,
                          const ls_network_spec *spec, ls_error *error);

/* LS_VALUE, with the reason, if times of this backend mean nothing: its device is emulated. */
ls_status ls_check_real_device(const ls_backend *backend, ls_error *error);

#endif
