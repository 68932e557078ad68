#include "weights/hdf5_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ls_hdf5_rank(hid_t location, const char *path) {
  if (!ls_hdf5_exists(location, path)) return -1;
  hid_t data;
  if (ls_hdf5_open_dataset(location, path, H5P_DEFAULT, &data, NULL) != LS_OK) return -1;
  hid_t space = H5Dget_space(data);
  int rank = H5Sget_simple_extent_ndims(space);
  H5Sclose(space);
  H5Dclose(data);
  return rank;
}

static ls_status bad_names(const char *attribute, const char *file, ls_error *error) {
  return ls_fail(error, LS_FORMAT, "%s: attribute %s is no list of names: not written by Keras",
                 file, attribute);
}

/* Copies count strings; variable ones are pointers, fixed ones lie one after the other and need no
 * end mark. */
static int copy_names(const char *raw, size_t size, int variable, ls_hdf5_names *names) {
  for (size_t i = 0; i < names->count; i++) {
    const char *text = raw + i * size;
    size_t most = size;
    if (variable) {
      memcpy(&text, raw + i * size, sizeof text);
      most = LS_HDF5_PATH;
    }
    size_t length = 0;
    while (text && length < most && text[length]) length++;
    if (!length || length >= LS_HDF5_PATH) return 0;
    memcpy(names->name[i], text, length);
    names->name[i][length] = 0;
  }
  return 1;
}

static ls_status read_strings(hid_t handle, hid_t type, hid_t space, const char *attribute,
                              const char *file, ls_hdf5_names *names, ls_error *error) {
  int variable = H5Tis_variable_str(type) > 0;
  size_t size = H5Tget_size(type);
  if (H5Tget_class(type) != H5T_STRING || !size || size > 1 << 16)
    return bad_names(attribute, file, error);
  char *raw = calloc(names->count, size);
  names->name = calloc(names->count, sizeof *names->name);
  if (!raw || !names->name) {
    free(raw);
    return ls_fail(error, LS_MEMORY, "%s: no memory for %zu names", file, names->count);
  }
  int good = H5Aread(handle, type, raw) >= 0;
  int copied = good && copy_names(raw, size, variable, names);
  if (good && variable) H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
  free(raw);
  return copied ? LS_OK : bad_names(attribute, file, error);
}

ls_status ls_hdf5_read_names(hid_t object, const char *attribute, const char *file,
                             ls_hdf5_names *names, ls_error *error) {
  *names = (ls_hdf5_names){0};
  hid_t handle = H5Aopen(object, attribute, H5P_DEFAULT);
  if (handle < 0)
    return ls_fail(error, LS_FORMAT, "%s: attribute %s is missing: not written by Keras", file,
                   attribute);
  hid_t space = H5Aget_space(handle), type = H5Aget_type(handle);
  hssize_t count = H5Sget_simple_extent_npoints(space);
  ls_status status = LS_OK;
  if (count < 0 || count > LS_HDF5_MOST_NAMES) status = bad_names(attribute, file, error);
  if (status == LS_OK && count > 0) {
    names->count = (size_t)count;
    status = read_strings(handle, type, space, attribute, file, names, error);
  }
  if (status != LS_OK) {
    free(names->name);
    *names = (ls_hdf5_names){0};
  }
  H5Tclose(type);
  H5Sclose(space);
  H5Aclose(handle);
  return status;
}
