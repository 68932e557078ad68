/* One kernel of one backend, ready to be run again and again: forward or backward of a layer of a
 * network, or of a case of the table that the tests share. */
#ifndef LS_BENCH_KERNELS_KERNEL_H
#define LS_BENCH_KERNELS_KERNEL_H

#include "bench/backend_choice.h"
#include "cases/cases.h"
#include "image/image.h"
#include "network/work.h"

/* What is run. A layer of spec gets what the layers before it make of image, so that a backend that
 * looks for regions without charge finds those there are; otherwise conv or dense says which case.
 */
typedef struct ls_kernel_plan {
  const ls_backend_choice *choice; /* with threads */
  const ls_network_spec *spec;     /* NULL: a case */
  int layer;
  const ls_image *image;
  const ls_conv_case *conv;
  const ls_dense_case *dense;
  int backward;
} ls_kernel_plan;

typedef struct ls_kernel ls_kernel;

/* Makes and fills everything, and runs forward once. *kernel is NULL on failure: LS_UNAVAILABLE or
 * LS_USAGE (the backend refuses the shape or a setting), LS_MEMORY, LS_INTERNAL. */
ls_status ls_kernel_new(const ls_kernel_plan *plan, ls_kernel **kernel, ls_error *error);
void ls_kernel_free(ls_kernel *kernel); /* NULL is allowed */

/* Runs it once. seconds: of the operator alone; what a backward call overwrites is put back before
 * it, not timed. */
ls_status ls_kernel_run(ls_kernel *kernel, double *seconds, ls_error *error);

ls_work ls_kernel_work(const ls_kernel_plan *plan);

#endif
