/* From a record to pixels, block by block. */
#include "base/clock.h"
#include "datasets/packed/packed_internal.h"
#include "store/codec.h"

#include <stdlib.h>
#include <string.h>

/* What is read and how far it got. */
typedef struct reading {
  packed_source *source;
  size_t event;
  ls_packed_row row;
  uint64_t done; /* bytes of the record */
  uint32_t plane;
  uint64_t pixels[LS_MAX_PLANES];
  int64_t last; /* index of the last pixel of the plane, -1: none */
} reading;

static ls_status damaged(const reading *r, const char *what, ls_error *error) {
  return ls_fail(error, LS_FORMAT, LS_PACKED_EVENT "damaged: %s; fetch or make the file again",
                 r->source->base.path, r->event, what);
}

static ls_status allocate(packed_source *source, ls_error *error) {
  const ls_codec_settings codec = ls_packed_codec();
  const size_t part = LS_PACKED_BLOCK_PIXELS * sizeof(uint32_t);
  if (source->block) return LS_OK;
  source->block_capacity = 2 * ls_codec_bound(&codec, part);
  source->block = malloc(source->block_capacity);
  source->indices = malloc(part);
  source->values = malloc(part);
  if (source->block && source->indices && source->values) return LS_OK;
  free(source->block);
  free(source->indices);
  free(source->values);
  source->block = NULL, source->indices = NULL, source->values = NULL;
  return ls_fail(error, LS_MEMORY, "%s: no memory to read events", source->base.path);
}

static ls_status take(reading *r, void *to, size_t bytes, ls_error *error) {
  if (bytes > r->row.bytes - r->done) return damaged(r, "it ends within a block", error);
  hsize_t start = r->row.offset + r->done, count = bytes;
  double begin = ls_seconds();
  ls_status status = ls_hdf5_read(&r->source->reader, H5T_NATIVE_UINT8, &start, &count, to, error);
  r->source->base.read_seconds += ls_seconds() - begin;
  r->done += bytes;
  if (status != LS_OK)
    return ls_fail_within(error, status, "%s: /packed/records: event %zu", r->source->base.path,
                          r->event);
  return LS_OK;
}

/* The block's head and, into source->block, its data; verified. */
static ls_status take_block(reading *r, ls_packed_block *block, ls_error *error) {
  packed_source *source = r->source;
  LS_TRY(take(r, block, sizeof *block, error));
  if (block->plane < r->plane || block->plane >= (uint32_t)source->base.geometry.planes ||
      block->pixels < 1 || block->pixels > LS_PACKED_BLOCK_PIXELS ||
      block->step_bytes > source->block_capacity ||
      block->value_bytes > source->block_capacity - block->step_bytes)
    return damaged(r, "the head of a block makes no sense", error);
  LS_TRY(take(r, source->block, (size_t)block->step_bytes + block->value_bytes, error));
  if (block->checksum != ls_packed_block_checksum(block, r->event, source->block))
    return damaged(r, "the checksum of a block differs", error);
  return LS_OK;
}

/* Steps to indices, in place; strictly rising and within the plane. */
static int add_steps(reading *r, uint32_t *steps, uint32_t count) {
  const ls_geometry *geometry = &r->source->base.geometry;
  const int64_t words = (int64_t)geometry->rows * geometry->columns;
  int64_t last = r->last, at = 0;
  for (uint32_t i = 0; i < count; i++) {
    at += steps[i];
    if (at <= last || at >= words) return 0;
    steps[i] = (uint32_t)at;
    last = at;
  }
  r->last = last;
  return 1;
}

/* int32 to float, in place; 0 if a float does not hold a value, or one is zero. */
static int make_floats(float *values, uint32_t count) {
  int good = 1;
  for (uint32_t i = 0; i < count; i++) {
    int32_t whole;
    memcpy(&whole, &values[i], sizeof whole);
    values[i] = (float)whole;
    good &= whole != 0 && (int64_t)values[i] == whole;
  }
  return good;
}

static ls_status unpack(reading *r, const ls_packed_block *block, ls_error *error) {
  packed_source *source = r->source;
  const ls_codec_settings codec = ls_packed_codec();
  const size_t bytes = block->pixels * sizeof(uint32_t);
  if (!ls_codec_decompress(&codec, source->block, block->step_bytes, source->indices, bytes) ||
      !ls_codec_decompress(&codec, source->block + block->step_bytes, block->value_bytes,
                           source->values, bytes))
    return damaged(r, "a block does not decompress", error);
  if (!add_steps(r, source->indices, block->pixels))
    return damaged(r, "its pixels are out of range or order", error);
  if (source->base.value_type == LS_VALUE_INT32 && !make_floats(source->values, block->pixels))
    return damaged(r, "a value is zero, or none that a float holds", error);
  return LS_OK;
}

static ls_status read_block(reading *r, unsigned plane_mask, const ls_pixel_sink *sink,
                            ls_error *error) {
  packed_source *source = r->source;
  ls_packed_block block = {0};
  LS_TRY(take_block(r, &block, error));
  if (block.plane != r->plane) r->last = -1;
  r->plane = block.plane;
  r->pixels[block.plane] += block.pixels;
  if (!(plane_mask >> block.plane & 1)) return LS_OK;
  double begin = ls_seconds();
  LS_TRY(unpack(r, &block, error));
  source->base.inflate_seconds += ls_seconds() - begin;
  return sink->pixels(sink->context, (int)block.plane, block.pixels, source->indices,
                      source->values, error);
}

ls_status ls_packed_read(ls_source *base, size_t event, unsigned plane_mask,
                         const ls_pixel_sink *sink, ls_error *error) {
  packed_source *source = (packed_source *)base;
  reading r = {.source = source, .event = event, .last = -1};
  LS_TRY(allocate(source, error));
  LS_TRY(ls_packed_find(source, event, &r.row, error));
  while (r.done < r.row.bytes) LS_TRY(read_block(&r, plane_mask, sink, error));
  for (int p = 0; p < LS_MAX_PLANES; p++)
    if (r.pixels[p] != r.row.pixels[p])
      return damaged(&r, "it holds another number of pixels than the index says", error);
  return LS_OK;
}
