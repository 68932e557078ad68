/* Compresses sparse planes straight into the zlib stream of the dense event: the runs of zeros are
 * written as what they become, not searched for. */
#ifndef LS_DATASETS_KEVLAR_SPARSE_DEFLATE_H
#define LS_DATASETS_KEVLAR_SPARSE_DEFLATE_H

#include "datasets/source.h"

typedef struct ls_deflate_buffer {
  uint8_t *bytes; /* free() it */
  size_t count, capacity;
} ls_deflate_buffer;

/* planes[plane_count]: pixels at rising indices below plane_words; of type int32 whole numbers
 * within its range. buffer: the stream, one block of a dynamic Huffman code, that inflates to
 * plane_count * plane_words little-endian words of that type; what it held before is lost, its
 * memory is reused. Returns LS_OK or LS_MEMORY. */
ls_status ls_sparse_deflate(const ls_pixels *planes, int plane_count, uint32_t plane_words,
                            ls_value_type type, ls_deflate_buffer *buffer, ls_error *error);

#endif
