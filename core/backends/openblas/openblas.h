/* What the files of this backend share. */
#ifndef LS_BACKENDS_OPENBLAS_OPENBLAS_H
#define LS_BACKENDS_OPENBLAS_OPENBLAS_H

#include "backends/backend.h"

#include <stdint.h>

#ifdef _OPENMP
#include <omp.h>
#endif

struct ls_device {
  int threads;
};

ls_status ls_openblas_conv_block_new(ls_device *, const ls_conv_block_shape *,
                                     const ls_operator_place *, ls_operator **, ls_error *);
ls_status ls_openblas_dense_new(ls_device *, const ls_dense_shape *, const ls_operator_place *,
                                ls_operator **, ls_error *);

/* A row of pool windows: what pool.c works on. */
typedef struct ls_openblas_windows {
  int pool, columns, channels; /* windows of pool x pool, so many side by side */
  size_t line_floats;          /* from one row of conv outputs to the next */
} ls_openblas_windows;

/* conv: [pool] lines of [columns * pool][channels]. Writes output [columns][channels] = ELU(maximum
 * + bias) and argmax (row in window * pool + column; first maximum; a NaN is a maximum).
 * best, row: scratch of columns * pool * channels. */
void ls_openblas_pool(const ls_openblas_windows *windows, const float *conv, const float *bias,
                      float *best, int32_t *row, float *output, uint8_t *argmax);

/* Writes the gradient of conv (zero but at the maxima) given output, its gradient and argmax, and
 * adds the gradient of the bias. Only the maxima are written: conv_gradient is zeroed by the
 * caller. */
void ls_openblas_unpool(const ls_openblas_windows *windows, const float *output,
                        const float *output_gradient, const uint8_t *argmax, float *conv_gradient,
                        float *bias_gradient);

/* ELU with alpha 1, and its slope written with its value. NaN passes. */
float ls_openblas_elu(float x);
static inline float ls_openblas_elu_slope(float y) {
  return y > 0 ? 1 : y + 1;
}

/* This thread's calls of BLAS stay in this thread: to be called first in a parallel region, also
 * one of a single thread (OpenBLAS asks OpenMP for the number of threads, which is private to the
 * region). */
static inline void ls_openblas_stay_serial(void) {
#ifdef _OPENMP
  omp_set_num_threads(1);
#endif
}

static inline int ls_openblas_thread(void) {
#ifdef _OPENMP
  return omp_get_thread_num();
#else
  return 0;
#endif
}

#endif
