/* /label/type: how many particles of each kind an event holds. */
#include "base/text.h"
#include "datasets/kevlar/kevlar_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 16, ROWS_AT_ONCE = 4096, LONGEST_TEXT = 1 << 16 };
static const char set[] = "/label/type";

static ls_status bad_labels(const kevlar_source *source, const char *what, ls_error *error) {
  char reason[256];
  ls_hdf5_reason(reason, sizeof reason);
  return ls_fail(error, LS_FORMAT, "%s: %s: %s: %s", source->base.path, set, what, reason);
}

/* The text of a string attribute, of fixed or variable length, cut to size. */
static int read_text(hid_t attribute, char *text, size_t size) {
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  int good = type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING &&
             H5Sget_simple_extent_npoints(space) == 1;
  if (good && H5Tis_variable_str(type) > 0) {
    char *given = NULL;
    good = H5Aread(attribute, type, &given) >= 0 && given;
    if (good) snprintf(text, size, "%s", given);
    if (given) H5free_memory(given);
  } else if (good) {
    size_t bytes = H5Tget_size(type);
    char *fixed = bytes && bytes <= LONGEST_TEXT ? calloc(bytes + 1, 1) : NULL;
    good = fixed && H5Aread(attribute, type, fixed) >= 0;
    if (good) snprintf(text, size, "%s", fixed);
    free(fixed);
  }
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  return good;
}

static ls_status read_names(kevlar_source *source, hid_t labels, ls_error *error) {
  for (int k = 0; k < source->base.class_count; k++) {
    char attribute[32], *name = source->base.class_names[k];
    snprintf(attribute, sizeof attribute, "label_index%d", k);
    snprintf(name, sizeof source->base.class_names[k], "class %d", k);
    if (H5Aexists(labels, attribute) <= 0) continue;
    hid_t open = H5Aopen(labels, attribute, H5P_DEFAULT);
    int good = open >= 0 && read_text(open, name, sizeof source->base.class_names[k]);
    if (open >= 0) H5Aclose(open);
    ls_text_make_printable(name);
    if (!good)
      return ls_fail(error, LS_FORMAT, "%s: %s: attribute %s is not a string", source->base.path,
                     set, attribute);
  }
  return LS_OK;
}

/* The class of a row of counts: the largest count's, the first of equals, -1 if all are zero. */
static int row_label(const int *counts, int classes) {
  int best = 0;
  for (int k = 0; k < classes; k++) {
    if (counts[k] < 0) return -2;
    if (counts[k] > counts[best]) best = k;
  }
  return counts[best] ? best : -1;
}

static ls_status read_rows(kevlar_source *source, ls_hdf5_reader *reader, int *counts,
                           ls_error *error) {
  const hsize_t classes = (hsize_t)source->base.class_count;
  for (hsize_t first = 0; first < source->base.count; first += ROWS_AT_ONCE) {
    hsize_t start[2] = {first, 0}, size[2] = {source->base.count - first, classes};
    if (size[0] > ROWS_AT_ONCE) size[0] = ROWS_AT_ONCE;
    ls_status status = ls_hdf5_read(reader, H5T_NATIVE_INT, start, size, counts, error);
    if (status != LS_OK)
      return ls_fail_within(error, status, "%s: %s: events from %llu on", source->base.path, set,
                            (unsigned long long)first);
    for (hsize_t i = 0; i < size[0]; i++) {
      int label = row_label(counts + i * classes, (int)classes);
      if (label < -1)
        return ls_fail(error, LS_FORMAT, "%s: %s: event %llu: has a negative count of particles",
                       source->base.path, set, (unsigned long long)(first + i));
      source->labels[first + i] = (int16_t)label;
    }
  }
  return LS_OK;
}

static ls_status check_labels(kevlar_source *source, hid_t labels, hid_t space, ls_error *error) {
  hid_t type = H5Dget_type(labels);
  int integers = type >= 0 && H5Tget_class(type) == H5T_INTEGER;
  if (type >= 0) H5Tclose(type);
  if (!integers)
    return ls_fail(error, LS_FORMAT, "%s: %s: its values are not integers", source->base.path, set);
  hsize_t shape[2] = {0, 0};
  int rank = H5Sget_simple_extent_ndims(space);
  if (rank == 2) H5Sget_simple_extent_dims(space, shape, NULL);
  if (rank != 2 || shape[1] < 1 || shape[1] > MOST_CLASSES)
    return ls_fail(error, LS_FORMAT,
                   "%s: %s: %d dimensions, %llu classes; must be [events, 1 to %d classes]",
                   source->base.path, set, rank, (unsigned long long)shape[1], MOST_CLASSES);
  if (shape[0] != source->base.count)
    return ls_fail(error, LS_FORMAT, "%s: %s has labels of %llu events, but %s holds %zu",
                   source->base.path, set, (unsigned long long)shape[0], source->image_set,
                   source->base.count);
  source->base.class_count = (int)shape[1];
  return LS_OK;
}

static ls_status read_set(kevlar_source *source, hid_t labels, hid_t space, ls_error *error) {
  LS_TRY(check_labels(source, labels, space, error));
  LS_TRY(read_names(source, labels, error));
  source->labels = malloc(source->base.count * sizeof *source->labels);
  int *counts = malloc(ROWS_AT_ONCE * sizeof *counts * (size_t)source->base.class_count);
  ls_hdf5_reader reader;
  ls_status status = ls_hdf5_reader_open(labels, &reader, error);
  if (status != LS_OK)
    ls_fail_within(error, status, "%s: %s", source->base.path, set);
  else
    status = source->labels && counts
                 ? read_rows(source, &reader, counts, error)
                 : ls_fail(error, LS_MEMORY, "%s: no memory for its labels", source->base.path);
  ls_hdf5_reader_close(&reader);
  free(counts);
  source->base.has_labels = status == LS_OK;
  return status;
}

ls_status ls_kevlar_read_labels(kevlar_source *source, ls_error *error) {
  if (H5Lexists(source->file, "label", H5P_DEFAULT) <= 0 ||
      H5Lexists(source->file, set, H5P_DEFAULT) <= 0)
    return LS_OK; /* a file without labels */
  hid_t labels;
  ls_status status = ls_hdf5_open_dataset(source->file, set, H5P_DEFAULT, &labels, error);
  if (status != LS_OK) return ls_fail_within(error, status, "%s: %s", source->base.path, set);
  hid_t space = H5Dget_space(labels);
  status = space < 0 ? bad_labels(source, "has no shape", error)
                     : read_set(source, labels, space, error);
  if (space >= 0) H5Sclose(space);
  H5Dclose(labels);
  return status;
}
