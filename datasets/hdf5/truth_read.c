#include "datasets/hdf5/truth_read.h"

#include "base/text.h"
#include "datasets/hdf5/truth.h"
#include "hdf5/hdf5_read.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_WIDTH = 6, COLUMNS_TEXT = 256 };

typedef struct writing {
  const char *path;
  size_t event;
  char *text;
  size_t size, used;
  ls_error *error;
  ls_status status;
} writing;

__attribute__((format(printf, 2, 3))) static void add(writing *w, const char *format, ...) {
  va_list arguments;
  if (w->used + 1 >= w->size) return;
  va_start(arguments, format);
  int length = vsnprintf(w->text + w->used, w->size - w->used, format, arguments);
  va_end(arguments);
  if (length > 0) w->used += (size_t)length;
  if (w->used >= w->size) w->used = w->size - 1;
}

/* The attribute that says what the values are; empty if there is none. */
static void read_columns(hid_t set, char text[COLUMNS_TEXT]) {
  memset(text, 0, COLUMNS_TEXT);
  hid_t attribute = H5Aexists(set, "columns") > 0 ? H5Aopen(set, "columns", H5P_DEFAULT) : -1;
  hid_t type = H5Tcopy(H5T_C_S1), stored = attribute >= 0 ? H5Aget_type(attribute) : -1;
  if (stored >= 0 && type >= 0 && H5Tget_class(stored) == H5T_STRING &&
      H5Tis_variable_str(stored) == 0 && H5Tset_size(type, COLUMNS_TEXT) >= 0)
    H5Aread(attribute, type, text);
  text[COLUMNS_TEXT - 1] = 0;
  ls_text_make_printable(text);
  if (stored >= 0) H5Tclose(stored);
  if (type >= 0) H5Tclose(type);
  if (attribute >= 0) H5Aclose(attribute);
}

/* The event's row; *width 0: not to be shown. */
static ls_status read_row(hid_t set, size_t event, double values[SHOWN_WIDTH], int *width,
                          ls_error *error) {
  hsize_t shape[2] = {0, 0}, start[2] = {event, 0}, count[2] = {1, 1};
  hid_t space = H5Dget_space(set);
  int rank = space < 0 ? 0 : H5Sget_simple_extent_ndims(space);
  if (rank == 1 || rank == 2) H5Sget_simple_extent_dims(space, shape, NULL);
  if (space >= 0) H5Sclose(space);
  *width = rank == 2 ? (int)(shape[1] <= SHOWN_WIDTH ? shape[1] : 0) : rank == 1;
  if (!*width) return LS_OK;
  if (event >= shape[0])
    return ls_fail(error, LS_FORMAT, "has %llu rows, none for event %zu",
                   (unsigned long long)shape[0], event);
  count[1] = (hsize_t)*width;
  ls_hdf5_reader reader = {0};
  LS_TRY(ls_hdf5_reader_open(set, &reader, error));
  ls_status status = ls_hdf5_read(&reader, H5T_NATIVE_DOUBLE, start, count, values, error);
  ls_hdf5_reader_close(&reader);
  return status;
}

static void add_values(writing *w, const char *name, hid_t set, const double *values, int width) {
  char columns[COLUMNS_TEXT];
  int known = 0;
  for (int i = 0; i < width; i++) known |= !isnan(values[i]);
  if (!known) return;
  add(w, "%s%s", w->used ? ", " : "", name);
  for (int i = 0; i < width; i++) add(w, "%s%.5g", i ? ", " : " ", values[i]);
  read_columns(set, columns);
  if (columns[0]) add(w, " (%s)", columns);
}

static herr_t add_set(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  writing *w = context;
  H5O_info_t facts;
  (void)info;
  if (H5Oget_info_by_name(group, name, &facts, H5P_DEFAULT) < 0 || facts.type != H5O_TYPE_DATASET)
    return 0;
  hid_t set;
  double values[SHOWN_WIDTH] = {0};
  int width = 0;
  w->status = ls_hdf5_open_dataset(group, name, H5P_DEFAULT, &set, w->error);
  if (w->status == LS_OK) {
    hid_t type = H5Dget_type(set);
    H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
    if (type >= 0) H5Tclose(type);
    if (class == H5T_INTEGER || class == H5T_FLOAT)
      w->status = read_row(set, w->event, values, &width, w->error);
    if (w->status == LS_OK) add_values(w, name, set, values, width);
    H5Dclose(set);
  }
  if (w->status != LS_OK) ls_fail_within(w->error, w->status, "%s: /truth/%s", w->path, name);
  return w->status == LS_OK ? 0 : -1;
}

ls_status ls_truth_text(const char *path, size_t event, char *text, size_t size, ls_error *error) {
  writing w = {.path = path, .event = event, .text = text, .size = size, .error = error};
  hid_t file = -1;
  text[0] = 0;
  if (!ls_hdf5_has_group(path, "/truth")) return LS_OK;
  LS_TRY(ls_hdf5_open(path, &file, error));
  ls_hdf5_printing reports = ls_hdf5_quiet();
  hid_t group = H5Gopen2(file, "/truth", H5P_DEFAULT);
  hsize_t at = 0;
  herr_t answer = group < 0 ? -1 : H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &at, add_set, &w);
  if (group >= 0) H5Gclose(group);
  H5Fclose(file);
  ls_hdf5_loud(reports);
  if (answer < 0 && w.status == LS_OK)
    return ls_fail(error, LS_FORMAT, "%s: /truth: cannot be listed", path);
  return w.status;
}
