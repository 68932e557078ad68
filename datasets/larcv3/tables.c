#include "base/text.h"
#include "datasets/larcv3/larcv3_file.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The groups of /Data whose name is prefix_NAME_group, in the order of their names. */
typedef struct producer_list {
  const char *prefix, *wanted;
  int count;
  char first[128], first_wire[128], found[128], all[256];
} producer_list;

static herr_t add_producer(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  (void)group, (void)info;
  producer_list *list = context;
  size_t prefix = strlen(list->prefix), length = strlen(name), suffix = strlen("_group");
  if (length <= prefix + suffix || strncmp(name, list->prefix, prefix) != 0 ||
      strcmp(name + length - suffix, "_group") != 0 ||
      length - prefix - suffix >= sizeof list->found)
    return 0;
  char producer[sizeof list->found];
  snprintf(producer, sizeof producer, "%.*s", (int)(length - prefix - suffix), name + prefix);
  if (list->count++ == 0) memcpy(list->first, producer, sizeof producer);
  if (!list->first_wire[0] && strstr(producer, "wire"))
    memcpy(list->first_wire, producer, sizeof producer);
  if (list->wanted && !strcmp(list->wanted, producer))
    memcpy(list->found, producer, sizeof producer);
  ls_text_add_name(list->all, sizeof list->all, producer);
  return 0;
}

static void list_producers(hid_t file, producer_list *list) {
  ls_hdf5_printing before = ls_hdf5_quiet();
  H5Literate_by_name(file, "/Data", H5_INDEX_NAME, H5_ITER_INC, NULL, add_producer, list,
                     H5P_DEFAULT);
  ls_hdf5_loud(before);
}

static ls_status choose_producer(larcv3_source *larcv3, const char *wanted, ls_error *error) {
  producer_list list = {.prefix = "sparse2d_", .wanted = wanted};
  list_producers(larcv3->file, &list);
  if (list.count == 0)
    return ls_fail(error, LS_FORMAT,
                   "%s: group /Data has no sparse 2-D images (sparse2d_NAME_group)",
                   larcv3->source.path);
  const char *chosen = wanted ? list.found : list.first_wire[0] ? list.first_wire : list.first;
  if (!chosen[0])
    return ls_fail(error, LS_USAGE, "%s: there is no producer '%s'; there are: %s",
                   larcv3->source.path, wanted, list.all);
  snprintf(larcv3->group, sizeof larcv3->group, "/Data/sparse2d_%s_group", chosen);
  return LS_OK;
}

static ls_status open_table(larcv3_source *larcv3, const char *group, const char *name,
                            const ls_hdf5_column *columns, int count, size_t row_bytes,
                            ls_hdf5_table *table, ls_error *error) {
  char full[sizeof table->name];
  snprintf(full, sizeof full, "%s/%s", group, name);
  return ls_hdf5_table_open(larcv3->file, larcv3->source.path, full, columns, count, row_bytes,
                            table, error);
}

static ls_status open_extents(larcv3_source *larcv3, const char *group, ls_hdf5_table *table,
                              ls_error *error) {
  const ls_hdf5_column columns[] = {{"first", offsetof(larcv3_extent, first), H5T_NATIVE_UINT64},
                                    {"N", offsetof(larcv3_extent, count), H5T_NATIVE_UINT64}};
  return open_table(larcv3, group, "extents", columns, 2, sizeof(larcv3_extent), table, error);
}

static ls_status open_images(larcv3_source *larcv3, ls_error *error) {
  const char *group = larcv3->group;
  LS_TRY(open_extents(larcv3, group, &larcv3->extents, error));
  const ls_hdf5_column plane_columns[] = {
      {"first", offsetof(larcv3_plane_extent, first), H5T_NATIVE_UINT64},
      {"N", offsetof(larcv3_plane_extent, count), H5T_NATIVE_UINT64},
      {"ID", offsetof(larcv3_plane_extent, plane), H5T_NATIVE_UINT64}};
  LS_TRY(open_table(larcv3, group, "voxel_extents", plane_columns, 3, sizeof(larcv3_plane_extent),
                    &larcv3->plane_extents, error));
  const hsize_t axes = 2;
  hid_t sides = H5Tarray_create2(H5T_NATIVE_UINT64, 1, &axes);
  const ls_hdf5_column meta_columns[] = {
      {"projection_id", offsetof(larcv3_meta, projection), H5T_NATIVE_UINT64},
      {"number_of_voxels", offsetof(larcv3_meta, sides), sides}};
  ls_status status = open_table(larcv3, group, "image_meta", meta_columns, 2, sizeof(larcv3_meta),
                                &larcv3->metas, error);
  H5Tclose(sides);
  LS_TRY(status);
  const ls_hdf5_column voxel_columns[] = {
      {"id", offsetof(larcv3_voxel, id), H5T_NATIVE_UINT64},
      {"value", offsetof(larcv3_voxel, value), H5T_NATIVE_FLOAT}};
  return open_table(larcv3, group, "voxels", voxel_columns, 2, sizeof(larcv3_voxel),
                    &larcv3->voxels, error);
}

static ls_status open_particles(larcv3_source *larcv3, ls_error *error) {
  producer_list list = {.prefix = "particle_"};
  list_producers(larcv3->file, &list);
  if (list.count == 0) return LS_OK;
  char group[sizeof larcv3->group];
  snprintf(group, sizeof group, "/Data/particle_%s_group", list.first);
  LS_TRY(open_extents(larcv3, group, &larcv3->particle_extents, error));
  hid_t process = H5Tcopy(H5T_C_S1);
  H5Tset_size(process, sizeof((larcv3_particle *)0)->process);
  const ls_hdf5_column columns[] = {{"pdg", offsetof(larcv3_particle, pdg), H5T_NATIVE_INT32},
                                    {"process", offsetof(larcv3_particle, process), process}};
  ls_status status = open_table(larcv3, group, "particles", columns, 2, sizeof(larcv3_particle),
                                &larcv3->particles, error);
  H5Tclose(process);
  return status;
}

static ls_status open_event_ids(larcv3_source *larcv3, ls_error *error) {
  if (!ls_hdf5_exists(larcv3->file, "/Events/event_id")) return LS_OK;
  const ls_hdf5_column columns[] = {{"run", offsetof(larcv3_event_id, run), H5T_NATIVE_INT64},
                                    {"subrun", offsetof(larcv3_event_id, subrun), H5T_NATIVE_INT64},
                                    {"event", offsetof(larcv3_event_id, event), H5T_NATIVE_INT64}};
  return open_table(larcv3, "/Events", "event_id", columns, 3, sizeof(larcv3_event_id),
                    &larcv3->event_ids, error);
}

static ls_status same_events(const larcv3_source *larcv3, const ls_hdf5_table *table,
                             ls_error *error) {
  if (table->dataset == 0 || table->rows == larcv3->extents.rows) return LS_OK;
  return ls_fail(error, LS_FORMAT, "%s: data set %s is of %" PRIu64 " events, but %s of %" PRIu64,
                 larcv3->source.path, table->name, table->rows, larcv3->extents.name,
                 larcv3->extents.rows);
}

ls_status larcv3_open_tables(larcv3_source *larcv3, const char *producer, ls_error *error) {
  LS_TRY(ls_hdf5_open(larcv3->source.path, &larcv3->file, error));
  LS_TRY(choose_producer(larcv3, producer, error));
  LS_TRY(open_images(larcv3, error));
  LS_TRY(open_particles(larcv3, error));
  LS_TRY(open_event_ids(larcv3, error));
  if (larcv3->extents.rows == 0)
    return ls_fail(error, LS_FORMAT, "%s: data set %s holds no events", larcv3->source.path,
                   larcv3->extents.name);
  LS_TRY(same_events(larcv3, &larcv3->particle_extents, error));
  return same_events(larcv3, &larcv3->event_ids, error);
}

void larcv3_close_tables(larcv3_source *larcv3) {
  ls_hdf5_table_close(&larcv3->extents);
  ls_hdf5_table_close(&larcv3->plane_extents);
  ls_hdf5_table_close(&larcv3->metas);
  ls_hdf5_table_close(&larcv3->voxels);
  ls_hdf5_table_close(&larcv3->particle_extents);
  ls_hdf5_table_close(&larcv3->particles);
  ls_hdf5_table_close(&larcv3->event_ids);
  if (larcv3->file > 0) H5Fclose(larcv3->file);
  larcv3->file = 0;
}

static ls_status check_plane(const larcv3_source *larcv3, size_t event, larcv3_plane_extent extent,
                             const larcv3_meta *meta, larcv3_plane *plane, ls_error *error) {
  uint64_t wires = meta->sides[0], ticks = meta->sides[1];
  if (wires < 1 || ticks < 1 || wires > LARCV3_LONGEST || ticks > LARCV3_LONGEST ||
      wires * ticks > UINT32_MAX)
    return ls_fail(error, LS_FORMAT,
                   "%s: %s/image_meta: event %zu, plane %" PRIu64 ": an image of %" PRIu64
                   " x %" PRIu64 " voxels",
                   larcv3->source.path, larcv3->group, event, extent.plane, wires, ticks);
  if (extent.count > wires * ticks)
    return ls_fail(error, LS_FORMAT,
                   "%s: %s/voxel_extents: event %zu, plane %" PRIu64 ": %" PRIu64
                   " voxels in an image of %" PRIu64 " x %" PRIu64,
                   larcv3->source.path, larcv3->group, event, extent.plane, extent.count, wires,
                   ticks);
  *plane = (larcv3_plane){(int)extent.plane, (uint32_t)wires, (uint32_t)ticks, extent.first,
                          extent.count};
  return LS_OK;
}

ls_status larcv3_read_planes(larcv3_source *larcv3, size_t event, int *count,
                             larcv3_plane planes[LS_MAX_PLANES], ls_error *error) {
  const char *path = larcv3->source.path;
  larcv3_extent all = {0};
  larcv3_plane_extent extents[LS_MAX_PLANES];
  larcv3_meta metas[LS_MAX_PLANES];
  LS_TRY(ls_hdf5_table_read(&larcv3->extents, event, 1, &all, error));
  if (all.count < 1 || all.count > LS_MAX_PLANES)
    return ls_fail(error, LS_FORMAT, "%s: %s: event %zu has %" PRIu64 " planes instead of 1 to %d",
                   path, larcv3->group, event, all.count, LS_MAX_PLANES);
  LS_TRY(ls_hdf5_table_read(&larcv3->plane_extents, all.first, all.count, extents, error));
  LS_TRY(ls_hdf5_table_read(&larcv3->metas, all.first, all.count, metas, error));
  unsigned seen = 0;
  for (uint64_t i = 0; i < all.count; i++) {
    uint64_t plane = extents[i].plane;
    if (plane >= all.count || seen & 1u << plane || metas[i].projection != plane)
      return ls_fail(error, LS_FORMAT,
                     "%s: %s: event %zu: the planes are not numbered 0 to %d, each once", path,
                     larcv3->group, event, (int)all.count - 1);
    seen |= 1u << plane;
    LS_TRY(check_plane(larcv3, event, extents[i], &metas[i], &planes[i], error));
  }
  *count = (int)all.count;
  return LS_OK;
}
