#include "datasets/larcv3/larcv3_file.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static ls_status reserve(larcv3_source *larcv3, size_t count, ls_error *error) {
  larcv3_buffers *buffers = &larcv3->buffers;
  if (!buffers->row_start)
    LS_TRY(ls_allocate((void **)&buffers->row_start,
                       ((size_t)larcv3->source.geometry.rows + 1) * sizeof(uint32_t),
                       "the rows of a larcv3 plane", error));
  if (count <= buffers->capacity) return LS_OK;
  const char *what = "the voxels of a larcv3 plane";
  buffers->capacity = 0;
  ls_free(buffers->voxels), buffers->voxels = NULL;
  ls_free(buffers->index), buffers->index = NULL;
  ls_free(buffers->value), buffers->value = NULL;
  LS_TRY(ls_allocate((void **)&buffers->voxels, count * sizeof(larcv3_voxel), what, error));
  LS_TRY(ls_allocate((void **)&buffers->index, count * sizeof(uint32_t), what, error));
  LS_TRY(ls_allocate((void **)&buffers->value, count * sizeof(float), what, error));
  buffers->capacity = count;
  return LS_OK;
}

static int by_id(const void *left, const void *right) {
  uint64_t a = ((const larcv3_voxel *)left)->id, b = ((const larcv3_voxel *)right)->id;
  return (a > b) - (a < b);
}

/* larcv3 keeps a plane's voxels in the order of their ids; other writers may not. */
static void sort_voxels(larcv3_voxel *voxels, size_t count) {
  for (size_t i = 1; i < count; i++)
    if (voxels[i].id < voxels[i - 1].id) {
      qsort(voxels, count, sizeof *voxels, by_id);
      return;
    }
}

/* The position of the first id that is outside the image or equal to the one before; or count. */
static size_t bad_voxel(const larcv3_voxel *voxels, size_t count, uint64_t pixels) {
  for (size_t i = 0; i < count; i++)
    if (voxels[i].id >= pixels || (i && voxels[i].id == voxels[i - 1].id)) return i;
  return count;
}

/* Counting sort by tick. It is stable, and ids rise with the wire, so every row's wires rise. */
static size_t turn_over(const larcv3_plane *plane, uint32_t columns, larcv3_buffers *out) {
  const larcv3_voxel *voxels = out->voxels;
  size_t count = plane->voxels;
  uint32_t ticks = plane->ticks;
  uint32_t *start = out->row_start;
  memset(start, 0, ((size_t)ticks + 1) * sizeof *start);
  for (size_t i = 0; i < count; i++)
    if (voxels[i].value != 0) start[(uint32_t)voxels[i].id % ticks + 1]++;
  for (uint32_t row = 0; row < ticks; row++) start[row + 1] += start[row];
  size_t kept = start[ticks];
  uint64_t wire = 0, wire_start = 0;
  for (size_t i = 0; i < count; i++) {
    for (; voxels[i].id - wire_start >= ticks; wire++) wire_start += ticks;
    if (voxels[i].value == 0) continue;
    uint32_t tick = (uint32_t)(voxels[i].id - wire_start), place = start[tick]++;
    out->index[place] = tick * columns + (uint32_t)wire;
    out->value[place] = voxels[i].value;
  }
  return kept;
}

ls_status larcv3_read_voxels(larcv3_source *larcv3, size_t event, const larcv3_plane *plane,
                             const ls_pixel_sink *sink, ls_error *error) {
  size_t count = plane->voxels;
  uint64_t pixels = (uint64_t)plane->wires * plane->ticks;
  larcv3_buffers *buffers = &larcv3->buffers;
  if (count == 0) return LS_OK;
  uint64_t rows = larcv3->voxels.rows; /* before memory is taken for them */
  if (plane->first_voxel > rows || count > rows - plane->first_voxel)
    return ls_fail(error, LS_FORMAT,
                   "%s: %s/voxel_extents: event %zu, plane %d: %zu voxels from %" PRIu64
                   " on, but there are %" PRIu64,
                   larcv3->source.path, larcv3->group, event, plane->plane, count,
                   plane->first_voxel, rows);
  ls_status status = reserve(larcv3, count, error);
  if (status != LS_OK)
    return ls_fail_within(error, status, "%s: event %zu", larcv3->source.path, event);
  larcv3_voxel *voxels = buffers->voxels;
  if (ls_hdf5_table_read(&larcv3->voxels, plane->first_voxel, count, voxels, error) != LS_OK)
    return ls_fail_within(error, LS_FORMAT, "event %zu, plane %d", event, plane->plane);
  sort_voxels(voxels, count);
  size_t bad = bad_voxel(voxels, count, pixels);
  if (bad < count)
    return ls_fail(error, LS_FORMAT,
                   "%s: %s/voxels: event %zu, plane %d: voxel id %" PRIu64
                   " is %s the image of %u x %u",
                   larcv3->source.path, larcv3->group, event, plane->plane, voxels[bad].id,
                   voxels[bad].id >= pixels ? "outside" : "twice in", plane->wires, plane->ticks);
  size_t kept = turn_over(plane, (uint32_t)larcv3->source.geometry.columns, buffers);
  if (kept == 0) return LS_OK;
  return sink->pixels(sink->context, plane->plane, kept, buffers->index, buffers->value, error);
}
