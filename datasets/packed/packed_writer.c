#include "datasets/packed/packed_writer.h"

#include "datasets/hdf5/output.h"
#include "datasets/hdf5/truth_rows.h"
#include "datasets/packed/packed_encode.h"
#include "datasets/pixel_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  RECORD_CHUNK = 256 << 10,
  ROW_CHUNK = 128,
  CHUNK_METADATA = 64, /* more than HDF5 keeps about a chunk */
  NAME = 64,
  MOST_ATTRIBUTES = 64
};
static const char set_name[] = "/packed/records";

struct ls_packed_writer {
  ls_hdf5_output output;
  char image_set[NAME];
  ls_geometry geometry;
  ls_value_type value_type;
  int class_count;
  char class_names[LS_LAYOUT_MOST_CLASSES][LS_LAYOUT_CLASS_NAME];
  hid_t records, index, row_type;
  size_t count;
  uint64_t record_bytes;
  ls_packed_encoder encoder;
  ls_truth_rows *truth;
};

/* A data set of one dimension that grows. */
static hid_t create_set(hid_t group, const char *name, hid_t type, hsize_t chunk) {
  const hsize_t none = 0, most = H5S_UNLIMITED;
  hid_t space = H5Screate_simple(1, &none, &most), creation = H5Pcreate(H5P_DATASET_CREATE);
  hid_t set = -1;
  if (space >= 0 && creation >= 0 && H5Pset_chunk(creation, 1, &chunk) >= 0 &&
      H5Pset_obj_track_times(creation, 0) >= 0) /* the same events are the same bytes */
    set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  if (creation >= 0) H5Pclose(creation);
  if (space >= 0) H5Sclose(space);
  return set;
}

/* The rows' type in the file: as in memory. */
static hid_t create_row_type(void) {
  ls_hdf5_column columns[LS_PACKED_COLUMNS];
  hid_t pixels, type = H5Tcreate(H5T_COMPOUND, sizeof(ls_packed_row));
  int good = ls_packed_columns(columns, &pixels) && type >= 0;
  for (int i = 0; good && i < LS_PACKED_COLUMNS; i++)
    good = H5Tinsert(type, columns[i].name, columns[i].offset, columns[i].type) >= 0;
  if (pixels >= 0) H5Tclose(pixels);
  if (good) return type;
  if (type >= 0) H5Tclose(type);
  return -1;
}

static int put_number(hid_t object, const char *name, int32_t value) {
  hid_t space = H5Screate(H5S_SCALAR), attribute = -1;
  if (space >= 0)
    attribute = H5Acreate2(object, name, H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT);
  int good = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT32, &value) >= 0;
  if (attribute >= 0 && H5Aclose(attribute) < 0) good = 0;
  if (space >= 0) H5Sclose(space);
  return good;
}

static int put_facts(const ls_packed_writer *writer, hid_t group) {
  const char *values = writer->value_type == LS_VALUE_INT32 ? "int32" : "float32";
  int good = put_number(group, "version", LS_PACKED_VERSION) &&
             put_number(group, "planes", writer->geometry.planes) &&
             put_number(group, "ticks", writer->geometry.rows) &&
             put_number(group, "wires", writer->geometry.columns) &&
             put_number(group, "classes", writer->class_count) &&
             ls_hdf5_put_text(group, "codec", ls_packed_codec_name()) &&
             ls_hdf5_put_text(group, "values", values) &&
             ls_hdf5_put_text(group, "image_set", writer->image_set);
  for (int k = 0; good && k < writer->class_count; k++) {
    char name[32];
    snprintf(name, sizeof name, "class%d", k);
    good = ls_hdf5_put_text(group, name, writer->class_names[k]);
  }
  return good;
}

static ls_status create_sets(ls_packed_writer *writer, ls_error *error) {
  hid_t creation = H5Pcreate(H5P_GROUP_CREATE), group = -1;
  /* The attributes stay in the group's header, which is small and has a checksum. */
  if (creation >= 0 && H5Pset_attr_phase_change(creation, MOST_ATTRIBUTES, 0) >= 0 &&
      H5Pset_obj_track_times(creation, 0) >= 0)
    group = H5Gcreate2(writer->output.file, "/packed", H5P_DEFAULT, creation, H5P_DEFAULT);
  if (creation >= 0) H5Pclose(creation);
  writer->row_type = create_row_type();
  int good = group >= 0 && writer->row_type >= 0 && put_facts(writer, group);
  if (good) writer->records = create_set(group, "records", H5T_STD_U8LE, RECORD_CHUNK);
  if (good) writer->index = create_set(group, "index", writer->row_type, ROW_CHUNK);
  if (group >= 0) H5Gclose(group);
  return good && writer->records >= 0 && writer->index >= 0
             ? LS_OK
             : ls_hdf5_output_failed(&writer->output, "the empty file", error);
}

ls_status ls_packed_writer_open(const char *path, const ls_event_layout *layout,
                                ls_packed_writer **writer, ls_error *error) {
  *writer = NULL;
  LS_TRY(ls_event_layout_check(path, layout, NAME - 1, UINT32_MAX, error));
  ls_packed_writer *opened = calloc(1, sizeof *opened);
  if (!opened) return ls_fail(error, LS_MEMORY, "%s: no memory for the writer", path);
  opened->output.file = opened->records = opened->index = opened->row_type = -1;
  opened->geometry = layout->geometry;
  opened->value_type = layout->value_type;
  opened->class_count = layout->class_count;
  snprintf(opened->image_set, sizeof opened->image_set, "%s", layout->image_set);
  for (int k = 0; k < layout->class_count; k++)
    snprintf(opened->class_names[k], LS_LAYOUT_CLASS_NAME, "%s", layout->class_names[k]);
  ls_status status = ls_truth_rows_new(path, layout->truth, layout->truth_count, layout->settings,
                                       &opened->truth, error);
  if (status == LS_OK) status = ls_hdf5_output_open(&opened->output, path, set_name, 1, error);
  if (status == LS_OK) {
    ls_hdf5_printing reports = ls_hdf5_quiet();
    status = create_sets(opened, error);
    ls_hdf5_loud(reports);
  }
  if (status == LS_OK)
    *writer = opened;
  else
    ls_packed_writer_discard(opened);
  return status;
}

/* count elements behind the first ones of a set. */
static int append(hid_t set, hid_t type, hsize_t first, hsize_t count, const void *elements) {
  hsize_t size = first + count;
  if (!count) return 1;
  hid_t space = -1, memory = H5Screate_simple(1, &count, NULL);
  int good = memory >= 0 && H5Dset_extent(set, &size) >= 0 && (space = H5Dget_space(set)) >= 0 &&
             H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, NULL, &count, NULL) >= 0 &&
             H5Dwrite(set, type, memory, space, H5P_DEFAULT, elements) >= 0;
  if (space >= 0) H5Sclose(space);
  if (memory >= 0) H5Sclose(memory);
  return good;
}

static ls_status write_event(ls_packed_writer *writer, const ls_packed_encoder *encoder,
                             const ls_packed_row *row, ls_error *error) {
  uint64_t chunks = row->bytes / RECORD_CHUNK + 2; /* whole chunks are given a place */
  LS_TRY(ls_hdf5_output_reserve(&writer->output,
                                chunks * (RECORD_CHUNK + CHUNK_METADATA) + ROW_CHUNK * sizeof *row,
                                writer->count, error));
  if (!append(writer->records, H5T_NATIVE_UINT8, writer->record_bytes, row->bytes,
              encoder->bytes) ||
      !append(writer->index, writer->row_type, writer->count, 1, row)) {
    char what[40];
    snprintf(what, sizeof what, "event %zu", writer->count);
    return ls_hdf5_output_failed(&writer->output, what, error);
  }
  writer->record_bytes += row->bytes;
  writer->count++;
  return LS_OK;
}

static ls_status check_label(const ls_packed_writer *writer, const ls_event_info *info,
                             ls_error *error) {
  if (info->label >= -1 && info->label < (writer->class_count ? writer->class_count : 1 << 30))
    return LS_OK;
  return ls_fail(error, LS_VALUE, LS_PACKED_EVENT "label %d is none of the file's %d classes",
                 writer->output.path, writer->count, info->label, writer->class_count);
}

ls_status ls_packed_writer_append_record(ls_packed_writer *writer, const ls_packed_encoder *encoder,
                                         const ls_packed_row *encoded, const ls_event_info *info,
                                         const double *truth, ls_error *error) {
  static const ls_event_info unknown = {.run = -1, .subrun = -1, .event = -1, .label = -1};
  if (!info) info = &unknown;
  if (encoder->event != writer->count || encoded->bytes != encoder->count)
    return ls_fail(error, LS_INTERNAL, LS_PACKED_EVENT "the record is event %zu's",
                   writer->output.path, writer->count, encoder->event);
  LS_TRY(check_label(writer, info, error));
  ls_packed_row row = {.event = writer->count,
                       .offset = writer->record_bytes,
                       .bytes = encoded->bytes,
                       .label = writer->class_count ? info->label : -1,
                       .pdg = info->pdg,
                       .run = info->run,
                       .subrun = info->subrun,
                       .number = info->event};
  memcpy(row.pixels, encoded->pixels, sizeof row.pixels);
  row.checksum = ls_packed_row_checksum(&row);
  LS_TRY(ls_truth_rows_add(writer->truth, truth, error));
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = write_event(writer, encoder, &row, error);
  ls_hdf5_loud(reports);
  return status;
}

ls_status ls_packed_writer_append(ls_packed_writer *writer, const ls_pixels *planes,
                                  const ls_event_info *info, const double *truth, ls_error *error) {
  ls_packed_row row;
  ls_status status = ls_pixels_check(planes, &writer->geometry, writer->value_type, error);
  if (status == LS_OK)
    status = ls_packed_encode(&writer->encoder, planes, writer->geometry.planes, writer->value_type,
                              writer->count, &row, error);
  if (status != LS_OK)
    return ls_fail_within(error, status, "%s: %s: event %zu", writer->output.path, set_name,
                          writer->count);
  return ls_packed_writer_append_record(writer, &writer->encoder, &row, info, truth, error);
}

static void close_sets(ls_packed_writer *writer) {
  if (writer->records >= 0) H5Dclose(writer->records);
  if (writer->index >= 0) H5Dclose(writer->index);
  if (writer->row_type >= 0) H5Tclose(writer->row_type);
  writer->records = writer->index = writer->row_type = -1;
}

static ls_status finish_sets(ls_packed_writer *writer, ls_error *error) {
  if (!writer->count)
    return ls_fail(error, LS_FORMAT, "%s: %s: no event was written, so there is no file",
                   writer->output.path, set_name);
  LS_TRY(ls_hdf5_output_reserve(&writer->output, ls_truth_rows_bytes(writer->truth), writer->count,
                                error));
  if (!ls_truth_rows_write(writer->truth, writer->output.file))
    return ls_hdf5_output_failed(&writer->output, "the truth", error);
  if (H5Fflush(writer->output.file, H5F_SCOPE_LOCAL) < 0) /* closing must not fail */
    return ls_hdf5_output_failed(&writer->output, "the end of the file", error);
  close_sets(writer);
  return LS_OK;
}

ls_status ls_packed_writer_finish(ls_packed_writer *writer, ls_error *error) {
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = finish_sets(writer, error);
  ls_hdf5_loud(reports);
  if (status == LS_OK) status = ls_hdf5_output_finish(&writer->output, error);
  ls_packed_writer_discard(writer);
  return status;
}

void ls_packed_writer_discard(ls_packed_writer *writer) {
  if (!writer) return;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  if (writer->records >= 0 || writer->index >= 0)
    ls_hdf5_output_cut_off(&writer->output); /* closing the sets writes */
  close_sets(writer);
  ls_hdf5_loud(reports);
  ls_hdf5_output_discard(&writer->output);
  ls_packed_encoder_destroy(&writer->encoder);
  ls_truth_rows_free(writer->truth);
  free(writer);
}
