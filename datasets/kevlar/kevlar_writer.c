#define _GNU_SOURCE /* memfd_create */
#include "datasets/kevlar/kevlar_writer.h"

#include "base/output_file.h"
#include "datasets/kevlar/kevlar_internal.h"
#include "datasets/kevlar/sparse_deflate.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  ATTRIBUTE_BYTES = 256,
  DEFLATE_LEVEL = 5,
  MOST_CLASSES = 16,
  CLASS_NAME = 32,
  METADATA_BYTES = 64 << 10, /* more than HDF5's headers and attributes of such a file */
  METADATA_PER_EVENT = 256,  /* more than a chunk's share of HDF5's index */
  RESERVE_STEP = 1 << 20
};
static const char kevlar_version[] = "v04_01_01"; /* the version whose layout this is */

struct ls_kevlar_writer {
  char *path, *temporary;
  char image_set[LS_KEVLAR_NAME];
  ls_geometry geometry;
  ls_value_type value_type;
  int class_count;
  char class_names[MOST_CLASSES][CLASS_NAME];
  hid_t file, images;
  uint64_t reserved; /* the file's first bytes that have a place on the disk */
  size_t count, label_capacity;
  int16_t *labels;
  ls_deflate_buffer stream;
};

static ls_status write_failed(const ls_kevlar_writer *writer, const char *what, ls_error *error) {
  char reason[256];
  ls_hdf5_reason(reason, sizeof reason);
  return ls_fail(error, LS_IO, "%s: %s: %s cannot be written: %s; check the folder and free space",
                 writer->path, writer->image_set, what, reason);
}

/* HDF5 cannot close a file whose last bytes cannot be written, and then crashes when the process
 * ends. So every byte gets its place on the disk before HDF5 writes it: a full disk is found here.
 */
static ls_status reserve(ls_kevlar_writer *writer, int descriptor, uint64_t end, ls_error *error) {
  if (end <= writer->reserved) return LS_OK;
  end += RESERVE_STEP;
  int failed;
  do failed = posix_fallocate(descriptor, 0, (off_t)end);
  while (failed == EINTR);
  if (failed)
    return ls_fail(error, LS_IO,
                   "%s: %s: event %zu cannot be written: %s; free some space or choose "
                   "another folder",
                   writer->path, writer->image_set, writer->count, strerror(failed));
  writer->reserved = end;
  return LS_OK;
}

static int file_descriptor(const ls_kevlar_writer *writer) {
  void *handle = NULL;
  if (H5Fget_vfd_handle(writer->file, H5P_DEFAULT, &handle) < 0 || !handle) return -1;
  return *(int *)handle;
}

/* Room for more bytes of data behind what the file holds, and for what HDF5 keeps about them. */
static ls_status reserve_more(ls_kevlar_writer *writer, uint64_t more, ls_error *error) {
  hsize_t size = 0;
  int descriptor = file_descriptor(writer);
  if (descriptor < 0 || H5Fget_filesize(writer->file, &size) < 0)
    return write_failed(writer, "the file", error);
  return reserve(writer, descriptor,
                 size + more + METADATA_BYTES + METADATA_PER_EVENT * (writer->count + 1), error);
}

/* The first bytes are reserved before HDF5 has the file. */
static ls_status reserve_first(ls_kevlar_writer *writer, ls_error *error) {
  int descriptor = open(writer->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return ls_fail(error, LS_IO, "%s: cannot be written: %s; check the folder and its permissions",
                   writer->path, strerror(errno));
  ls_status status = reserve(writer, descriptor, METADATA_BYTES, error);
  close(descriptor);
  writer->reserved = 0; /* HDF5 empties the file */
  return status;
}

/* After a write that failed all the same: what HDF5 still has to say goes to memory that is thrown
 * away, so that it can close the file. */
static void cut_off(const ls_kevlar_writer *writer) {
  int descriptor = writer->file < 0 ? -1 : file_descriptor(writer);
  int nowhere = descriptor < 0 ? -1 : memfd_create("kevlar", MFD_CLOEXEC);
  if (nowhere < 0) return;
  dup2(nowhere, descriptor);
  close(nowhere);
}

/* A string attribute of fixed length, as KevLAr writes them. */
static int put_text(hid_t object, const char *name, const char *text) {
  char padded[ATTRIBUTE_BYTES] = "";
  snprintf(padded, sizeof padded, "%s", text);
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute = -1;
  if (type >= 0 && space >= 0 && H5Tset_size(type, ATTRIBUTE_BYTES) >= 0)
    attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  int good = attribute >= 0 && H5Awrite(attribute, type, padded) >= 0;
  if (attribute >= 0 && H5Aclose(attribute) < 0) good = 0;
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return good;
}

/* A chunked set [count, ..] that can grow along its first dimension. */
static hid_t create_set(hid_t group, const char *name, hid_t type, int rank, const hsize_t *shape) {
  hsize_t chunk[4], most[4];
  memcpy(chunk, shape, (size_t)rank * sizeof *chunk);
  memcpy(most, shape, (size_t)rank * sizeof *most);
  most[0] = H5S_UNLIMITED;
  if (rank == 4) chunk[0] = 1; /* images: an event each; labels: all of them together */
  const int32_t zero = 0;
  hid_t space = H5Screate_simple(rank, shape, most), set = -1;
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  if (space >= 0 && creation >= 0 && H5Pset_chunk(creation, rank, chunk) >= 0 &&
      H5Pset_fill_value(creation, H5T_NATIVE_INT32, &zero) >= 0 &&
      H5Pset_deflate(creation, DEFLATE_LEVEL) >= 0)
    set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  if (creation >= 0) H5Pclose(creation);
  if (space >= 0) H5Sclose(space);
  return set;
}

static hid_t create_group(hid_t file, const char *name) {
  return H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
}

static int create_images(ls_kevlar_writer *writer) {
  const ls_geometry *geometry = &writer->geometry;
  hsize_t shape[4] = {0, (hsize_t)geometry->planes, (hsize_t)geometry->rows,
                      (hsize_t)geometry->columns};
  hid_t group = create_group(writer->file, "/image");
  if (group < 0) return 0;
  hid_t type = writer->value_type == LS_VALUE_INT32 ? H5T_STD_I32LE : H5T_IEEE_F32LE;
  writer->images = create_set(group, writer->image_set + strlen("/image/"), type, 4, shape);
  H5Gclose(group);
  return writer->images >= 0 && put_text(writer->images, "index0", "eventN") &&
         put_text(writer->images, "index1", "planeN") &&
         put_text(writer->images, "index2", "timeT") && put_text(writer->images, "index3", "wireN");
}

static ls_status create_file(ls_kevlar_writer *writer, ls_error *error) {
  LS_TRY(reserve_first(writer, error));
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0 || H5Pset_fapl_sec2(access) < 0) return write_failed(writer, "the file", error);
  writer->file = H5Fcreate(writer->temporary, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (writer->file < 0) return write_failed(writer, "the file", error);
  H5Pclose(access);
  LS_TRY(reserve_more(writer, 0, error));
  if (!put_text(writer->file, "kevlar_version", kevlar_version) || !create_images(writer))
    return write_failed(writer, "the empty image set", error);
  return LS_OK;
}

static ls_status check_layout(const char *path, const ls_kevlar_layout *layout, ls_error *error) {
  const ls_geometry *g = &layout->geometry;
  size_t name = strlen(layout->image_set);
  if (!name || name > LS_KEVLAR_NAME - 8 || strchr(layout->image_set, '/'))
    return ls_fail(error, LS_MISMATCH, "%s: '%s' is no name of an image set", path,
                   layout->image_set);
  if (g->planes < 1 || g->planes > LS_MAX_PLANES || g->rows < 1 || g->columns < 1 ||
      (unsigned)g->rows > UINT32_MAX / 4 / (unsigned)g->planes / (unsigned)g->columns)
    return ls_fail(error, LS_MISMATCH, "%s: events of %d planes of %d x %d cannot be written", path,
                   g->planes, g->rows, g->columns);
  if (layout->class_count < 0 || layout->class_count > MOST_CLASSES)
    return ls_fail(error, LS_MISMATCH, "%s: %d classes; a file holds up to %d", path,
                   layout->class_count, MOST_CLASSES);
  return LS_OK;
}

ls_status ls_kevlar_writer_open(const char *path, const ls_kevlar_layout *layout,
                                ls_kevlar_writer **writer, ls_error *error) {
  *writer = NULL;
  LS_TRY(check_layout(path, layout, error));
  ls_kevlar_writer *opened = calloc(1, sizeof *opened);
  if (!opened) return ls_fail(error, LS_MEMORY, "%s: no memory for the writer", path);
  opened->file = opened->images = -1;
  opened->geometry = layout->geometry;
  opened->value_type = layout->value_type;
  opened->class_count = layout->class_count;
  snprintf(opened->image_set, sizeof opened->image_set, "/image/%s", layout->image_set);
  for (int k = 0; k < layout->class_count; k++)
    snprintf(opened->class_names[k], CLASS_NAME, "%s", layout->class_names[k]);
  ls_status status = ls_output_names(path, &opened->path, &opened->temporary, error);
  if (status == LS_OK) {
    ls_hdf5_printing reports = ls_hdf5_quiet();
    status = create_file(opened, error);
    ls_hdf5_loud(reports);
  }
  if (status == LS_OK)
    *writer = opened;
  else
    ls_kevlar_writer_discard(opened);
  return status;
}

/* Pixels must be writable before any byte is. */
static ls_status check_pixels(const ls_kevlar_writer *writer, const ls_pixels *planes,
                              ls_error *error) {
  const unsigned columns = (unsigned)writer->geometry.columns;
  const uint32_t words = (uint32_t)writer->geometry.rows * columns;
  for (int p = 0; p < writer->geometry.planes; p++)
    for (size_t i = 0; i < planes[p].count; i++) {
      uint32_t index = planes[p].index[i];
      float value = planes[p].value[i];
      if (index >= words || (i && index <= planes[p].index[i - 1]))
        return ls_fail(error, LS_VALUE,
                       LS_KEVLAR_EVENT
                       "plane %d: pixel number %zu has index %u, out of range or order",
                       writer->path, writer->image_set, writer->count, p, i, index);
      int whole = value >= -2147483648.0F && value < 2147483648.0F && value == rintf(value);
      if (writer->value_type == LS_VALUE_INT32 ? !whole : !isfinite(value))
        return ls_fail(error, LS_VALUE,
                       LS_KEVLAR_EVENT "plane %d, row %u, column %u holds %g, which is no %s",
                       writer->path, writer->image_set, writer->count, p, index / columns,
                       index % columns, (double)value,
                       writer->value_type == LS_VALUE_INT32
                           ? "int32; round or scale the values, or write float32"
                           : "finite number; remove the event");
    }
  return LS_OK;
}

static ls_status keep_label(ls_kevlar_writer *writer, int label, ls_error *error) {
  if (label < -1 || label >= (writer->class_count ? writer->class_count : 1 << 30))
    return ls_fail(error, LS_VALUE, LS_KEVLAR_EVENT "label %d is none of the file's %d classes",
                   writer->path, writer->image_set, writer->count, label, writer->class_count);
  if (writer->count == writer->label_capacity) {
    size_t capacity = 2 * writer->label_capacity + 1024;
    int16_t *grown = realloc(writer->labels, capacity * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "%s: no memory for labels", writer->path);
    writer->labels = grown;
    writer->label_capacity = capacity;
  }
  writer->labels[writer->count] = (int16_t)(writer->class_count ? label : -1);
  return LS_OK;
}

static ls_status write_chunk(ls_kevlar_writer *writer, ls_error *error) {
  const ls_geometry *geometry = &writer->geometry;
  hsize_t shape[4] = {writer->count + 1, (hsize_t)geometry->planes, (hsize_t)geometry->rows,
                      (hsize_t)geometry->columns};
  hsize_t offset[4] = {writer->count, 0, 0, 0};
  LS_TRY(reserve_more(writer, writer->stream.count, error));
  if (H5Dset_extent(writer->images, shape) < 0 ||
      H5Dwrite_chunk(writer->images, H5P_DEFAULT, 0, offset, writer->stream.count,
                     writer->stream.bytes) < 0) {
    char what[40];
    snprintf(what, sizeof what, "event %zu", writer->count);
    return write_failed(writer, what, error);
  }
  writer->count++;
  return LS_OK;
}

ls_status ls_kevlar_writer_append(ls_kevlar_writer *writer, const ls_pixels *planes, int label,
                                  ls_error *error) {
  LS_TRY(check_pixels(writer, planes, error));
  LS_TRY(keep_label(writer, label, error));
  LS_TRY(ls_sparse_deflate(planes, writer->geometry.planes,
                           (uint32_t)writer->geometry.rows * (uint32_t)writer->geometry.columns,
                           writer->value_type, &writer->stream, error));
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = write_chunk(writer, error);
  ls_hdf5_loud(reports);
  return status;
}

/* Rows with a 1 in the event's class. */
static int put_counts(const ls_kevlar_writer *writer, hid_t set) {
  size_t classes = (size_t)writer->class_count;
  int32_t *counts = calloc(writer->count * classes, sizeof *counts);
  if (!counts) return 0;
  for (size_t i = 0; i < writer->count; i++)
    if (writer->labels[i] >= 0) counts[i * classes + (size_t)writer->labels[i]] = 1;
  herr_t answer = H5Dwrite(set, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, counts);
  free(counts);
  return answer >= 0;
}

static ls_status write_labels(const ls_kevlar_writer *writer, ls_error *error) {
  if (!writer->class_count) return LS_OK;
  hsize_t shape[2] = {writer->count, (hsize_t)writer->class_count};
  hid_t group = create_group(writer->file, "/label"), set = -1;
  if (group >= 0) set = create_set(group, "type", H5T_STD_I32LE, 2, shape);
  int good = set >= 0 && put_counts(writer, set) && put_text(set, "index0", "particle_type");
  for (int k = 0; good && k < writer->class_count; k++) {
    char name[32];
    snprintf(name, sizeof name, "label_index%d", k);
    good = put_text(set, name, writer->class_names[k]);
  }
  if (good) good = H5Fflush(writer->file, H5F_SCOPE_LOCAL) >= 0; /* closing must not fail */
  ls_status status = good ? LS_OK : write_failed(writer, "the set of labels", error);
  if (!good) cut_off(writer);
  if (set >= 0) H5Dclose(set);
  if (group >= 0) H5Gclose(group);
  return status;
}

static int close_file(ls_kevlar_writer *writer) {
  int good = writer->images < 0 || H5Dclose(writer->images) >= 0;
  good &= writer->file < 0 || H5Fclose(writer->file) >= 0;
  writer->images = writer->file = -1;
  return good;
}

/* Gives back what was reserved too much. HDF5 opens the file again to say where it ends. */
static int trim(const ls_kevlar_writer *writer) {
  haddr_t end = 0;
  hid_t file = H5Fopen(writer->temporary, H5F_ACC_RDONLY, H5P_DEFAULT);
  int good = file >= 0 && H5Fget_eoa(file, &end) >= 0;
  if (file >= 0) H5Fclose(file);
  return good && !truncate(writer->temporary, (off_t)end);
}

static ls_status finish_file(ls_kevlar_writer *writer, ls_error *error) {
  if (!writer->count)
    return ls_fail(error, LS_FORMAT, "%s: %s: no event was written, so there is no file",
                   writer->path, writer->image_set);
  LS_TRY(
      reserve_more(writer, sizeof(int32_t) * writer->count * (size_t)writer->class_count, error));
  LS_TRY(write_labels(writer, error));
  if (H5Fflush(writer->file, H5F_SCOPE_LOCAL) < 0 || !close_file(writer) || !trim(writer))
    return write_failed(writer, "the end of the file", error);
  return LS_OK;
}

ls_status ls_kevlar_writer_finish(ls_kevlar_writer *writer, ls_error *error) {
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = finish_file(writer, error);
  ls_hdf5_loud(reports);
  if (status == LS_OK) {
    status = ls_output_rename(writer->temporary, writer->path, error);
    free(writer->temporary);
    writer->temporary = NULL;
  }
  ls_kevlar_writer_discard(writer);
  return status;
}

void ls_kevlar_writer_discard(ls_kevlar_writer *writer) {
  if (!writer) return;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  cut_off(writer); /* nothing of the file is wanted any more */
  close_file(writer);
  ls_hdf5_loud(reports);
  if (writer->temporary) unlink(writer->temporary);
  free(writer->path);
  free(writer->temporary);
  free(writer->labels);
  free(writer->stream.bytes);
  free(writer);
}
