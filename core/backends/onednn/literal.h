/* A conv block of variant literal: literal_plan.c makes it, literal.c runs it. */
#ifndef LS_BACKENDS_ONEDNN_LITERAL_H
#define LS_BACKENDS_ONEDNN_LITERAL_H

#include "backends/onednn/onednn.h"

/* Its primitives, and their arguments. */
typedef enum literal_step {
  CONV,             /* source, weights, bias, output; with ELU */
  PLAIN_CONV,       /* the same without ELU */
  POOL,             /* source, output, argmax */
  POOLED_TO_NHWC,   /* from, to; only where conv outputs are in blocks */
  POOLED_FROM_NHWC, /* from, to; likewise */
  POOL_BACKWARD,    /* gradient of output, argmax, gradient of source */
  ELU_BACKWARD,     /* output, its gradient, gradient of source */
  WEIGHTS,          /* source, gradient of output, gradients of weights and bias */
  SOURCE,           /* weights, gradient of output, gradient of source */
  PACK_FORWARD,     /* from, to */
  PACK_SOURCE,      /* from, to */
  UNPACK,           /* from, to */
  STEPS
} literal_step;

typedef struct literal {
  ls_operator base;
  ls_conv_block_shape shape;
  ls_device *device;
  int rows, columns; /* pooled */
  int blocked;       /* 1: conv outputs and pooled values are nChw16c, not nhwc */
  ls_onednn_primitive steps[STEPS];
  float *packed_forward, *packed_source; /* packed_source NULL: the first layer */
  const float *bias;                     /* the caller's */
  double largest_weight, largest_bias;   /* magnitudes; infinite if one is no number */
  size_t conv_bytes, pooled_bytes, packed_bytes, plain_bytes, bias_bytes;
  char description[256];
} literal;

/* Parts of the saved block: conv output after the ELU, and each window's maximum. */
typedef struct literal_saved {
  float *conv;
  uint8_t *argmax;
} literal_saved;

/* Parts of the workspace: gradient of the conv output, pooled values in blocks, gradients of the
 * weights in the library's layout and in the suite's, gradient of the bias. */
typedef struct literal_memory {
  float *conv, *pooled, *packed, *plain, *bias;
  void *scratch;
} literal_memory;

literal_saved ls_onednn_literal_saved(const literal *, void *saved);
literal_memory ls_onednn_literal_memory(const literal *, void *workspace);

ls_status ls_onednn_literal_plan(literal *, int first, ls_error *);
void ls_onednn_literal_describe(literal *);

#endif
