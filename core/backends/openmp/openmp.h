/* Inside the backend openmp: its device and operators. */
#ifndef LS_BACKENDS_OPENMP_OPENMP_H
#define LS_BACKENDS_OPENMP_OPENMP_H

#include "backends/backend.h"
#include "backends/openmp/kernels.h"
#include "backends/openmp/source.h"

typedef enum ls_openmp_skip { LS_SKIP_SHORTCUT, LS_SKIP_EXACT, LS_SKIP_OFF } ls_openmp_skip;

struct ls_device {
  int threads;
  const ls_openmp_kernels *kernels;
  ls_openmp_skip skip;
  int winograd; /* 1: along rows */
};

/* A conv block. Filters are packed for the kernels by set_weights, once an update. */
typedef struct ls_openmp_conv {
  ls_operator base;
  const ls_openmp_kernels *kernels;
  ls_conv_block_shape shape;
  int threads, first, fast; /* fast: a shape that the kernels take */
  int rows, columns;        /* of the output, what is computed: what the next block reads */
  ls_openmp_skip skip;
  int winograd;
  char description[64];

  const float *kernel, *bias; /* the caller's */
  int finite;                 /* 0: NaN or infinity is among the weights */

  /* First block: [groups][25][planes][first_group], and spread for sparse windows. Later blocks:
   * [blocks][25][in][channel_block], and [groups of 16 in][out][25][16] for backward. */
  float *filters, *spread_filters, *backward_filters;
  float *winograd_filters; /* [blocks][9 points][5][in][channel_block]; first block:
                              kernels_winograd.h */
  float *tap_sums;         /* [in][out]: the filters summed over their taps, for constant regions */
  float *packed_bias;      /* zero beyond the last channel */

  /* Of a region of background only, for the background of the input last seen. */
  int constant_known;
  float *constant_input; /* [in] */
  float *constant;       /* pooled sums before bias and ELU, [blocks * channel_block] */
  float *background;     /* the output, [blocks * channel_block] */
} ls_openmp_conv;

/* What the operator's pointers stand for in one call. */
typedef struct ls_openmp_call {
  ls_openmp_source input;
  ls_openmp_map output, output_gradient, input_gradient;
  int want_input_gradient;
  uint8_t *argmax;
  void *workspace;
  float *kernel_gradient, *bias_gradient;
} ls_openmp_call;

static inline int ls_openmp_ceil(int a, int b) {
  return (a + b - 1) / b;
}

/* first_block.c. forward returns 0 if it met NaN or infinity: nothing it has written counts then.
 */
ls_status ls_openmp_first_allocate(ls_openmp_conv *conv, ls_error *error);
size_t ls_openmp_first_workspace(const ls_openmp_conv *conv);
void ls_openmp_first_pack(ls_openmp_conv *conv);
int ls_openmp_first_forward(ls_openmp_conv *conv, const ls_openmp_call *call);
void ls_openmp_first_backward(ls_openmp_conv *conv, const ls_openmp_call *call);

/* later_block.c: parts of a forward pass. A block is a register block of output channels. */

/* Where the results of one window of one block go, and its bias. */
typedef struct ls_openmp_place {
  int out; /* channels from here to the last */
  const float *bias;
  float *values;
  uint8_t *argmax;
} ls_openmp_place;

enum { /* a receptive field, and what a wide load reads past it */
       LS_OPENMP_FIELD_FLOATS = LS_OPENMP_FIELD * LS_OPENMP_FIELD * LS_OPENMP_MOST_IN + 16
};

ls_openmp_place ls_openmp_place_of(const ls_openmp_conv *conv, const ls_openmp_call *call,
                                   int block, int row, int window);

/* Computes the window and returns 1 if it has fewer active pixels than `below` and skipping goes by
 * shortcuts; else returns 0. */
int ls_openmp_shortcut(const ls_openmp_conv *conv, const ls_openmp_call *call, int block, int row,
                       int window, int below, int *finite);

/* The receptive field of a window: in place, or of a sparse map gathered into buffer
 * [LS_OPENMP_FIELD_FLOATS]. */
const float *ls_openmp_field(const ls_openmp_map *input, int row, int window, float *buffer,
                             size_t *row_stride);

/* winograd.c: the same with Winograd's kernels. */
size_t ls_openmp_winograd_workspace(const ls_openmp_conv *conv);
void ls_openmp_winograd_pack(const ls_openmp_conv *conv);
int ls_openmp_winograd_constant(const ls_openmp_conv *conv, const float *field, int block,
                                void *workspace);
int ls_openmp_winograd_row(const ls_openmp_conv *conv, const ls_openmp_call *call, int block,
                           int row, const uint16_t *columns, int count);

/* later_block.c, later_backward.c */
ls_status ls_openmp_later_allocate(ls_openmp_conv *conv, ls_error *error);
size_t ls_openmp_later_workspace(const ls_openmp_conv *conv);
void ls_openmp_later_pack(ls_openmp_conv *conv);
void ls_openmp_later_forward(ls_openmp_conv *conv, const ls_openmp_call *call);
void ls_openmp_later_backward(ls_openmp_conv *conv, const ls_openmp_call *call);

ls_status ls_openmp_conv_new(ls_device *device, const ls_conv_block_shape *shape,
                             const ls_operator_place *place, ls_operator **op, ls_error *error);
ls_status ls_openmp_dense_new(ls_device *device, const ls_dense_shape *shape,
                              const ls_operator_place *place, ls_operator **op, ls_error *error);

#endif
