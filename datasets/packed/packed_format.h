/* What the reader and the writer of packed files share. Layout of the files: README.md. */
#ifndef LS_DATASETS_PACKED_PACKED_FORMAT_H
#define LS_DATASETS_PACKED_PACKED_FORMAT_H

#include "datasets/hdf5/table.h"
#include "store/codec_library.h"

enum {
  LS_PACKED_VERSION = 1,
  LS_PACKED_BLOCK_PIXELS = 1 << 18, /* bounds what reading and writing keep in memory */
  LS_PACKED_COLUMNS = 10
};

/* "FILE: /packed/records: event N: " begins every message about an event. */
#define LS_PACKED_EVENT "%s: /packed/records: event %zu: "

/* A row of /packed/index: fields of 8 bytes alone, so that it can be hashed as it lies. */
typedef struct ls_packed_row {
  uint64_t event;              /* the row's own number */
  uint64_t offset, bytes;      /* the record's place in /packed/records */
  uint64_t pixels[3];          /* of each plane, 0 beyond the last */
  int64_t label;               /* -1: none */
  int64_t pdg;                 /* 0: unknown */
  int64_t run, subrun, number; /* -1: unknown */
  uint64_t checksum;           /* XXH3 of all fields before */
} ls_packed_row;

/* Before the steps and the values of a block of pixels of one plane, both as the codec left them.
 */
typedef struct ls_packed_block {
  uint32_t plane, pixels;
  uint32_t step_bytes, value_bytes;
  uint64_t checksum; /* XXH3 of steps and values, the seed being XXH3 of the fields before, whose
                        seed is the event's number */
} ls_packed_block;

/* The columns of ls_packed_row for ls_hdf5_table; 0 on failure. *pixels_type is to be closed. */
int ls_packed_columns(ls_hdf5_column columns[LS_PACKED_COLUMNS], hid_t *pixels_type);

uint64_t ls_packed_row_checksum(const ls_packed_row *row);
uint64_t ls_packed_block_checksum(const ls_packed_block *block, size_t event, const void *data);

/* How records are compressed: by blosc, or where the build has none, not at all. */
ls_codec_settings ls_packed_codec(void);

/* "blosc" or "none": the file's attribute codec. */
const char *ls_packed_codec_name(void);

#endif
