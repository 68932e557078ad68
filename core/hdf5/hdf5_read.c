#include "hdf5/hdf5_read.h"

#include <zlib.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKED = 4096, PIECE = 1 << 15 };

static ls_status failed(const char *what, ls_error *error) {
  char reason[256];
  ls_hdf5_reason(reason, sizeof reason);
  return ls_fail(error, LS_FORMAT, "%s: %s", what, reason);
}

static ls_status take_filters(ls_hdf5_reader *reader, hid_t creation, ls_error *error) {
  int deflates = 0;
  reader->filter_count = H5Pget_nfilters(creation);
  if (reader->filter_count < 0 || reader->filter_count > LS_HDF5_MOST_FILTERS)
    return failed("its filters are not known", error);
  for (int i = 0; i < reader->filter_count; i++) {
    unsigned flags, configuration;
    size_t parameters = 0;
    H5Z_filter_t filter =
        H5Pget_filter2(creation, (unsigned)i, &flags, &parameters, NULL, 0, NULL, &configuration);
    deflates += filter == H5Z_FILTER_DEFLATE;
    if ((filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
         filter != H5Z_FILTER_FLETCHER32) ||
        deflates > 1)
      return ls_fail(error, LS_FORMAT,
                     "is compressed by filter %d, which is not read; h5repack -f GZIP=5", filter);
    reader->filters[i] = filter;
  }
  return LS_OK;
}

/* Without filters HDF5 tells no chunk's length, but that of all together. */
static ls_status check_unfiltered(const ls_hdf5_reader *reader, ls_error *error) {
  hid_t space = H5Dget_space(reader->dataset);
  hsize_t chunks = 0, stored = H5Dget_storage_size(reader->dataset);
  int known = space >= 0 && H5Dget_num_chunks(reader->dataset, space, &chunks) >= 0;
  if (space >= 0) H5Sclose(space);
  if (!known) return failed("its chunks cannot be listed", error);
  if (stored == chunks * reader->chunk_bytes) return LS_OK;
  return ls_fail(error, LS_FORMAT,
                 "damaged: its %llu chunks hold %llu bytes instead of %llu; make the file again",
                 (unsigned long long)chunks, (unsigned long long)stored,
                 (unsigned long long)(chunks * reader->chunk_bytes));
}

static ls_status take_chunks(ls_hdf5_reader *reader, hid_t creation, ls_error *error) {
  reader->rank = H5Pget_chunk(creation, LS_HDF5_MOST_RANK, reader->chunk);
  if (reader->rank < 1 || reader->rank > LS_HDF5_MOST_RANK)
    return ls_fail(error, LS_FORMAT, "has %d dimensions; at most %d are read", reader->rank,
                   LS_HDF5_MOST_RANK);
  hid_t space = H5Dget_space(reader->dataset), type = H5Dget_type(reader->dataset);
  int known = space >= 0 && H5Sget_simple_extent_dims(space, reader->shape, NULL) == reader->rank;
  reader->chunk_bytes = type >= 0 ? H5Tget_size(type) : 0;
  for (int i = 0; i < reader->rank; i++) reader->chunk_bytes *= reader->chunk[i];
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  if (!known || !reader->chunk_bytes) return failed("its shape cannot be read", error);
  LS_TRY(take_filters(reader, creation, error));
  if (!reader->filter_count) return check_unfiltered(reader, error);
  reader->checked = calloc(CHECKED, sizeof *reader->checked);
  return reader->checked ? LS_OK : ls_fail(error, LS_MEMORY, "no memory to read it");
}

ls_status ls_hdf5_reader_open(hid_t dataset, ls_hdf5_reader *reader, ls_error *error) {
  *reader = (ls_hdf5_reader){.dataset = dataset};
  ls_hdf5_printing before = ls_hdf5_quiet();
  hid_t creation = H5Dget_create_plist(dataset);
  ls_status status = LS_OK;
  if (creation < 0)
    status = failed("its layout cannot be read", error);
  else if (H5Pget_layout(creation) == H5D_CHUNKED)
    status = take_chunks(reader, creation, error);
  if (creation >= 0) H5Pclose(creation);
  ls_hdf5_loud(before);
  return status;
}

void ls_hdf5_reader_close(ls_hdf5_reader *reader) {
  free(reader->checked);
  *reader = (ls_hdf5_reader){0};
}

/* What inflating gives, but no more than a little over most. */
static uint64_t inflated_bytes(const unsigned char *stored, size_t length, uint64_t most) {
  unsigned char piece[PIECE];
  z_stream stream = {.next_in = (unsigned char *)(uintptr_t)stored, .avail_in = (uInt)length};
  if (inflateInit(&stream) != Z_OK) return 0;
  uint64_t bytes = 0;
  int answer = Z_OK;
  while (answer == Z_OK && bytes <= most) {
    stream.next_out = piece;
    stream.avail_out = sizeof piece;
    answer = inflate(&stream, Z_NO_FLUSH);
    bytes += sizeof piece - stream.avail_out;
  }
  inflateEnd(&stream);
  return answer == Z_STREAM_END || bytes > most ? bytes : 0;
}

/* The chunk's bytes as the filters left them (mask: those that were passed over) against what a
 * whole chunk becomes; Fletcher's checksum is four bytes behind what it sums. */
static ls_status check_length(const ls_hdf5_reader *reader, const unsigned char *stored,
                              uint64_t length, uint32_t mask, ls_error *error) {
  uint64_t expected = reader->chunk_bytes, behind = 0, found = length;
  int deflated = 0;
  for (int i = 0; i < reader->filter_count; i++) {
    if (mask >> i & 1) continue;
    if (reader->filters[i] == H5Z_FILTER_DEFLATE) deflated = 1;
    if (reader->filters[i] == H5Z_FILTER_FLETCHER32) *(deflated ? &behind : &expected) += 4;
  }
  found = length < behind ? 0 : length - behind;
  if (deflated) found = inflated_bytes(stored, (size_t)found, expected);
  if (found == expected) return LS_OK;
  return ls_fail(
      error, LS_FORMAT, "damaged: a chunk holds %s%llu bytes instead of %llu; make the file again",
      found > expected ? "at least " : "", (unsigned long long)found, (unsigned long long)expected);
}

static ls_status check_chunk(const ls_hdf5_reader *reader, const hsize_t *offset, ls_error *error) {
  hsize_t length = 0;
  /* Fails for a chunk that was never written; HDF5 fills it. */
  if (H5Dget_chunk_storage_size(reader->dataset, offset, &length) < 0) return LS_OK;
  /* Deflate adds less than a thousandth; HDF5's chunks are below 4 GB. */
  if (length > reader->chunk_bytes + reader->chunk_bytes / 64 + 4096 || length > UINT_MAX)
    return ls_fail(error, LS_FORMAT, "damaged: a chunk of %llu bytes is stored in %llu",
                   (unsigned long long)reader->chunk_bytes, (unsigned long long)length);
  unsigned char *stored = malloc((size_t)length + 1);
  if (!stored) return ls_fail(error, LS_MEMORY, "no memory for a chunk");
  uint32_t mask = 0;
  ls_status status = H5Dread_chunk(reader->dataset, H5P_DEFAULT, offset, &mask, stored) < 0
                         ? failed("a chunk cannot be read", error)
                         : check_length(reader, stored, length, mask, error);
  free(stored);
  return status;
}

/* Every chunk of the block once; of those checked before, the table remembers the latest. */
static ls_status check_block(const ls_hdf5_reader *reader, const hsize_t *start,
                             const hsize_t *count, ls_error *error) {
  hsize_t first[LS_HDF5_MOST_RANK] = {0}, last[LS_HDF5_MOST_RANK] = {0},
          at[LS_HDF5_MOST_RANK] = {0};
  for (int i = 0; i < reader->rank; i++) {
    hsize_t from = start ? start[i] : 0, length = count ? count[i] : reader->shape[i];
    if (!length) return LS_OK;
    at[i] = first[i] = from / reader->chunk[i];
    last[i] = (from + length - 1) / reader->chunk[i];
  }
  for (int axis = 0; axis >= 0;) {
    hsize_t offset[LS_HDF5_MOST_RANK];
    uint64_t number = 0;
    for (int i = 0; i < reader->rank; i++) {
      offset[i] = at[i] * reader->chunk[i];
      number = number * ((reader->shape[i] - 1) / reader->chunk[i] + 1) + at[i];
    }
    if (reader->checked[number % CHECKED] != number + 1) {
      LS_TRY(check_chunk(reader, offset, error));
      reader->checked[number % CHECKED] = number + 1;
    }
    for (axis = reader->rank - 1; axis >= 0 && at[axis] == last[axis]; axis--)
      at[axis] = first[axis];
    if (axis >= 0) at[axis]++;
  }
  return LS_OK;
}

static ls_status read_block(const ls_hdf5_reader *reader, hid_t type, const hsize_t *start,
                            const hsize_t *count, void *values, ls_error *error) {
  hid_t stored = H5S_ALL, memory = H5S_ALL;
  herr_t answer = 0;
  if (start) {
    stored = H5Dget_space(reader->dataset);
    memory = H5Screate_simple(H5Sget_simple_extent_ndims(stored), count, NULL);
    answer = H5Sselect_hyperslab(stored, H5S_SELECT_SET, start, NULL, count, NULL);
  }
  if (answer >= 0) answer = H5Dread(reader->dataset, type, memory, stored, H5P_DEFAULT, values);
  ls_status status = answer < 0 ? failed("damaged, cannot be read", error) : LS_OK;
  if (start) {
    H5Sclose(memory);
    H5Sclose(stored);
  }
  return status;
}

ls_status ls_hdf5_read(ls_hdf5_reader *reader, hid_t type, const hsize_t *start,
                       const hsize_t *count, void *values, ls_error *error) {
  ls_hdf5_printing before = ls_hdf5_quiet();
  ls_status status = LS_OK;
  if (reader->checked) status = check_block(reader, start, count, error);
  if (status == LS_OK) status = read_block(reader, type, start, count, values, error);
  ls_hdf5_loud(before);
  return status;
}
