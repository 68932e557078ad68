/* Reads an event from the chunk that holds it, past HDF5's filters: those would inflate all of it,
 * 400 MB, into memory. */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"
#include "datasets/kevlar/dense_inflate.h"
#include "datasets/kevlar/kevlar_internal.h"
#include "datasets/kevlar/word_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Above this many bytes of event per stored byte the run-aware inflater is the faster one: against
 * ISA-L, on a Xeon with AVX-512, they are equal between 15 and 25, it wins twofold at 60 and
 * fiftyfold at 700 (zero-suppressed events). */
enum { SPARSE_FROM_RATIO = 18 };

typedef struct chunk_reader {
  kevlar_source *source;
  ls_kevlar_pixels pixels;
  uint64_t stored, address; /* bytes of the chunk, and where they begin in the file */
  uint64_t given;           /* bytes handed out so far */
  double read_seconds;
} chunk_reader;

static ls_status chunk_failed(const chunk_reader *reader, ls_status status, const char *what) {
  return ls_fail(reader->pixels.error, status, LS_KEVLAR_EVENT "%s; copy or convert the file again",
                 reader->source->base.path, reader->source->image_set, reader->pixels.event, what);
}

static ls_status hdf5_failed(const chunk_reader *reader) {
  char reason[256];
  ls_hdf5_reason(reason, sizeof reason);
  return chunk_failed(reader, LS_FORMAT, reason);
}

/* Reads the whole chunk into source->chunk. */
static ls_status read_chunk(chunk_reader *reader, uint32_t *mask) {
  double began = ls_seconds();
  hsize_t offset[4] = {reader->pixels.event, 0, 0, 0};
  herr_t answer =
      H5Dread_chunk(reader->source->images, H5P_DEFAULT, offset, mask, reader->source->chunk);
  reader->read_seconds += ls_seconds() - began;
  return answer < 0 ? hdf5_failed(reader) : LS_OK;
}

static int whole_chunk(void *context, const uint8_t **bytes, size_t *count) {
  chunk_reader *reader = context;
  *bytes = reader->source->chunk;
  *count = (size_t)(reader->stored - reader->given);
  reader->given = reader->stored;
  return 0;
}

/* The next piece of a large chunk, straight from the file. */
static int next_piece(void *context, const uint8_t **bytes, size_t *count) {
  chunk_reader *reader = context;
  uint64_t left = reader->stored - reader->given;
  size_t wanted = left < LS_KEVLAR_PIECE ? (size_t)left : LS_KEVLAR_PIECE, got = 0;
  double began = ls_seconds();
  while (got < wanted) {
    ssize_t n = pread(reader->source->descriptor, reader->source->chunk + got, wanted - got,
                      (off_t)(reader->address + reader->given + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      reader->pixels.status = n < 0 ? chunk_failed(reader, LS_IO, strerror(errno))
                                    : chunk_failed(reader, LS_FORMAT, "the file ends inside it");
      return 1;
    }
    got += (size_t)n;
  }
  reader->read_seconds += ls_seconds() - began;
  reader->given += got;
  *bytes = reader->source->chunk;
  *count = got;
  return 0;
}

static ls_status inflate_failed(const chunk_reader *reader, ls_inflate_result result) {
  if (result == LS_INFLATE_OK) return LS_OK;
  if (result == LS_INFLATE_STOPPED && reader->pixels.status != LS_OK) return reader->pixels.status;
  return chunk_failed(reader, LS_FORMAT, ls_inflate_reason(result));
}

/* A chunk stored without deflate. */
static ls_status copy_chunk(chunk_reader *reader, ls_byte_supply supply) {
  if (reader->stored != reader->source->event_bytes)
    return chunk_failed(reader, LS_FORMAT, "its size is not that of one event");
  ls_word_scan scan;
  ls_word_scan_start(&scan, ls_kevlar_wanted_words(&reader->pixels), ls_kevlar_take_words,
                     &reader->pixels);
  while (reader->given < reader->stored) {
    const uint8_t *bytes;
    size_t count;
    if (supply(reader, &bytes, &count) || ls_word_scan_feed(&scan, bytes, count / 4))
      return reader->pixels.status;
  }
  return LS_OK;
}

static ls_status inflate_dense(chunk_reader *reader, ls_byte_supply supply) {
  if (!ls_dense_inflate_library())
    return ls_fail(reader->pixels.error, LS_UNAVAILABLE,
                   LS_KEVLAR_EVENT "a dense event (%.1f MB stored) needs ISA-L or zlib, which this "
                                   "build has not",
                   reader->source->base.path, reader->source->image_set, reader->pixels.event,
                   (double)reader->stored / 1e6);
  return inflate_failed(reader, ls_dense_inflate(reader->source->scratch, supply, reader,
                                                 reader->source->event_bytes,
                                                 ls_kevlar_wanted_words(&reader->pixels),
                                                 ls_kevlar_take_words, &reader->pixels));
}

static ls_status inflate_sparse(chunk_reader *reader) {
  return inflate_failed(reader,
                        ls_sparse_inflate(reader->source->scratch, reader->source->chunk,
                                          (size_t)reader->stored, reader->source->event_bytes,
                                          ls_kevlar_take_words, &reader->pixels, NULL));
}

/* Memory that all chunks use in turn. */
static ls_status prepare(chunk_reader *reader) {
  kevlar_source *source = reader->source;
  size_t scratch = ls_sparse_inflate_scratch(), dense = ls_dense_inflate_scratch();
  if (dense > scratch) scratch = dense;
  if (!source->scratch) source->scratch = aligned_alloc(64, (scratch + 63) / 64 * 64);
  if (!source->chunk) source->chunk = malloc(LS_KEVLAR_WHOLE_CHUNK);
  if (source->scratch && source->chunk) return LS_OK;
  return chunk_failed(reader, LS_MEMORY, "no memory to inflate it");
}

/* Bytes of the event's chunk; 0 if it was never written. (The other function that HDF5 has for this
 * goes through all chunks of the file: it is asked only where this one fails.) */
static ls_status find_chunk(chunk_reader *reader) {
  kevlar_source *source = reader->source;
  hsize_t offset[4] = {reader->pixels.event, 0, 0, 0}, stored = 0;
  haddr_t address = HADDR_UNDEF;
  unsigned mask;
  if (H5Dget_chunk_storage_size(source->images, offset, &stored) >= 0 && stored) {
    reader->stored = stored;
    return LS_OK;
  }
  if (H5Dget_chunk_info_by_coord(source->images, offset, &mask, &address, &stored) < 0)
    return hdf5_failed(reader);
  if (address != HADDR_UNDEF) return chunk_failed(reader, LS_FORMAT, "its chunk is not found");
  if (source->zero_fill) return LS_OK;
  return chunk_failed(reader, LS_FORMAT, "was never written, and the fill value is not 0");
}

/* Large chunks are read from the file that HDF5 has open. */
static ls_status read_in_pieces(chunk_reader *reader) {
  kevlar_source *source = reader->source;
  hsize_t offset[4] = {reader->pixels.event, 0, 0, 0}, stored = 0;
  haddr_t address = HADDR_UNDEF;
  unsigned mask = 0;
  if (source->user_block)
    return chunk_failed(reader, LS_FORMAT, "a large chunk in a file with a user block is not read");
  if (H5Dget_chunk_info_by_coord(source->images, offset, &mask, &address, &stored) < 0)
    return hdf5_failed(reader);
  reader->address = address;
  if (address == HADDR_UNDEF || stored != reader->stored)
    return chunk_failed(reader, LS_FORMAT, "its chunk is not found");
  return source->deflated && !(mask & 1) ? inflate_dense(reader, next_piece)
                                         : copy_chunk(reader, next_piece);
}

static ls_status read_event(chunk_reader *reader) {
  const kevlar_source *source = reader->source;
  LS_TRY(find_chunk(reader));
  if (!reader->stored) return LS_OK;
  LS_TRY(prepare(reader));
  if (reader->stored > LS_KEVLAR_WHOLE_CHUNK) return read_in_pieces(reader);
  uint32_t mask = 0;
  LS_TRY(read_chunk(reader, &mask));
  if (!source->deflated || mask & 1) return copy_chunk(reader, whole_chunk);
  int sparse =
      source->event_bytes / SPARSE_FROM_RATIO >= reader->stored || !ls_dense_inflate_library();
  return sparse ? inflate_sparse(reader) : inflate_dense(reader, whole_chunk);
}

ls_status ls_kevlar_read(ls_source *base, size_t event, unsigned plane_mask,
                         const ls_pixel_sink *sink, ls_error *error) {
  kevlar_source *source = (kevlar_source *)base;
  if (event >= base->count)
    return ls_fail(error, LS_INTERNAL, LS_KEVLAR_EVENT "the file has %zu events", base->path,
                   source->image_set, event, base->count);
  ls_status status;
  if (!source->event_chunks) {
    ls_hdf5_printing reports = ls_hdf5_quiet();
    status = ls_kevlar_read_rows(source, event, plane_mask, sink, error);
    ls_hdf5_loud(reports);
  } else {
    chunk_reader reader = {.source = source,
                           .pixels = {source, event, plane_mask, sink, error, LS_OK, {0}, {0}}};
    double began = ls_seconds(), sink_before = base->sink_seconds;
    ls_hdf5_printing reports = ls_hdf5_quiet();
    status = read_event(&reader);
    ls_hdf5_loud(reports);
    base->read_seconds += reader.read_seconds;
    base->inflate_seconds +=
        ls_seconds() - began - reader.read_seconds - (base->sink_seconds - sink_before);
  }
  if ((status == LS_OK || status == LS_FORMAT) && ls_kevlar_has_changed(source))
    return ls_fail(error, LS_FORMAT,
                   LS_KEVLAR_EVENT "the file was changed while it was open; start again",
                   base->path, source->image_set, event);
  return status;
}
