#define _POSIX_C_SOURCE 200809L
#include "datasets/larcv3/larcv3.h"

#include "base/clock.h"
#include "base/memory.h"
#include "datasets/larcv3/larcv3_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ls_larcv3_recognise(const char *path) {
  return ls_hdf5_has_group(path, "/Data");
}

static void close_larcv3(ls_source *source) {
  larcv3_source *larcv3 = (larcv3_source *)source;
  larcv3_close_tables(larcv3);
  ls_free(larcv3->buffers.voxels);
  ls_free(larcv3->buffers.index);
  ls_free(larcv3->buffers.value);
  ls_free(larcv3->buffers.row_start);
  free(source->path);
  free(larcv3);
}

static int is_primary(const larcv3_particle *particle) {
  long long code = llabs(particle->pdg);
  return !strncmp(particle->process, "primary", sizeof particle->process) && code != 12 &&
         code != 14 && code != 16;
}

static ls_status find_primary(larcv3_source *larcv3, size_t event, int *pdg, ls_error *error) {
  enum { BLOCK = 256 };
  *pdg = 0;
  if (larcv3->particles.dataset == 0) return LS_OK;
  larcv3_extent all = {0};
  LS_TRY(ls_hdf5_table_read(&larcv3->particle_extents, event, 1, &all, error));
  larcv3_particle *particles = calloc(BLOCK, sizeof *particles);
  if (!particles) return ls_fail(error, LS_MEMORY, "no memory for the particles of an event");
  ls_status status = LS_OK;
  for (uint64_t done = 0; status == LS_OK && *pdg == 0 && done < all.count; done += BLOCK) {
    uint64_t count = all.count - done < BLOCK ? all.count - done : BLOCK;
    status = ls_hdf5_table_read(&larcv3->particles, all.first + done, count, particles, error);
    for (uint64_t i = 0; status == LS_OK && *pdg == 0 && i < count; i++)
      if (is_primary(&particles[i])) *pdg = particles[i].pdg;
  }
  free(particles);
  return status;
}

static ls_status check_event(const ls_source *source, size_t event, ls_error *error) {
  if (event < source->count) return LS_OK;
  return ls_fail(error, LS_USAGE, "%s: there is no event %zu; the file has events 0 to %zu",
                 source->path, event, source->count - 1);
}

static ls_status info_larcv3(ls_source *source, size_t event, ls_event_info *info,
                             ls_error *error) {
  larcv3_source *larcv3 = (larcv3_source *)source;
  *info = (ls_event_info){.run = -1, .subrun = -1, .event = -1, .label = -1};
  LS_TRY(check_event(source, event, error));
  if (larcv3->event_ids.dataset != 0) {
    larcv3_event_id id = {0};
    LS_TRY(ls_hdf5_table_read(&larcv3->event_ids, event, 1, &id, error));
    info->run = id.run, info->subrun = id.subrun, info->event = id.event;
  }
  LS_TRY(find_primary(larcv3, event, &info->pdg, error));
  larcv3_plane planes[LS_MAX_PLANES];
  int count = 0;
  LS_TRY(larcv3_read_planes(larcv3, event, &count, planes, error));
  uint64_t voxels = 0;
  for (int i = 0; i < count; i++) {
    voxels += planes[i].voxels;
    info->raw_bytes += (uint64_t)planes[i].wires * planes[i].ticks * sizeof(float);
  }
  if (larcv3->voxels.rows)
    info->stored_bytes = (uint64_t)((double)larcv3->voxels.stored_bytes * (double)voxels /
                                    (double)larcv3->voxels.rows);
  return LS_OK;
}

static ls_status read_larcv3(ls_source *source, size_t event, unsigned plane_mask,
                             const ls_pixel_sink *sink, ls_error *error) {
  larcv3_source *larcv3 = (larcv3_source *)source;
  double start = ls_seconds(), sink_before = source->sink_seconds;
  larcv3_plane planes[LS_MAX_PLANES];
  int count = 0;
  LS_TRY(check_event(source, event, error));
  LS_TRY(larcv3_read_planes(larcv3, event, &count, planes, error));
  ls_geometry geometry = source->geometry;
  if (count != geometry.planes)
    return ls_fail(error, LS_FORMAT, "%s: %s: event %zu has %d planes, but event 0 has %d",
                   source->path, larcv3->group, event, count, geometry.planes);
  ls_status status = LS_OK;
  for (int i = 0; status == LS_OK && i < count; i++) {
    const larcv3_plane *plane = &planes[i];
    if (plane->wires > (uint32_t)geometry.columns || plane->ticks > (uint32_t)geometry.rows)
      status = ls_fail(error, LS_FORMAT,
                       "%s: %s/image_meta: event %zu is of %u x %u voxels, but event 0 of %d x %d",
                       source->path, larcv3->group, event, plane->wires, plane->ticks,
                       geometry.columns, geometry.rows);
    else if (plane_mask & 1u << plane->plane)
      status = larcv3_read_voxels(larcv3, event, plane, sink, error);
  }
  source->read_seconds += ls_seconds() - start - (source->sink_seconds - sink_before);
  return status;
}

static const ls_source_functions functions = {
    .format = "larcv3", .info = info_larcv3, .read = read_larcv3, .close = close_larcv3};

static ls_status find_geometry(larcv3_source *larcv3, ls_error *error) {
  larcv3_plane planes[LS_MAX_PLANES];
  ls_source *source = &larcv3->source;
  source->count = larcv3->extents.rows;
  LS_TRY(larcv3_read_planes(larcv3, 0, &source->geometry.planes, planes, error));
  for (int i = 0; i < source->geometry.planes; i++) {
    int wires = (int)planes[i].wires, ticks = (int)planes[i].ticks;
    if (wires > source->geometry.columns) source->geometry.columns = wires;
    if (ticks > source->geometry.rows) source->geometry.rows = ticks;
  }
  if ((uint64_t)source->geometry.rows * (uint64_t)source->geometry.columns > UINT32_MAX)
    return ls_fail(error, LS_FORMAT, "%s: %s/image_meta: images of %d x %d voxels are too large",
                   source->path, larcv3->group, source->geometry.columns, source->geometry.rows);
  return LS_OK;
}

ls_status ls_larcv3_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error) {
  *source = NULL;
  larcv3_source *larcv3 = calloc(1, sizeof *larcv3);
  char *copy = strdup(path);
  if (!larcv3 || !copy) {
    free(larcv3);
    free(copy);
    return ls_fail(error, LS_MEMORY, "%s: no memory to open it", path);
  }
  larcv3->source =
      (ls_source){.functions = &functions, .path = copy, .value_type = LS_VALUE_FLOAT32};
  ls_status status = larcv3_open_tables(larcv3, producer, error);
  if (status == LS_OK) status = find_geometry(larcv3, error);
  snprintf(larcv3->source.pixel_set, sizeof larcv3->source.pixel_set, "%s", larcv3->group);
  if (status != LS_OK) {
    close_larcv3(&larcv3->source);
    return status;
  }
  *source = &larcv3->source;
  return LS_OK;
}
