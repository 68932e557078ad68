/* The convolutions of a conv block, a strip of pooled rows at a time.
 *
 * All tensors are [row][column][channel] ('nhwc'), so that the rows of a strip are contiguous. This
 * is also the library's fastest layout here, and it lets 10 channels be 10 and not 16. */
#ifndef LS_BACKENDS_ONEDNN_STRIPS_H
#define LS_BACKENDS_ONEDNN_STRIPS_H

#include "backends/onednn/onednn.h"

typedef enum ls_onednn_product {
  LS_ONEDNN_FORWARD, /* arguments: source, weights, output */
  LS_ONEDNN_WEIGHTS, /* source, gradient of output, gradient of weights */
  LS_ONEDNN_SOURCE,  /* weights, gradient of output, gradient of source */
} ls_onednn_product;

/* Rows of the two sides of a strip's convolution, and rows of zeros above and below the source. */
typedef struct ls_onednn_strip {
  int source_row, output_row; /* the first ones, in the whole image */
  int source_rows, output_rows, above, below;
} ls_onednn_strip;

/* One product over all strips: strips of the same numbers of rows share a primitive. */
enum { LS_ONEDNN_MOST_KINDS = 8 };
typedef struct ls_onednn_pass {
  ls_onednn_product product;
  ls_conv_block_shape shape;
  int channels;   /* of the output, as the library sees them */
  int strip_rows; /* pooled rows of a strip, the last one's may be fewer */
  int strips, kinds;
  ls_onednn_strip kind[LS_ONEDNN_MOST_KINDS];
  ls_onednn_primitive primitives[LS_ONEDNN_MOST_KINDS];
} ls_onednn_pass;

/* Fills *pass, to be destroyed in any case. All primitives have the weights in one layout. Returns
 * LS_OK, LS_MEMORY or LS_UNAVAILABLE. */
ls_status ls_onednn_pass_new(ls_onednn_pass *pass, ls_device *, ls_onednn_product,
                             const ls_conv_block_shape *, int channels, int strip_rows, ls_error *);
void ls_onednn_pass_destroy(ls_onednn_pass *);

/* Forward and weights: the outputs of the strip's pooled rows and the source that they depend on.
 * Source: rows of the source and the outputs that they had a part in; rows behind the last strip's
 * had none. */
ls_onednn_strip ls_onednn_strip_at(const ls_onednn_pass *, int strip);
const ls_onednn_primitive *ls_onednn_strip_primitive(const ls_onednn_pass *,
                                                     const ls_onednn_strip *);

/* Largest scratchpad of its primitives; most rows of output of a strip. */
size_t ls_onednn_pass_scratch(const ls_onednn_pass *);
int ls_onednn_pass_output_rows(const ls_onednn_pass *);

/* Appends "name kernels" to text. */
void ls_onednn_pass_describe(const ls_onednn_pass *, const char *name, char *text, size_t length);

#endif
