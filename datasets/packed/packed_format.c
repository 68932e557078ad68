#include "datasets/packed/packed_format.h"

#include <string.h>
#include <xxhash.h>

int ls_packed_columns(ls_hdf5_column columns[LS_PACKED_COLUMNS], hid_t *pixels_type) {
  const hsize_t planes = 3;
  *pixels_type = H5Tarray_create2(H5T_NATIVE_UINT64, 1, &planes);
#define COLUMN(name, type)                                                                         \
  { #name, offsetof(ls_packed_row, name), type }
  const ls_hdf5_column all[LS_PACKED_COLUMNS] = {
      COLUMN(event, H5T_NATIVE_UINT64), COLUMN(offset, H5T_NATIVE_UINT64),
      COLUMN(bytes, H5T_NATIVE_UINT64), COLUMN(pixels, *pixels_type),
      COLUMN(label, H5T_NATIVE_INT64),  COLUMN(pdg, H5T_NATIVE_INT64),
      COLUMN(run, H5T_NATIVE_INT64),    COLUMN(subrun, H5T_NATIVE_INT64),
      COLUMN(number, H5T_NATIVE_INT64), COLUMN(checksum, H5T_NATIVE_UINT64),
  };
#undef COLUMN
  memcpy(columns, all, sizeof all);
  return *pixels_type >= 0;
}

uint64_t ls_packed_row_checksum(const ls_packed_row *row) {
  return XXH3_64bits(row, offsetof(ls_packed_row, checksum));
}

uint64_t ls_packed_block_checksum(const ls_packed_block *block, size_t event, const void *data) {
  uint64_t seed = XXH3_64bits_withSeed(block, offsetof(ls_packed_block, checksum), event);
  return XXH3_64bits_withSeed(data, (size_t)block->step_bytes + block->value_bytes, seed);
}

ls_codec_settings ls_packed_codec(void) {
  const ls_codec_library *library = ls_codec_library_find();
  const char *codec = !library ? "none" : library->has("zstd") ? "zstd" : "lz4";
  return (ls_codec_settings){.codec = codec, .level = 3, .shuffle = 1, .threads = 1};
}

const char *ls_packed_codec_name(void) {
  return ls_codec_library_find() ? "blosc" : "none";
}
