/* The way through HDF5, for layouts that are not one plain chunk per event. */
#include "base/clock.h"
#include "datasets/kevlar/kevlar_internal.h"
#include "datasets/kevlar/word_scan.h"

#include <stdlib.h>

typedef struct row_reader {
  kevlar_source *source;
  int32_t *rows; /* a part of a plane */
  ls_word_scan scan;
  ls_kevlar_pixels *pixels;
} row_reader;

/* Rows first .. first + count - 1 of a plane. */
static ls_status read_part(row_reader *reader, int plane, int first, int count) {
  kevlar_source *source = reader->source;
  const ls_geometry *geometry = &source->base.geometry;
  ls_kevlar_pixels *pixels = reader->pixels;
  hsize_t start[4] = {pixels->event, (hsize_t)plane, (hsize_t)first, 0};
  hsize_t size[4] = {1, 1, (hsize_t)count, (hsize_t)geometry->columns};
  hid_t type = source->base.value_type == LS_VALUE_INT32 ? H5T_STD_I32LE : H5T_IEEE_F32LE;
  double began = ls_seconds();
  ls_status status = ls_hdf5_read(&source->reader, type, start, size, reader->rows, pixels->error);
  double read = ls_seconds(), sink_before = source->base.sink_seconds;
  source->base.read_seconds += read - began;
  if (status != LS_OK)
    return ls_fail_within(pixels->error, status, LS_KEVLAR_EVENT "plane %d, rows from %d on",
                          source->base.path, source->image_set, pixels->event, plane, first);
  ls_word_scan_start(&reader->scan, ls_kevlar_wanted_words(pixels), ls_kevlar_take_words, pixels);
  reader->scan.words =
      ((uint64_t)plane * (unsigned)geometry->rows + (unsigned)first) * (unsigned)geometry->columns;
  int stopped = ls_word_scan_feed(&reader->scan, (const uint8_t *)reader->rows,
                                  (size_t)count * (size_t)geometry->columns);
  source->base.inflate_seconds += ls_seconds() - read - (source->base.sink_seconds - sink_before);
  return stopped ? pixels->status : LS_OK;
}

/* All planes of one row of chunks before the next, so that HDF5 inflates each chunk once. */
static ls_status read_bands(row_reader *reader, int step) {
  const kevlar_source *source = reader->source;
  const ls_geometry *geometry = &source->base.geometry;
  for (int band = 0; band < geometry->rows;) {
    int end =
        geometry->rows - band > source->chunk_rows ? band + source->chunk_rows : geometry->rows;
    for (int first = band; first < end; first += step)
      for (int plane = 0; plane < geometry->planes; plane++)
        if (reader->pixels->plane_mask >> plane & 1)
          LS_TRY(read_part(reader, plane, first, end - first < step ? end - first : step));
    band = end;
  }
  return LS_OK;
}

ls_status ls_kevlar_read_rows(kevlar_source *source, size_t event, unsigned plane_mask,
                              const ls_pixel_sink *sink, ls_error *error) {
  const ls_geometry *geometry = &source->base.geometry;
  size_t row_bytes = sizeof(int32_t) * (size_t)geometry->columns;
  int step = row_bytes < LS_KEVLAR_ROWS ? (int)(LS_KEVLAR_ROWS / row_bytes) : 1;
  if (step > source->chunk_rows) step = source->chunk_rows;
  ls_kevlar_pixels pixels = {source, event, plane_mask, sink, error, LS_OK, {0}, {0}};
  row_reader reader = {.source = source, .pixels = &pixels};
  reader.rows = malloc((size_t)step * row_bytes);
  ls_status status =
      reader.rows ? read_bands(&reader, step)
                  : ls_fail(error, LS_MEMORY, LS_KEVLAR_EVENT "no memory for %zu bytes of rows",
                            source->base.path, source->image_set, event, (size_t)step * row_bytes);
  free(reader.rows);
  return status;
}
