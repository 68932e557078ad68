#define _POSIX_C_SOURCE 200809L
#include "datasets/hdf5/truth_read.h"

#include "base/text.h"
#include "hdf5/hdf5_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_TEXT = 256 };

typedef struct truth_set {
  char name[LS_TRUTH_NAME], columns[COLUMNS_TEXT];
  int rank;
  hid_t set;
  ls_hdf5_reader reader;
} truth_set;

struct ls_truth {
  char *path;
  hid_t file;
  size_t events;
  int count;
  truth_set of[LS_TRUTH_MOST_COLUMNS];
  ls_truth_column columns[LS_TRUTH_MOST_COLUMNS];
};

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

/* *width 0: no numbers, or too many of them. */
static void look_at(hid_t set, hsize_t *rows, int *rank, int *width) {
  hsize_t shape[2] = {0, 1};
  hid_t space = H5Dget_space(set), type = H5Dget_type(set);
  H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
  *rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : 0;
  *width = 0;
  if ((*rank == 1 || *rank == 2) && (class == H5T_INTEGER || class == H5T_FLOAT)) {
    H5Sget_simple_extent_dims(space, shape, NULL);
    if (shape[1] >= 1 && shape[1] <= LS_TRUTH_MOST_WIDTH) *width = (int)shape[1];
  }
  *rows = shape[0];
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
}

static ls_status open_set(ls_truth *truth, hid_t group, const char *name, ls_error *error) {
  truth_set *of = &truth->of[truth->count];
  ls_truth_column *column = &truth->columns[truth->count];
  hsize_t rows = 0;
  *of = (truth_set){.set = -1};
  LS_TRY(ls_hdf5_open_dataset(group, name, H5P_DEFAULT, &of->set, error));
  look_at(of->set, &rows, &of->rank, &column->width);
  if (!column->width) { /* passed over */
    H5Dclose(of->set);
    return LS_OK;
  }
  truth->count++;
  if (rows != truth->events)
    return ls_fail(error, LS_FORMAT, "has rows of %llu events, but there are %zu",
                   (unsigned long long)rows, truth->events);
  snprintf(of->name, sizeof of->name, "%s", name);
  read_columns(of->set, of->columns);
  column->name = of->name;
  column->columns = of->columns;
  return ls_hdf5_reader_open(of->set, &of->reader, error);
}

typedef struct opening {
  ls_truth *truth;
  ls_status status;
  ls_error *error;
} opening;

static herr_t take_set(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  opening *o = context;
  H5O_info_t facts;
  (void)info;
  if (o->truth->count == LS_TRUTH_MOST_COLUMNS || strlen(name) >= LS_TRUTH_NAME) return 0;
  if (H5Oget_info_by_name(group, name, &facts, H5P_DEFAULT) < 0 || facts.type != H5O_TYPE_DATASET)
    return 0;
  o->status = open_set(o->truth, group, name, o->error);
  if (o->status == LS_OK) return 0;
  ls_fail_within(o->error, o->status, "%s: /truth/%s", o->truth->path, name);
  return -1;
}

static ls_status open_sets(ls_truth *truth, ls_error *error) {
  LS_TRY(ls_hdf5_open(truth->path, &truth->file, error));
  hid_t group = H5Gopen2(truth->file, "/truth", H5P_DEFAULT);
  hsize_t at = 0;
  opening o = {truth, LS_OK, error};
  herr_t answer = group < 0 ? -1 : H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &at, take_set, &o);
  if (group >= 0) H5Gclose(group);
  if (answer >= 0 || o.status != LS_OK) return o.status;
  return ls_fail(error, LS_FORMAT, "%s: /truth: cannot be listed", truth->path);
}

ls_status ls_truth_open(const char *path, size_t events, ls_truth **truth, ls_error *error) {
  *truth = NULL;
  if (!ls_hdf5_has_group(path, "/truth")) return LS_OK;
  ls_truth *made = calloc(1, sizeof *made);
  if (made) made->path = strdup(path);
  if (!made || !made->path) {
    free(made);
    return ls_fail(error, LS_MEMORY, "%s: no memory for the truth", path);
  }
  made->file = -1;
  made->events = events;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = open_sets(made, error);
  ls_hdf5_loud(reports);
  if (status == LS_OK)
    *truth = made;
  else
    ls_truth_close(made);
  return status;
}

void ls_truth_close(ls_truth *truth) {
  if (!truth) return;
  ls_hdf5_printing reports = ls_hdf5_quiet();
  for (int i = 0; i < truth->count; i++) {
    ls_hdf5_reader_close(&truth->of[i].reader);
    if (truth->of[i].set >= 0) H5Dclose(truth->of[i].set);
  }
  if (truth->file >= 0) H5Fclose(truth->file);
  ls_hdf5_loud(reports);
  free(truth->path);
  free(truth);
}

const ls_truth_column *ls_truth_columns(const ls_truth *truth, int *count) {
  *count = truth ? truth->count : 0;
  return truth ? truth->columns : NULL;
}

ls_status ls_truth_row(ls_truth *truth, size_t event, double *values, ls_error *error) {
  for (int i = 0; i < truth->count; i++) {
    truth_set *of = &truth->of[i];
    const hsize_t start[2] = {event, 0}, count[2] = {1, (hsize_t)truth->columns[i].width};
    ls_status status = event < truth->events ? ls_hdf5_read(&of->reader, H5T_NATIVE_DOUBLE, start,
                                                            count, values, error)
                                             : ls_fail(error, LS_INTERNAL, "there is no such row");
    if (status != LS_OK) {
      ls_fail_within(error, status, "%s: /truth/%s: event %zu", truth->path, of->name, event);
      return status;
    }
    values += truth->columns[i].width;
  }
  return LS_OK;
}
