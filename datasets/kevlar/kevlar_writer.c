#include "datasets/kevlar/kevlar_writer.h"

#include "datasets/hdf5/output.h"
#include "datasets/hdf5/truth_rows.h"
#include "datasets/kevlar/kevlar_internal.h"
#include "datasets/kevlar/sparse_deflate.h"
#include "datasets/pixel_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFLATE_LEVEL = 5 };
static const char kevlar_version[] = "v04_01_01"; /* the version whose layout this is */

struct ls_kevlar_writer {
  ls_hdf5_output output;
  char image_set[LS_KEVLAR_NAME];
  ls_geometry geometry;
  ls_value_type value_type;
  int class_count;
  char class_names[LS_LAYOUT_MOST_CLASSES][LS_LAYOUT_CLASS_NAME];
  hid_t images;
  size_t count, label_capacity;
  int16_t *labels;
  ls_deflate_buffer stream;
  ls_truth_rows *truth;
};

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
      H5Pset_obj_track_times(creation, 0) >= 0 && /* the same events are the same bytes */
      H5Pset_fill_value(creation, H5T_NATIVE_INT32, &zero) >= 0 &&
      H5Pset_deflate(creation, DEFLATE_LEVEL) >= 0)
    set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  if (creation >= 0) H5Pclose(creation);
  if (space >= 0) H5Sclose(space);
  return set;
}

static hid_t create_group(hid_t file, const char *name) {
  return ls_hdf5_output_group(file, name);
}

static int create_images(ls_kevlar_writer *writer) {
  const ls_geometry *geometry = &writer->geometry;
  hsize_t shape[4] = {0, (hsize_t)geometry->planes, (hsize_t)geometry->rows,
                      (hsize_t)geometry->columns};
  hid_t group = create_group(writer->output.file, "/image");
  if (group < 0) return 0;
  hid_t type = writer->value_type == LS_VALUE_INT32 ? H5T_STD_I32LE : H5T_IEEE_F32LE;
  writer->images = create_set(group, writer->image_set + strlen("/image/"), type, 4, shape);
  H5Gclose(group);
  return writer->images >= 0 && ls_hdf5_put_text(writer->images, "index0", "eventN") &&
         ls_hdf5_put_text(writer->images, "index1", "planeN") &&
         ls_hdf5_put_text(writer->images, "index2", "timeT") &&
         ls_hdf5_put_text(writer->images, "index3", "wireN");
}

static ls_status create_sets(ls_kevlar_writer *writer, ls_error *error) {
  if (!ls_hdf5_put_text(writer->output.file, "kevlar_version", kevlar_version) ||
      !create_images(writer))
    return ls_hdf5_output_failed(&writer->output, "the empty image set", error);
  return LS_OK;
}

ls_status ls_kevlar_writer_open(const char *path, const ls_event_layout *layout,
                                ls_kevlar_writer **writer, ls_error *error) {
  *writer = NULL;
  int planes = layout->geometry.planes; /* 0 and less: the check says so */
  uint64_t most_pixels = UINT32_MAX / sizeof(int32_t) / (unsigned)(planes > 0 ? planes : 1);
  LS_TRY(ls_event_layout_check(path, layout, LS_KEVLAR_NAME - 8, most_pixels, error));
  ls_kevlar_writer *opened = calloc(1, sizeof *opened);
  if (!opened) return ls_fail(error, LS_MEMORY, "%s: no memory for the writer", path);
  opened->images = opened->output.file = -1;
  opened->geometry = layout->geometry;
  opened->value_type = layout->value_type;
  opened->class_count = layout->class_count;
  snprintf(opened->image_set, sizeof opened->image_set, "/image/%s", layout->image_set);
  for (int k = 0; k < layout->class_count; k++)
    snprintf(opened->class_names[k], LS_LAYOUT_CLASS_NAME, "%s", layout->class_names[k]);
  ls_status status = ls_truth_rows_new(path, layout->truth, layout->truth_count, layout->settings,
                                       &opened->truth, error);
  if (status == LS_OK)
    status = ls_hdf5_output_open(&opened->output, path, opened->image_set, 0, error);
  if (status == LS_OK) {
    ls_hdf5_printing reports = ls_hdf5_quiet();
    status = create_sets(opened, error);
    ls_hdf5_loud(reports);
  }
  if (status == LS_OK)
    *writer = opened;
  else
    ls_kevlar_writer_discard(opened);
  return status;
}

static ls_status keep_label(ls_kevlar_writer *writer, int label, ls_error *error) {
  if (label < -1 || label >= (writer->class_count ? writer->class_count : 1 << 30))
    return ls_fail(error, LS_VALUE, LS_KEVLAR_EVENT "label %d is none of the file's %d classes",
                   writer->output.path, writer->image_set, writer->count, label,
                   writer->class_count);
  if (writer->count == writer->label_capacity) {
    size_t capacity = 2 * writer->label_capacity + 1024;
    int16_t *grown = realloc(writer->labels, capacity * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "%s: no memory for labels", writer->output.path);
    writer->labels = grown;
    writer->label_capacity = capacity;
  }
  writer->labels[writer->count] = (int16_t)(writer->class_count ? label : -1);
  return LS_OK;
}

static ls_status write_chunk(ls_kevlar_writer *writer, const ls_deflate_buffer *stream,
                             ls_error *error) {
  const ls_geometry *geometry = &writer->geometry;
  hsize_t shape[4] = {writer->count + 1, (hsize_t)geometry->planes, (hsize_t)geometry->rows,
                      (hsize_t)geometry->columns};
  hsize_t offset[4] = {writer->count, 0, 0, 0};
  LS_TRY(ls_hdf5_output_reserve(&writer->output, stream->count, writer->count, error));
  if (H5Dset_extent(writer->images, shape) < 0 ||
      H5Dwrite_chunk(writer->images, H5P_DEFAULT, 0, offset, stream->count, stream->bytes) < 0) {
    char what[40];
    snprintf(what, sizeof what, "event %zu", writer->count);
    return ls_hdf5_output_failed(&writer->output, what, error);
  }
  writer->count++;
  return LS_OK;
}

ls_status ls_kevlar_writer_append(ls_kevlar_writer *writer, const ls_pixels *planes, int label,
                                  ls_error *error) {
  return ls_kevlar_writer_append_truth(writer, planes, label, NULL, error);
}

ls_status ls_kevlar_writer_append_truth(ls_kevlar_writer *writer, const ls_pixels *planes,
                                        int label, const double *truth, ls_error *error) {
  ls_status status = ls_pixels_check(planes, &writer->geometry, writer->value_type, error);
  if (status != LS_OK)
    return ls_fail_within(error, status, "%s: %s: event %zu", writer->output.path,
                          writer->image_set, writer->count);
  LS_TRY(ls_sparse_deflate(planes, writer->geometry.planes,
                           (uint32_t)writer->geometry.rows * (uint32_t)writer->geometry.columns,
                           writer->value_type, &writer->stream, error));
  return ls_kevlar_writer_append_stream(writer, &writer->stream, label, truth, error);
}

ls_status ls_kevlar_writer_append_stream(ls_kevlar_writer *writer, const ls_deflate_buffer *stream,
                                         int label, const double *truth, ls_error *error) {
  LS_TRY(keep_label(writer, label, error));
  LS_TRY(ls_truth_rows_add(writer->truth, truth, error));
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = write_chunk(writer, stream, error);
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
  hid_t group = create_group(writer->output.file, "/label"), set = -1;
  if (group >= 0) set = create_set(group, "type", H5T_STD_I32LE, 2, shape);
  int good =
      set >= 0 && put_counts(writer, set) && ls_hdf5_put_text(set, "index0", "particle_type");
  for (int k = 0; good && k < writer->class_count; k++) {
    char name[32];
    snprintf(name, sizeof name, "label_index%d", k);
    good = ls_hdf5_put_text(set, name, writer->class_names[k]);
  }
  if (good) good = H5Fflush(writer->output.file, H5F_SCOPE_LOCAL) >= 0; /* closing must not fail */
  ls_status status =
      good ? LS_OK : ls_hdf5_output_failed(&writer->output, "the set of labels", error);
  if (!good) ls_hdf5_output_cut_off(&writer->output);
  if (set >= 0) H5Dclose(set);
  if (group >= 0) H5Gclose(group);
  return status;
}

static ls_status finish_sets(ls_kevlar_writer *writer, ls_error *error) {
  if (!writer->count)
    return ls_fail(error, LS_FORMAT, "%s: %s: no event was written, so there is no file",
                   writer->output.path, writer->image_set);
  uint64_t bytes = sizeof(int32_t) * writer->count * (size_t)writer->class_count +
                   ls_truth_rows_bytes(writer->truth);
  LS_TRY(ls_hdf5_output_reserve(&writer->output, bytes, writer->count, error));
  LS_TRY(write_labels(writer, error));
  if (!ls_truth_rows_write(writer->truth, writer->output.file))
    return ls_hdf5_output_failed(&writer->output, "the truth", error);
  if (H5Fflush(writer->output.file, H5F_SCOPE_LOCAL) < 0)
    return ls_hdf5_output_failed(&writer->output, "the end of the file", error);
  H5Dclose(writer->images);
  writer->images = -1;
  return LS_OK;
}

ls_status ls_kevlar_writer_finish(ls_kevlar_writer *writer, ls_error *error) {
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = finish_sets(writer, error);
  ls_hdf5_loud(reports);
  if (status == LS_OK) status = ls_hdf5_output_finish(&writer->output, error);
  ls_kevlar_writer_discard(writer);
  return status;
}

void ls_kevlar_writer_discard(ls_kevlar_writer *writer) {
  if (!writer) return;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  if (writer->images >= 0) {
    ls_hdf5_output_cut_off(&writer->output); /* closing the set writes */
    H5Dclose(writer->images);
  }
  ls_hdf5_loud(reports);
  ls_hdf5_output_discard(&writer->output);
  ls_truth_rows_free(writer->truth);
  free(writer->labels);
  free(writer->stream.bytes);
  free(writer);
}
