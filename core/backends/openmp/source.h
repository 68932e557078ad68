/* The input of a convolution, row by row: an image, sparse or dense, or a map. Rows and columns
 * outside of it read as zero, background pixels as what they stand for. */
#ifndef LS_BACKENDS_OPENMP_SOURCE_H
#define LS_BACKENDS_OPENMP_SOURCE_H

#include "backends/openmp/map.h"
#include "image/image.h"

typedef struct ls_openmp_source {
  int rows, columns, channels;
  const ls_image *image;     /* NULL: the map */
  const uint32_t *row_start; /* of a sparse image: [planes][rows + 1] places in plane[].index */
  ls_openmp_map map;
} ls_openmp_source;

/* Floats of row_start's memory, kept with what forward saves. */
size_t ls_openmp_row_start_bytes(int rows, int planes);

/* index 1: fills row_start (a forward pass); 0: it is filled. */
ls_openmp_source ls_openmp_source_image(const ls_image *image, void *row_start, int index);
ls_openmp_source ls_openmp_source_map(ls_openmp_map map);

/* Places of the pixels of a plane in columns [column, column + count) of a row of a sparse image.
 */
void ls_openmp_source_span(const ls_openmp_source *source, int plane, int row, int column,
                           int count, size_t *begin, size_t *end);

/* count pixels of one plane of the image from (row, column) on, one every `stride` floats of out.
 */
void ls_openmp_source_plane(const ls_openmp_source *source, int plane, int row, int column,
                            int count, float *out, int stride);

/* count whole pixels [count][channels]. */
void ls_openmp_source_row(const ls_openmp_source *source, int row, int column, int count,
                          float *out);

#endif
