#define _POSIX_C_SOURCE 200809L
#include "datasets/packed/packed.h"

#include "base/text.h"
#include "datasets/event_layout.h"
#include "datasets/packed/packed_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 256 };

int ls_packed_recognise(const char *path) {
  return ls_hdf5_has_group(path, "/packed");
}

ls_status ls_packed_find(packed_source *source, size_t event, ls_packed_row *row, ls_error *error) {
  const ls_source *base = &source->base;
  if (event >= base->count)
    return ls_fail(error, LS_INTERNAL, LS_PACKED_EVENT "the file has %zu events", base->path, event,
                   base->count);
  if (event < source->first_row || event - source->first_row >= source->row_count) {
    size_t first = event - event % LS_PACKED_ROWS_KEPT, count = base->count - first;
    if (count > LS_PACKED_ROWS_KEPT) count = LS_PACKED_ROWS_KEPT;
    source->row_count = 0;
    ls_status status = ls_hdf5_table_read(&source->index, first, count, source->rows, error);
    if (status != LS_OK) {
      ls_fail_within(error, status, "event %zu", event);
      return status;
    }
    source->first_row = first;
    source->row_count = count;
  }
  const ls_packed_row *found = &source->rows[event - source->first_row];
  int good = found->checksum == ls_packed_row_checksum(found) && found->event == event &&
             found->bytes <= source->record_bytes &&
             found->offset <= source->record_bytes - found->bytes && found->label >= -1 &&
             found->label < (base->has_labels ? base->class_count : 0);
  if (!good)
    return ls_fail(error, LS_FORMAT,
                   "%s: /packed/index: event %zu: damaged: the row's checksum or content is wrong; "
                   "fetch or make the file again",
                   base->path, event);
  *row = *found;
  return LS_OK;
}

static ls_status info(ls_source *base, size_t event, ls_event_info *out, ls_error *error) {
  packed_source *source = (packed_source *)base;
  const ls_geometry *g = &base->geometry;
  ls_packed_row row = {0};
  *out = (ls_event_info){.run = -1, .subrun = -1, .event = -1, .label = -1};
  LS_TRY(ls_packed_find(source, event, &row, error));
  *out = (ls_event_info){.run = row.run,
                         .subrun = row.subrun,
                         .event = row.number,
                         .label = (int)row.label,
                         .pdg = (int)row.pdg,
                         .stored_bytes = row.bytes + sizeof row,
                         .raw_bytes = sizeof(float) * (uint64_t)g->planes * (uint64_t)g->rows *
                                      (uint64_t)g->columns};
  return LS_OK;
}

static void close_source(ls_source *base) {
  packed_source *source = (packed_source *)base;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_hdf5_table_close(&source->index);
  ls_hdf5_reader_close(&source->reader);
  if (source->records >= 0) H5Dclose(source->records);
  if (source->file >= 0) H5Fclose(source->file);
  ls_hdf5_loud(reports);
  free(source->block);
  free(source->indices);
  free(source->values);
  free(base->path);
  free(source);
}

static const ls_source_functions functions = {
    .format = "packed", .info = info, .read = ls_packed_read, .close = close_source};

/* A whole number within least .. most, or text of TEXT bytes, from an attribute of /packed. */
static ls_status get_attribute(packed_source *source, hid_t group, const char *name,
                               H5T_class_t wanted, hid_t type, void *value, ls_error *error) {
  hid_t attribute = H5Aexists(group, name) > 0 ? H5Aopen(group, name, H5P_DEFAULT) : -1;
  hid_t stored = attribute >= 0 ? H5Aget_type(attribute) : -1;
  hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
  int good = stored >= 0 && space >= 0 && H5Tget_class(stored) == wanted &&
             H5Sget_simple_extent_npoints(space) == 1 &&
             (wanted != H5T_STRING || H5Tis_variable_str(stored) == 0) &&
             H5Aread(attribute, type, value) >= 0;
  if (space >= 0) H5Sclose(space);
  if (stored >= 0) H5Tclose(stored);
  if (attribute >= 0) H5Aclose(attribute);
  if (good) return LS_OK;
  return ls_fail(error, LS_FORMAT, "%s: /packed: its attribute %s is missing or damaged",
                 source->base.path, name);
}

static ls_status get_number(packed_source *source, hid_t group, const char *name, int least,
                            int most, int *value, ls_error *error) {
  *value = 0;
  LS_TRY(get_attribute(source, group, name, H5T_INTEGER, H5T_NATIVE_INT, value, error));
  if (*value >= least && *value <= most) return LS_OK;
  return ls_fail(error, LS_FORMAT, "%s: /packed: %s is %d; must be %d to %d", source->base.path,
                 name, *value, least, most);
}

static ls_status get_text(packed_source *source, hid_t group, const char *name, char text[TEXT],
                          ls_error *error) {
  hid_t type = H5Tcopy(H5T_C_S1);
  ls_status status =
      type < 0 || H5Tset_size(type, TEXT) < 0
          ? ls_fail(error, LS_MEMORY, "%s: no memory for an attribute", source->base.path)
          : get_attribute(source, group, name, H5T_STRING, type, text, error);
  if (type >= 0) H5Tclose(type);
  text[TEXT - 1] = 0;
  ls_text_make_printable(text);
  return status;
}

static ls_status read_classes(packed_source *source, hid_t group, ls_error *error) {
  ls_source *base = &source->base;
  LS_TRY(
      get_number(source, group, "classes", 0, LS_LAYOUT_MOST_CLASSES, &base->class_count, error));
  base->has_labels = base->class_count > 0;
  for (int k = 0; k < base->class_count; k++) {
    char name[32], text[TEXT];
    snprintf(name, sizeof name, "class%d", k);
    LS_TRY(get_text(source, group, name, text, error));
    snprintf(base->class_names[k], sizeof base->class_names[k], "%.*s", LS_LAYOUT_CLASS_NAME - 1,
             text);
  }
  return LS_OK;
}

/* The version is looked at before anything else. */
static ls_status read_facts(packed_source *source, hid_t group, const char *producer,
                            ls_error *error) {
  ls_source *base = &source->base;
  ls_geometry *g = &base->geometry;
  int version;
  char codec[TEXT], values[TEXT], image_set[TEXT];
  LS_TRY(
      get_number(source, group, "version", LS_PACKED_VERSION, LS_PACKED_VERSION, &version, error));
  LS_TRY(get_number(source, group, "planes", 1, LS_MAX_PLANES, &g->planes, error));
  LS_TRY(get_number(source, group, "ticks", 1, INT32_MAX, &g->rows, error));
  LS_TRY(get_number(source, group, "wires", 1, INT32_MAX, &g->columns, error));
  LS_TRY(get_text(source, group, "values", values, error));
  LS_TRY(get_text(source, group, "codec", codec, error));
  LS_TRY(get_text(source, group, "image_set", image_set, error));
  int whole = !strcmp(values, "int32");
  if ((uint64_t)g->rows * (uint64_t)g->columns > UINT32_MAX ||
      (!whole && strcmp(values, "float32") != 0))
    return ls_fail(error, LS_FORMAT, "%s: /packed: %s values of %d ticks x %d wires are not read",
                   base->path, values, g->rows, g->columns);
  base->value_type = whole ? LS_VALUE_INT32 : LS_VALUE_FLOAT32;
  if (producer && strcmp(producer, image_set) != 0)
    return ls_fail(error, LS_USAGE, "%s: has no images '%s'; it holds %s", base->path, producer,
                   image_set);
  if (strcmp(codec, ls_packed_codec_name()) != 0)
    return ls_fail(error, LS_UNAVAILABLE,
                   "%s: /packed: its events are compressed by %s; this build reads %s", base->path,
                   codec, ls_packed_codec_name());
  return read_classes(source, group, error);
}

static ls_status open_records(packed_source *source, ls_error *error) {
  static const char name[] = "/packed/records";
  hsize_t bytes = 0;
  ls_status status = ls_hdf5_open_dataset(source->file, name, H5P_DEFAULT, &source->records, error);
  if (status == LS_OK) status = ls_hdf5_reader_open(source->records, &source->reader, error);
  if (status != LS_OK) return ls_fail_within(error, status, "%s: %s", source->base.path, name);
  hid_t space = H5Dget_space(source->records), type = H5Dget_type(source->records);
  int good = space >= 0 && type >= 0 && H5Sget_simple_extent_ndims(space) == 1 &&
             H5Sget_simple_extent_dims(space, &bytes, NULL) == 1 &&
             H5Tget_class(type) == H5T_INTEGER && H5Tget_size(type) == 1;
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  if (!good)
    return ls_fail(error, LS_FORMAT, "%s: %s: is no list of bytes", source->base.path, name);
  source->record_bytes = bytes;
  return LS_OK;
}

static ls_status open_index(packed_source *source, ls_error *error) {
  ls_hdf5_column columns[LS_PACKED_COLUMNS];
  hid_t pixels;
  if (!ls_packed_columns(columns, &pixels))
    return ls_fail(error, LS_MEMORY, "%s: no memory for its index", source->base.path);
  ls_status status =
      ls_hdf5_table_open(source->file, source->base.path, "/packed/index", columns,
                         LS_PACKED_COLUMNS, sizeof(ls_packed_row), &source->index, error);
  H5Tclose(pixels);
  LS_TRY(status);
  source->base.count = source->index.rows;
  if (source->index.rows) return LS_OK;
  return ls_fail(error, LS_FORMAT, "%s: /packed/index: holds no events", source->base.path);
}

static ls_status open_parts(packed_source *source, const char *producer, ls_error *error) {
  LS_TRY(ls_hdf5_open(source->base.path, &source->file, error));
  hid_t group = H5Gopen2(source->file, "/packed", H5P_DEFAULT);
  if (group < 0)
    return ls_fail(error, LS_FORMAT, "%s: /packed: cannot be opened", source->base.path);
  ls_status status = read_facts(source, group, producer, error);
  H5Gclose(group);
  LS_TRY(status);
  LS_TRY(open_records(source, error));
  return open_index(source, error);
}

ls_status ls_packed_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error) {
  *source = NULL;
  packed_source *opened = calloc(1, sizeof *opened);
  if (opened) opened->base.path = strdup(path);
  if (!opened || !opened->base.path) {
    free(opened);
    return ls_fail(error, LS_MEMORY, "%s: no memory to open the file", path);
  }
  opened->base.functions = &functions;
  snprintf(opened->base.pixel_set, sizeof opened->base.pixel_set, "/packed/records");
  snprintf(opened->base.label_set, sizeof opened->base.label_set, "/packed/index");
  opened->file = opened->records = -1;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = open_parts(opened, producer, error);
  ls_hdf5_loud(reports);
  if (status != LS_OK) {
    close_source(&opened->base);
    return status;
  }
  *source = &opened->base;
  return LS_OK;
}
