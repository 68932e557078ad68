#include "datasets/hdf5/truth_settings.h"

#include "datasets/hdf5/truth.h"
#include "hdf5/hdf5_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int same_text(hid_t attribute, const char *settings) {
  hid_t type = H5Aget_type(attribute);
  size_t size = H5Tget_size(type), wanted = strlen(settings) + 1;
  int same = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 && size == wanted;
  char *text = same ? malloc(size) : NULL;
  same = text && H5Aread(attribute, type, text) >= 0 && !memcmp(text, settings, size);
  free(text);
  H5Tclose(type);
  return same;
}

static int has_settings(hid_t file, const char *settings) {
  if (!ls_hdf5_exists(file, "/truth")) return 0;
  hid_t attribute = H5Aopen_by_name(file, "/truth", LS_TRUTH_SETTINGS, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0) return 0;
  int same = same_text(attribute, settings);
  H5Aclose(attribute);
  return same;
}

static int has_events(hid_t file, const char *name, size_t events) {
  char path[64];
  hid_t set;
  snprintf(path, sizeof path, "/truth/%s", name);
  if (!ls_hdf5_exists(file, path) ||
      ls_hdf5_open_dataset(file, path, H5P_DEFAULT, &set, NULL) != LS_OK)
    return 0;
  hid_t space = H5Dget_space(set);
  hsize_t shape[2] = {0};
  int same = H5Sget_simple_extent_ndims(space) == 2 &&
             H5Sget_simple_extent_dims(space, shape, NULL) == 2 && shape[0] == events;
  H5Sclose(space);
  H5Dclose(set);
  return same;
}

int ls_truth_settings_match(const char *path, const char *settings, const char *name,
                            size_t events) {
  hid_t file;
  if (ls_hdf5_open(path, &file, NULL) != LS_OK) return 0;
  ls_hdf5_printing before = ls_hdf5_quiet();
  int match = has_settings(file, settings) && has_events(file, name, events);
  H5Fclose(file);
  ls_hdf5_loud(before);
  return match;
}
