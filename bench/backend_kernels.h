/* Which kernels a backend would use for a network, without running it. */
#ifndef LS_BENCH_BACKEND_KERNELS_H
#define LS_BENCH_BACKEND_KERNELS_H

#include "bench/backend_choice.h"
#include "network/spec.h"

/* Writes "conv1: ..; conv2: .." into text, cut to length, as ls_model_describe does; plans the
 * operators, but makes no room for activations. choice: with threads. Returns LS_OK, or what made
 * the backend refuse: LS_USAGE (a setting), LS_UNAVAILABLE (a shape), LS_MEMORY. */
ls_status ls_backend_kernels(const ls_backend_choice *choice, const ls_network_spec *spec,
                             char *text, size_t length, ls_error *error);

#endif
