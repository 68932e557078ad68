#define _POSIX_C_SOURCE 200809L
#include "datasets/hdf5/truth_rows.h"

#include "datasets/hdf5/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_EVENTS = 1024, COLUMNS_TEXT = 200, HEADER_BYTES = 4096 };

typedef struct column {
  char name[LS_TRUTH_NAME], columns[COLUMNS_TEXT];
  int width;
} column;

struct ls_truth_rows {
  int count, width; /* columns, and the sum of their widths */
  column columns[LS_TRUTH_MOST_COLUMNS];
  size_t events, capacity;
  double *values; /* [events][width] */
  char *settings;
};

static ls_status check_columns(const char *path, const ls_truth_column *columns, int count,
                               ls_error *error) {
  if (count < 0 || count > LS_TRUTH_MOST_COLUMNS)
    return ls_fail(error, LS_MISMATCH, "%s: /truth: %d data sets; at most %d are written", path,
                   count, LS_TRUTH_MOST_COLUMNS);
  for (int i = 0; i < count; i++) {
    size_t length = strlen(columns[i].name);
    if (!length || length >= LS_TRUTH_NAME || strchr(columns[i].name, '/') ||
        columns[i].width < 1 || columns[i].width > LS_TRUTH_MOST_WIDTH)
      return ls_fail(error, LS_MISMATCH, "%s: /truth/%s: %d values an event cannot be written",
                     path, columns[i].name, columns[i].width);
  }
  return LS_OK;
}

ls_status ls_truth_rows_new(const char *path, const ls_truth_column *columns, int count,
                            const char *settings, ls_truth_rows **rows, ls_error *error) {
  *rows = NULL;
  LS_TRY(check_columns(path, columns, count, error));
  if (!count) return LS_OK;
  ls_truth_rows *made = calloc(1, sizeof *made);
  if (made && settings) made->settings = strdup(settings);
  if (!made || (settings && !made->settings)) {
    free(made);
    return ls_fail(error, LS_MEMORY, "%s: no memory for the truth", path);
  }
  made->count = count;
  for (int i = 0; i < count; i++) {
    snprintf(made->columns[i].name, LS_TRUTH_NAME, "%s", columns[i].name);
    snprintf(made->columns[i].columns, COLUMNS_TEXT, "%s", columns[i].columns);
    made->columns[i].width = columns[i].width;
    made->width += columns[i].width;
  }
  *rows = made;
  return LS_OK;
}

ls_status ls_truth_rows_add(ls_truth_rows *rows, const double *values, ls_error *error) {
  if (!rows) return LS_OK;
  size_t width = (size_t)rows->width;
  if (rows->events == rows->capacity) {
    size_t capacity = 2 * rows->capacity + CHUNK_EVENTS;
    double *grown = realloc(rows->values, capacity * width * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "no memory for the truth of %zu events", capacity);
    rows->values = grown;
    rows->capacity = capacity;
  }
  double *row = rows->values + rows->events++ * width;
  for (size_t i = 0; i < width; i++) row[i] = values ? values[i] : NAN;
  return LS_OK;
}

size_t ls_truth_rows_bytes(const ls_truth_rows *rows) {
  if (!rows) return 0;
  return (rows->events + CHUNK_EVENTS) * (size_t)rows->width * sizeof *rows->values +
         (size_t)rows->count * HEADER_BYTES + (rows->settings ? strlen(rows->settings) : 0);
}

/* Chunked, with Fletcher's checksum. */
static hid_t create_set(hid_t group, const char *name, const hsize_t shape[2]) {
  hsize_t chunk[2] = {shape[0] < CHUNK_EVENTS ? shape[0] : CHUNK_EVENTS, shape[1]};
  hid_t space = H5Screate_simple(2, shape, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
  hid_t set = -1;
  if (space >= 0 && creation >= 0 && H5Pset_chunk(creation, 2, chunk) >= 0 &&
      H5Pset_fletcher32(creation) >= 0 && H5Pset_obj_track_times(creation, 0) >= 0)
    set = H5Dcreate2(group, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  if (creation >= 0) H5Pclose(creation);
  if (space >= 0) H5Sclose(space);
  return set;
}

/* Columns from, from + 1, .. of the rows. */
static int write_column(const ls_truth_rows *rows, hid_t group, const column *c, size_t from) {
  hsize_t shape[2] = {rows->events, (hsize_t)c->width};
  hsize_t all[2] = {rows->events, (hsize_t)rows->width}, start[2] = {0, from};
  hid_t memory = H5Screate_simple(2, all, NULL), set = create_set(group, c->name, shape);
  int good = set >= 0 && memory >= 0 &&
             H5Sselect_hyperslab(memory, H5S_SELECT_SET, start, NULL, shape, NULL) >= 0 &&
             H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, H5S_ALL, H5P_DEFAULT, rows->values) >= 0 &&
             ls_hdf5_put_text(set, "columns", c->columns) && H5Dflush(set) >= 0;
  if (set >= 0) H5Dclose(set);
  if (memory >= 0) H5Sclose(memory);
  return good;
}

/* Of the text's own length. */
static int write_settings(hid_t group, const char *settings) {
  if (!settings) return 1;
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute = -1;
  if (type >= 0 && space >= 0 && H5Tset_size(type, strlen(settings) + 1) >= 0)
    attribute = H5Acreate2(group, LS_TRUTH_SETTINGS, type, space, H5P_DEFAULT, H5P_DEFAULT);
  int good = attribute >= 0 && H5Awrite(attribute, type, settings) >= 0;
  if (attribute >= 0 && H5Aclose(attribute) < 0) good = 0;
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return good;
}

int ls_truth_rows_write(const ls_truth_rows *rows, hid_t file) {
  if (!rows || !rows->events) return 1;
  hid_t group = ls_hdf5_output_group(file, "/truth");
  int good = group >= 0 && write_settings(group, rows->settings);
  size_t from = 0;
  for (int i = 0; good && i < rows->count; i++) {
    good = write_column(rows, group, &rows->columns[i], from);
    from += (size_t)rows->columns[i].width;
  }
  if (group >= 0) H5Gclose(group);
  return good;
}

void ls_truth_rows_free(ls_truth_rows *rows) {
  if (!rows) return;
  free(rows->values);
  free(rows->settings);
  free(rows);
}
