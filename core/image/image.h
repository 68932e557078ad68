/* A network input: one event after the image policy, sparse or dense.
 *
 * Rows are ticks (time), columns are wires; planes are the network's input channels. */
#ifndef LS_IMAGE_IMAGE_H
#define LS_IMAGE_IMAGE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { LS_MAX_PLANES = 3 };

typedef enum ls_image_form { LS_IMAGE_SPARSE, LS_IMAGE_DENSE } ls_image_form;

/* The non-zero pixels of one plane in row order. index = row * columns + column, strictly rising.
 */
typedef struct ls_pixels {
  size_t count, capacity;
  uint32_t *index;
  float *value; /* never zero */
} ls_pixels;

/* Zero-initialise; buffers grow as needed and are reused. Free with ls_image_destroy. */
typedef struct ls_image {
  int rows, columns, planes;
  ls_image_form form;
  ls_pixels plane[LS_MAX_PLANES]; /* sparse form */
  float *dense;                   /* dense form: [rows][columns][planes] */
  size_t dense_capacity;          /* in floats */
  int label;                      /* class 0 .. classes-1, or -1 if unknown */
  uint64_t event;                 /* position of the event in the data set */
} ls_image;

/* Sets the shape and empties the image (sparse: no pixels; dense: all zero). Keeps buffers.
 * Returns LS_OK, LS_MISMATCH (sides or planes out of range; rows * columns must be below 2^32) or
 * LS_MEMORY. */
ls_status ls_image_reset(ls_image *image, ls_image_form form, int rows, int columns, int planes,
                         ls_error *error);

/* Room for at least capacity pixels; keeps what is there. Returns LS_OK or LS_MEMORY. */
ls_status ls_pixels_reserve(ls_pixels *pixels, size_t capacity, ls_error *error);

/* Writes the image as dense floats [rows][columns][planes] into out (rows * columns * planes). */
void ls_image_to_dense(const ls_image *image, float *out);

/* Makes *sparse, an image of its own, the sparse form of a dense image; label and event stay as
 * they are. Returns LS_OK or LS_MEMORY. */
ls_status ls_image_to_sparse(const ls_image *dense, ls_image *sparse, ls_error *error);

/* Number of non-zero pixels over all planes. */
size_t ls_image_active(const ls_image *image);

/* Checksum of shape, label, event and pixels (XXH64). */
uint64_t ls_image_checksum(const ls_image *image);

void ls_image_destroy(ls_image *image);

#endif
