/* Backend openblas: im2col in bounded bands and cblas_sgemm. Activations are plain floats. */
#include "backends/openblas/openblas.h"

#include "backends/settings.h"

#include <cblas.h>

#include <stdio.h>
#include <stdlib.h>

static void version(char *text, size_t length) {
  snprintf(text, length, "%s, kernels for %s", openblas_get_config(), openblas_get_corename());
}

/* A build with its own threads would start them inside each of ours. */
static int available(char *reason, size_t length) {
  if (openblas_get_parallel() != OPENBLAS_THREAD) return 1;
  snprintf(reason, length,
           "this OpenBLAS has threads of its own (pthreads); install its OpenMP or serial build "
           "(libopenblas-openmp-dev)");
  return 0;
}

static ls_status device_open(const ls_backend_options *options, ls_device **device,
                             ls_error *error) {
  *device = NULL;
  LS_TRY(ls_backend_refuse_settings("openblas", options, error));
  *device = calloc(1, sizeof **device);
  if (!*device) return ls_fail(error, LS_MEMORY, "backend openblas: no memory");
#ifdef _OPENMP
  (*device)->threads = options->threads;
#else
  (void)options;
  (*device)->threads = 1;
  openblas_set_num_threads(1);
#endif
  return LS_OK;
}

static void device_close(ls_device *device) {
  free(device);
}

static const char *const variants[] = {"im2col", NULL};

const ls_backend ls_backend_openblas = {
    .name = "openblas",
    .summary = "im2col in bounded bands and sgemm of OpenBLAS",
    .variants = variants,
    .version = version,
    .available = available,
    .device_open = device_open,
    .device_close = device_close,
    .conv_block_new = ls_openblas_conv_block_new,
    .dense_new = ls_openblas_dense_new,
};
