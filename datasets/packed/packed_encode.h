/* From the pixels of an event to its record, the blocks of README.md. */
#ifndef LS_DATASETS_PACKED_PACKED_ENCODE_H
#define LS_DATASETS_PACKED_PACKED_ENCODE_H

#include "datasets/packed/packed_format.h"
#include "datasets/source.h"

/* Zero-initialise; ls_packed_encoder_destroy frees it. */
typedef struct ls_packed_encoder {
  uint32_t *steps; /* LS_PACKED_BLOCK_PIXELS each, when first needed */
  void *values;
  uint8_t *bytes; /* the record */
  size_t count, capacity;
  size_t event; /* whose record it is */
} ls_packed_encoder;

/* planes: checked pixels; zeros are left out. Fills the encoder's bytes, and row->pixels and
 * row->bytes. Returns LS_OK, LS_MEMORY or LS_INTERNAL (the codec fails). */
ls_status ls_packed_encode(ls_packed_encoder *encoder, const ls_pixels *planes, int plane_count,
                           ls_value_type type, size_t event, ls_packed_row *row, ls_error *error);

/* The same piece by piece: planes rise, and the indices of a plane. */
void ls_packed_encode_begin(ls_packed_encoder *encoder, size_t event, ls_packed_row *row);
ls_status ls_packed_encode_add(ls_packed_encoder *encoder, const ls_pixels *pixels, int plane,
                               ls_value_type type, ls_packed_row *row, ls_error *error);

void ls_packed_encoder_destroy(ls_packed_encoder *encoder);

#endif
