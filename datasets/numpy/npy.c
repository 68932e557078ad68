#define _POSIX_C_SOURCE 200809L
#include "datasets/numpy/npy.h"

#include "base/clock.h"
#include "base/input_file.h"
#include "base/memory.h"
#include "datasets/numpy/npy_header.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 16 }; /* pixels per read */

typedef struct npy_source {
  ls_source source; /* first: the reader's functions cast back */
  int descriptor;
  uint64_t data_offset;
  uint32_t *raw; /* [BLOCK][planes], the bits of a float or an int32 */
  uint32_t *index;
  float *value;
} npy_source;

int ls_npy_recognise(const char *path) {
  char start[6] = "";
  int descriptor;
  if (ls_input_open(path, &descriptor, NULL) != LS_OK) return 0;
  ls_status status = ls_npy_read_bytes(descriptor, path, 0, start, sizeof start, NULL);
  close(descriptor);
  return status == LS_OK && !memcmp(start, "\x93NUMPY", sizeof start);
}

static void close_npy(ls_source *source) {
  npy_source *npy = (npy_source *)source;
  if (npy->descriptor >= 0) close(npy->descriptor);
  ls_free(npy->raw);
  ls_free(npy->index);
  ls_free(npy->value);
  free(source->path);
  free(npy);
}

static uint64_t event_bytes(const ls_geometry *geometry) {
  return (uint64_t)geometry->rows * (uint64_t)geometry->columns * (uint64_t)geometry->planes *
         sizeof(float);
}

static ls_status check_event(const ls_source *source, size_t event, ls_error *error) {
  if (event < source->count) return LS_OK;
  return ls_fail(error, LS_USAGE, "%s: there is no event %zu; the file has events 0 to %zu",
                 source->path, event, source->count - 1);
}

static ls_status info_npy(ls_source *source, size_t event, ls_event_info *info, ls_error *error) {
  uint64_t bytes = event_bytes(&source->geometry);
  *info = (ls_event_info){-1, -1, -1, .label = -1, .stored_bytes = bytes, .raw_bytes = bytes};
  return check_event(source, event, error);
}

static size_t pick_floats(const npy_source *npy, int plane, uint32_t first, size_t count) {
  size_t stride = (size_t)npy->source.geometry.planes, kept = 0;
  for (size_t i = 0; i < count; i++) {
    float value;
    memcpy(&value, &npy->raw[i * stride + (size_t)plane], sizeof value);
    npy->index[kept] = first + (uint32_t)i;
    npy->value[kept] = value;
    kept += value != 0;
  }
  return kept;
}

/* The number of pixels kept; an integer that a float does not hold exactly stops it. */
static ls_status pick_integers(const npy_source *npy, size_t event, int plane, uint32_t first,
                               size_t count, size_t *kept, ls_error *error) {
  const int32_t largest = 1 << 24;
  size_t stride = (size_t)npy->source.geometry.planes, n = 0;
  for (size_t i = 0; i < count; i++) {
    int32_t value;
    memcpy(&value, &npy->raw[i * stride + (size_t)plane], sizeof value);
    if (value > largest || value < -largest) {
      size_t pixel = first + i, columns = (size_t)npy->source.geometry.columns;
      return ls_fail(error, LS_VALUE,
                     "%s: event %zu, plane %d, row %zu, column %zu holds %ld; beyond 2^24 a float "
                     "is not exact: save float32",
                     npy->source.path, event, plane, pixel / columns, pixel % columns, (long)value);
    }
    npy->index[n] = first + (uint32_t)i;
    npy->value[n] = (float)value;
    n += value != 0;
  }
  *kept = n;
  return LS_OK;
}

static ls_status read_block(npy_source *npy, size_t event, unsigned plane_mask, uint32_t first,
                            size_t count, const ls_pixel_sink *sink, ls_error *error) {
  const ls_geometry *geometry = &npy->source.geometry;
  uint64_t pixel_bytes = (uint64_t)geometry->planes * sizeof(float);
  uint64_t offset = npy->data_offset + event * event_bytes(geometry) + first * pixel_bytes;
  if (ls_npy_read_bytes(npy->descriptor, npy->source.path, offset, npy->raw, count * pixel_bytes,
                        error) != LS_OK)
    return ls_fail_within(error, LS_FORMAT, "event %zu", event);
  for (int plane = 0; plane < geometry->planes; plane++) {
    if (!(plane_mask & 1u << plane)) continue;
    size_t kept = 0;
    if (npy->source.value_type == LS_VALUE_FLOAT32)
      kept = pick_floats(npy, plane, first, count);
    else
      LS_TRY(pick_integers(npy, event, plane, first, count, &kept, error));
    if (kept) LS_TRY(sink->pixels(sink->context, plane, kept, npy->index, npy->value, error));
  }
  return LS_OK;
}

static ls_status read_npy(ls_source *source, size_t event, unsigned plane_mask,
                          const ls_pixel_sink *sink, ls_error *error) {
  npy_source *npy = (npy_source *)source;
  double start = ls_seconds(), sink_before = source->sink_seconds;
  LS_TRY(check_event(source, event, error));
  uint64_t pixels = (uint64_t)source->geometry.rows * (uint64_t)source->geometry.columns;
  ls_status status = LS_OK;
  for (uint64_t first = 0; status == LS_OK && first < pixels; first += BLOCK)
    status = read_block(npy, event, plane_mask, (uint32_t)first,
                        pixels - first < BLOCK ? pixels - first : BLOCK, sink, error);
  source->read_seconds += ls_seconds() - start - (source->sink_seconds - sink_before);
  return status;
}

static const ls_source_functions functions = {
    .format = "npy", .info = info_npy, .read = read_npy, .close = close_npy};

static ls_status understand(npy_source *npy, const ls_npy_header *header, ls_error *error) {
  ls_source *source = &npy->source;
  const uint64_t *shape = header->shape;
  if (!strcmp(header->type, "<f4"))
    source->value_type = LS_VALUE_FLOAT32;
  else if (!strcmp(header->type, "<i4"))
    source->value_type = LS_VALUE_INT32;
  else
    return ls_fail(error, LS_FORMAT,
                   "%s: numbers of type '%s'; events are read from float32 ('<f4') or int32 "
                   "('<i4')",
                   source->path, header->type);
  uint64_t planes = header->rank == 4 ? shape[3] : 1;
  if ((header->rank != 3 && header->rank != 4) || planes < 1 || planes > LS_MAX_PLANES)
    return ls_fail(error, LS_FORMAT,
                   "%s: an array of %d axes (the last of %llu) is no set of events; they are "
                   "[events, rows, columns] or [events, rows, columns, planes <= %d]",
                   source->path, header->rank,
                   header->rank ? (unsigned long long)shape[header->rank - 1] : 0, LS_MAX_PLANES);
  if (shape[0] == 0) return ls_fail(error, LS_FORMAT, "%s: holds no events", source->path);
  if (shape[1] < 1 || shape[2] < 1 || shape[1] > INT32_MAX || shape[2] > INT32_MAX ||
      shape[1] > UINT32_MAX / shape[2])
    return ls_fail(error, LS_FORMAT, "%s: events of %llu x %llu pixels cannot be read",
                   source->path, (unsigned long long)shape[1], (unsigned long long)shape[2]);
  source->count = shape[0];
  source->geometry = (ls_geometry){(int)planes, (int)shape[1], (int)shape[2]};
  npy->data_offset = header->data_offset;
  return LS_OK;
}

static ls_status make_buffers(npy_source *npy, ls_error *error) {
  const char *what = "a block of a .npy file";
  size_t planes = (size_t)npy->source.geometry.planes;
  LS_TRY(ls_allocate((void **)&npy->raw, planes * BLOCK * sizeof *npy->raw, what, error));
  LS_TRY(ls_allocate((void **)&npy->index, BLOCK * sizeof *npy->index, what, error));
  return ls_allocate((void **)&npy->value, BLOCK * sizeof *npy->value, what, error);
}

ls_status ls_npy_open(const char *path, const char *producer, ls_source **source, ls_error *error) {
  (void)producer;
  *source = NULL;
  npy_source *npy = calloc(1, sizeof *npy);
  char *copy = strdup(path);
  if (!npy || !copy) {
    free(npy);
    free(copy);
    return ls_fail(error, LS_MEMORY, "%s: no memory to open it", path);
  }
  npy->source = (ls_source){.functions = &functions, .path = copy};
  ls_npy_header header;
  ls_status status = ls_npy_open_array(path, &npy->descriptor, &header, error);
  if (status == LS_OK) status = understand(npy, &header, error);
  if (status == LS_OK) status = make_buffers(npy, error);
  if (status != LS_OK) {
    close_npy(&npy->source);
    return status;
  }
  *source = &npy->source;
  return LS_OK;
}
