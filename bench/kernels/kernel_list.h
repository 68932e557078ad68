/* The list of kernels to time: every layer of a network, on a dense and on a sparse image, and the
 * cases of the table that the tests share; forward and backward; of every backend chosen. */
#ifndef LS_BENCH_KERNELS_KERNEL_LIST_H
#define LS_BENCH_KERNELS_KERNEL_LIST_H

#include "base/isa.h"
#include "bench/kernels/benchmark_shim.h"
#include "bench/kernels/kernel.h"

typedef struct ls_kernel_list ls_kernel_list;

/* What the list is made of; all of it must outlive the list. */
typedef struct ls_kernel_source {
  const ls_backend_choice *choices; /* with threads */
  int choice_count;
  const ls_network_spec *spec;
  const ls_image *dense, *sparse; /* of the network's shape */
  double fma_peak[LS_ISA_COUNT], copy_peak;
} ls_kernel_source;

/* Names: BACKEND/LAYER/forward|backward/dense|sparse, the layers as in a step on that image, and
 * BACKEND/case/CASE/forward|backward with underscores for blanks. Cases with NaN or infinity are
 * left out: their shapes are there without. LS_OK or LS_MEMORY. */
ls_status ls_kernel_list_new(const ls_kernel_source *source, ls_kernel_list **list,
                             ls_error *error);
void ls_kernel_list_free(ls_kernel_list *list); /* NULL is allowed */

void ls_kernel_list_register(const ls_kernel_list *list, ls_shim_result *result);

#endif
