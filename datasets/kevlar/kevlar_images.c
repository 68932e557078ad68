/* Which image set a file has, whether it is one of KevLAr's, and how it can be read. */
#include "base/text.h"
#include "datasets/kevlar/kevlar_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static ls_status bad_set(const kevlar_source *source, const char *what, ls_error *error) {
  return ls_fail(error, LS_FORMAT, "%s: %s: %s", source->base.path, source->image_set, what);
}

static ls_status hdf5_failed(const kevlar_source *source, const char *what, ls_error *error) {
  char reason[256];
  ls_hdf5_reason(reason, sizeof reason);
  return ls_fail(error, LS_FORMAT, "%s: %s: %s: %s", source->base.path, source->image_set, what,
                 reason);
}

typedef struct name_list {
  char text[256];
} name_list;

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  (void)group, (void)info;
  name_list *list = context;
  ls_text_add_name(list->text, sizeof list->text, name);
  return 0;
}

static ls_status find_set(kevlar_source *source, const char *producer, ls_error *error) {
  const char *names[] = {producer ? producer : "wires", producer ? NULL : "rawdigits"};
  if (H5Lexists(source->file, "image", H5P_DEFAULT) <= 0)
    return ls_fail(error, LS_FORMAT, "%s: has no group /image; is it a KevLAr file?",
                   source->base.path);
  for (size_t i = 0; i < 2 && names[i]; i++) {
    if (!*names[i] || strchr(names[i], '/') || strlen(names[i]) > LS_KEVLAR_NAME - 8) break;
    snprintf(source->image_set, sizeof source->image_set, "/image/%s", names[i]);
    if (H5Lexists(source->file, source->image_set, H5P_DEFAULT) > 0) return LS_OK;
  }
  name_list there = {""};
  H5Literate_by_name(source->file, "/image", H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &there,
                     H5P_DEFAULT);
  return ls_fail(error, producer ? LS_USAGE : LS_FORMAT,
                 "%s: has no data set /image/%s%s; there are: %s", source->base.path, names[0],
                 names[1] ? " or /image/rawdigits" : "", there.text[0] ? there.text : "none");
}

static ls_status check_type(kevlar_source *source, ls_error *error) {
  hid_t type = H5Dget_type(source->images);
  int whole = type >= 0 && H5Tequal(type, H5T_STD_I32LE) > 0;
  int floating = type >= 0 && H5Tequal(type, H5T_IEEE_F32LE) > 0;
  if (type >= 0) H5Tclose(type);
  source->base.value_type = floating ? LS_VALUE_FLOAT32 : LS_VALUE_INT32;
  return whole || floating
             ? LS_OK
             : bad_set(source, "its values are neither little-endian int32 nor float32; convert it",
                       error);
}

static ls_status check_shape(kevlar_source *source, ls_error *error) {
  hsize_t shape[4] = {0};
  hid_t space = H5Dget_space(source->images);
  int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  if (rank == 4) H5Sget_simple_extent_dims(space, shape, NULL);
  if (space >= 0) H5Sclose(space);
  if (rank != 4)
    return ls_fail(error, LS_FORMAT,
                   "%s: %s: has %d dimensions, not the 4 of [events, planes, ticks, wires]",
                   source->base.path, source->image_set, rank);
  if (shape[0] == 0) return bad_set(source, "holds no event", error);
  if (shape[0] > LS_KEVLAR_MOST_EVENTS || shape[1] < 1 || shape[1] > LS_MAX_PLANES ||
      shape[2] < 1 || shape[2] > INT_MAX || shape[3] < 1 || shape[3] > INT_MAX ||
      shape[2] > UINT32_MAX / 4 / (shape[3] * shape[1]))
    return ls_fail(
        error, LS_FORMAT,
        "%s: %s: [%llu, %llu, %llu, %llu] is no shape of [events, 1 to %d planes, ticks, "
        "wires] with events below 4 GB",
        source->base.path, source->image_set, (unsigned long long)shape[0],
        (unsigned long long)shape[1], (unsigned long long)shape[2], (unsigned long long)shape[3],
        LS_MAX_PLANES);
  source->base.count = (size_t)shape[0];
  source->base.geometry = (ls_geometry){(int)shape[1], (int)shape[2], (int)shape[3]};
  source->event_bytes = 4 * shape[1] * shape[2] * shape[3];
  return LS_OK;
}

/* Bytes of the chunks that a band of rows of an event touches. */
static double band_bytes(const ls_geometry *geometry, const hsize_t *chunk) {
  hsize_t deep = ((hsize_t)geometry->planes - 1) / chunk[1] + 1;
  hsize_t across = ((hsize_t)geometry->columns - 1) / chunk[3] + 1;
  double bytes = 4 * (double)deep * (double)across;
  for (int i = 0; i < 4; i++) bytes *= (double)chunk[i];
  return bytes;
}

/* A chunked set: an event's chunk is read raw if it is stored plainly; else HDF5 reads rows, if the
 * chunks that it must inflate for them are small. */
static ls_status check_chunks(kevlar_source *source, hid_t creation, ls_error *error) {
  const ls_geometry *geometry = &source->base.geometry;
  hsize_t chunk[4];
  if (H5Pget_chunk(creation, 4, chunk) != 4)
    return hdf5_failed(source, "its chunks' shape cannot be read", error);
  int filters = H5Pget_nfilters(creation);
  unsigned flags, configuration;
  size_t parameters = 0;
  H5Z_filter_t first =
      filters > 0 ? H5Pget_filter2(creation, 0, &flags, &parameters, NULL, 0, NULL, &configuration)
                  : H5Z_FILTER_NONE;
  int plain = filters == 0 || (filters == 1 && first == H5Z_FILTER_DEFLATE);
  source->deflated = filters == 1;
  source->event_chunks = plain && chunk[0] == 1 && chunk[1] == (hsize_t)geometry->planes &&
                         chunk[2] == (hsize_t)geometry->rows &&
                         chunk[3] == (hsize_t)geometry->columns;
  source->chunk_rows = chunk[2] < (hsize_t)geometry->rows ? (int)chunk[2] : geometry->rows;
  double bytes = band_bytes(geometry, chunk);
  if (source->event_chunks || bytes <= LS_KEVLAR_HDF5_CACHE) return LS_OK;
  return ls_fail(
      error, LS_FORMAT,
      "%s: %s: reading rows would hold %.0f MB of its chunks [%llu, %llu, %llu, %llu] in "
      "memory; only a chunk of one event with no filter or deflate alone is read as it "
      "lies: h5repack -f GZIP=5 -l CHUNK=1x%dx%dx%d",
      source->base.path, source->image_set, bytes / 1e6, (unsigned long long)chunk[0],
      (unsigned long long)chunk[1], (unsigned long long)chunk[2], (unsigned long long)chunk[3],
      geometry->planes, geometry->rows, geometry->columns);
}

static ls_status check_layout(kevlar_source *source, hid_t creation, ls_error *error) {
  source->chunk_rows = source->base.geometry.rows;
  H5D_layout_t layout = H5Pget_layout(creation);
  if (layout == H5D_CHUNKED) LS_TRY(check_chunks(source, creation, error));
  if (!H5Pall_filters_avail(creation))
    return bad_set(source, "is compressed by a filter that HDF5 has not here; h5repack it", error);
  int32_t fill = 0;
  H5D_fill_value_t defined;
  source->zero_fill = H5Pfill_value_defined(creation, &defined) >= 0 &&
                      (defined == H5D_FILL_VALUE_UNDEFINED ||
                       (H5Pget_fill_value(creation, H5T_NATIVE_INT32, &fill) >= 0 && fill == 0));
  return LS_OK;
}

static ls_status find_user_block(kevlar_source *source, ls_error *error) {
  hsize_t bytes = 0;
  hid_t creation = H5Fget_create_plist(source->file);
  int known = creation >= 0 && H5Pget_userblock(creation, &bytes) >= 0;
  if (creation >= 0) H5Pclose(creation);
  source->user_block = bytes;
  return known ? LS_OK : hdf5_failed(source, "the file's header cannot be read", error);
}

ls_status ls_kevlar_open_images(kevlar_source *source, const char *producer, ls_error *error) {
  LS_TRY(find_set(source, producer, error));
  LS_TRY(find_user_block(source, error));
  hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
  ls_status status = LS_INTERNAL;
  if (access >= 0 && H5Pset_chunk_cache(access, 12421, LS_KEVLAR_HDF5_CACHE, 1) >= 0)
    status = ls_hdf5_open_dataset(source->file, source->image_set, access, &source->images, error);
  H5Pclose(access);
  if (status != LS_OK)
    return ls_fail_within(error, status, "%s: %s", source->base.path, source->image_set);
  LS_TRY(check_type(source, error));
  LS_TRY(check_shape(source, error));
  hid_t creation = H5Dget_create_plist(source->images);
  if (creation < 0) return hdf5_failed(source, "its layout cannot be read", error);
  status = check_layout(source, creation, error);
  H5Pclose(creation);
  LS_TRY(status);
  status = ls_hdf5_reader_open(source->images, &source->reader, error);
  if (status != LS_OK)
    ls_fail_within(error, status, "%s: %s", source->base.path, source->image_set);
  return status;
}
