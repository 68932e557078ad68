/* Our own loops around the library's convolutions: pooling, ELU and their gradients, 16 channels at
 * a time. They exist because oneDNN's kernels lose NaN: its max-pooling takes a value only if it is
 * greater, its ELU clamps NaN to a number. Here a NaN is a maximum, the first one wins, and pooling
 * comes before bias and ELU, both monotone, so that these see one value of each window only. */
#ifndef LS_BACKENDS_ONEDNN_LANES_H
#define LS_BACKENDS_ONEDNN_LANES_H

#include <stddef.h>
#include <stdint.h>

enum { LS_LANES = 16 };

/* A row of pool x pool windows over conv outputs [line][width][stride], of which the first channels
 * are wanted. stride: a multiple of LS_LANES. Pooled values are [columns][pooled_stride]. */
typedef struct ls_onednn_windows {
  int pool, columns, width;
  int channels, stride, pooled_stride;
} ls_onednn_windows;

typedef struct ls_onednn_lanes {
  /* Writes output = ELU(maximum + bias) and argmax (row in window * pool + column) of one row of
   * windows. conv: pool lines, aligned. bias: stride values. */
  void (*pool)(const ls_onednn_windows *, const float *conv, const float *bias, float *output,
               uint8_t *argmax);

  /* Writes line number line (0 .. pool - 1) of the gradient of the conv output: zero but at the
   * maxima. gradient and argmax may be read up to LS_ALIGNMENT bytes behind their end. */
  void (*unpool_line)(const ls_onednn_windows *, int line, const float *gradient,
                      const uint8_t *argmax, float *conv_gradient);

  void (*elu)(size_t count, float *values); /* in place */

  /* Largest magnitude as bits without the sign: infinity and NaN are above all numbers. */
  uint32_t (*largest)(size_t count, const float *values);

  /* gradient *= slope of ELU, given what ELU made. */
  void (*elu_slope)(size_t count, const float *output, float *gradient);
} ls_onednn_lanes;

/* The widest instructions that this processor has. The values do not depend on the choice. */
const ls_onednn_lanes *ls_onednn_lanes_here(void);

extern const ls_onednn_lanes ls_onednn_lanes_plain;
#ifdef __x86_64__
extern const ls_onednn_lanes ls_onednn_lanes_avx2, ls_onednn_lanes_avx512;
#endif

#endif
