/* The open packed file. */
#ifndef LS_DATASETS_PACKED_PACKED_INTERNAL_H
#define LS_DATASETS_PACKED_PACKED_INTERNAL_H

#include "datasets/packed/packed_format.h"
#include "datasets/source.h"

enum { LS_PACKED_ROWS_KEPT = 64 };

typedef struct packed_source {
  ls_source base;
  hid_t file, records;
  ls_hdf5_reader reader; /* of records */
  uint64_t record_bytes; /* of all events */
  ls_hdf5_table index;
  ls_packed_row rows[LS_PACKED_ROWS_KEPT]; /* those read last */
  size_t first_row, row_count;
  uint8_t *block; /* a compressed block at its largest */
  size_t block_capacity;
  uint32_t *indices; /* LS_PACKED_BLOCK_PIXELS */
  float *values;     /* the same, of either type while it is decompressed */
} packed_source;

/* The checked index row of an event. Returns LS_OK, LS_INTERNAL (no such
 * event) or LS_FORMAT. */
ls_status ls_packed_find(packed_source *source, size_t event, ls_packed_row *row, ls_error *error);

/* ls_source_functions.read */
ls_status ls_packed_read(ls_source *base, size_t event, unsigned plane_mask,
                         const ls_pixel_sink *sink, ls_error *error);

#endif
