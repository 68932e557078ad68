/* The shared case table: the shapes and inputs on which every backend is compared with the float64
 * reference, and which the micro-benchmarks time as well. */
#ifndef LS_TESTS_CASES_H
#define LS_TESTS_CASES_H

#include "network/spec.h"

#include <stdint.h>

typedef enum ls_case_input {
  LS_INPUT_DENSE,    /* uniform in [-1, 1) */
  LS_INPUT_SPARSE,   /* the same, but 99% of the pixels are zero in every channel */
  LS_INPUT_ZERO,     /* all zero */
  LS_INPUT_TIES,     /* constant regions and weights on coarse grids: every sum is exact in float32,
                        so that ties are ties in any order of summation */
  LS_INPUT_NAN,      /* dense with one NaN */
  LS_INPUT_INFINITY, /* dense with one infinity */
  LS_INPUT_NAN_WEIGHT, /* dense, one weight is NaN */
} ls_case_input;

/* tolerance: largest allowed error in units of FLT_EPSILON * sqrt(terms of the sum) * largest
 * expected magnitude. The gap between the first and the second maximum of a window is made larger
 * than the error that this allows. */
typedef struct ls_conv_case {
  const char *name;
  ls_conv_block_shape shape;
  int first; /* 1: the input is the image */
  ls_case_input input;
  double tolerance;
} ls_conv_case;

typedef struct ls_dense_case {
  const char *name;
  ls_dense_shape shape;
  int after_block; /* 1: the layer before it is a conv block; 0: a dense layer */
  ls_case_input input;
  double tolerance;
} ls_dense_case;

extern const ls_conv_case ls_conv_cases[];
extern const int ls_conv_case_count;
extern const ls_dense_case ls_dense_cases[];
extern const int ls_dense_case_count;

/* Fills input: height x width x channels values of that kind, a pure function of the seed. */
void ls_case_fill_input(ls_case_input kind, uint64_t seed, int height, int width, int channels,
                        float *input);

/* Fills kernel ([terms][outputs]) and bias so that outputs are of order one. */
void ls_case_fill_weights(ls_case_input kind, uint64_t seed, size_t terms, int outputs,
                          float *kernel, float *bias);

/* count values, uniform in [-1, 1): gradients that arrive, or values to which gradients are added.
 */
void ls_case_fill_uniform(uint64_t seed, uint64_t stream, size_t count, float *values);

#endif
