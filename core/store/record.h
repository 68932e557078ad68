/* One stored image: its header in the open, its pixels as compressed parts in one block.
 *
 * Sparse: two parts for each plane, the steps from each pixel's index to the next (uint32, the
 * first from 0) and the values (float). Dense: one part, floats [rows][columns][planes]. Parts are
 * decompressed straight into the image's own buffers, so that reading needs no scratch memory. */
#ifndef LS_STORE_RECORD_H
#define LS_STORE_RECORD_H

#include "image/image.h"
#include "store/codec.h"
#include "store/store.h"

enum { LS_RECORD_PARTS = 2 * LS_MAX_PLANES };

/* Only fields of 8 bytes: no padding, so that it can be hashed as it lies. */
typedef struct ls_record_header {
  uint64_t event;
  int64_t label;
  int64_t form, rows, columns, planes;
  uint64_t pixels[LS_MAX_PLANES];       /* sparse form */
  uint64_t part_bytes[LS_RECORD_PARTS]; /* compressed; 0: the part is empty */
} ls_record_header;

typedef struct ls_record {
  ls_record_header header;
  uint64_t checksum;    /* XXH3 of block and header */
  unsigned char *block; /* the parts, one after the other; owned. Shared store: see offset */
  size_t block_bytes;
  uint64_t offset; /* of the block in a shared store, where a pointer means nothing to others */
} ls_record;

/* What writing needs and keeps between records. Zero-initialise; ls_encoder_destroy frees it. */
typedef struct ls_encoder {
  ls_image converted; /* the image in the form wanted, where that is not its own */
  uint32_t *steps;
  size_t steps_capacity; /* in pixels */
  unsigned char *output;
  size_t output_capacity; /* in bytes */
  size_t output_bytes;
  uint64_t packed_bytes; /* of the last record before compression, without its header */
} ls_encoder;

/* Encodes image into encoder->output and header (not yet a record: it may be refused).
 * Returns LS_OK, LS_MISMATCH (too large for the codec) or LS_MEMORY. */
ls_status ls_record_encode(ls_encoder *encoder, const ls_codec_settings *codec, ls_store_form form,
                           const ls_image *image, ls_record_header *header, ls_error *error);
void ls_encoder_destroy(ls_encoder *encoder);

uint64_t ls_record_checksum(const ls_record *record);

/* Verifies the record and decompresses it. Returns LS_OK, LS_FORMAT or LS_MEMORY. */
ls_status ls_record_decode(const ls_record *record, const ls_codec_settings *codec, ls_image *image,
                           ls_error *error);

#endif
