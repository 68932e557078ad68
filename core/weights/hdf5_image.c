#include "weights/hdf5_image.h"

#include "base/output_file.h"
#include "hdf5/hdf5_file.h"

#include <stdlib.h>

int ls_hdf5_write_floats(hid_t file, const char *path, int rank, const hsize_t *shape, hid_t type,
                         const void *values) {
  hid_t space = rank ? H5Screate_simple(rank, shape, NULL) : H5Screate(H5S_SCALAR);
  hid_t links = H5Pcreate(H5P_LINK_CREATE), creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  H5Pset_obj_track_times(creation, 0); /* the same content, the same bytes */
  hid_t data = H5Dcreate2(file, path, type, space, links, creation, H5P_DEFAULT);
  int failed = data < 0 || H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0;
  if (data >= 0) H5Dclose(data);
  H5Pclose(creation);
  H5Pclose(links);
  H5Sclose(space);
  return failed ? -1 : 0;
}

/* *bytes is NULL on failure. */
static void build_image(ls_hdf5_fill *fill, const void *context, void **bytes, size_t *size) {
  *bytes = NULL;
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, 1 << 20, 0); /* 0: nothing goes to disk; no file of this name is made */
  hid_t file = H5Fcreate("image", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  if (file < 0) return;
  if (fill(file, context) >= 0 && H5Fflush(file, H5F_SCOPE_LOCAL) >= 0) {
    ssize_t length = H5Fget_file_image(file, NULL, 0);
    if (length > 0 && (*bytes = malloc((size_t)length))) {
      *size = (size_t)length;
      if (H5Fget_file_image(file, *bytes, *size) != length) {
        free(*bytes);
        *bytes = NULL;
      }
    }
  }
  H5Fclose(file);
}

ls_status ls_hdf5_write_file(const char *path, ls_hdf5_fill *fill, const void *context,
                             ls_error *error) {
  void *bytes;
  size_t size = 0;
  ls_hdf5_printing before = ls_hdf5_quiet();
  build_image(fill, context, &bytes, &size);
  ls_hdf5_loud(before);
  if (!bytes) return ls_fail(error, LS_MEMORY, "%s: no memory to build an HDF5 file", path);
  ls_output_file file;
  ls_status status = ls_output_open(&file, path, error);
  if (status == LS_OK) {
    ls_output_write(&file, bytes, size); /* the commit finds any failure */
    status = ls_output_commit(&file, error);
  }
  free(bytes);
  return status;
}
