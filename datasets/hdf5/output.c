#define _GNU_SOURCE /* memfd_create */
#include "datasets/hdf5/output.h"

#include "base/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  ATTRIBUTE_BYTES = 256,
  METADATA_BYTES = 64 << 10, /* more than HDF5's headers and attributes of such a file */
  METADATA_PER_EVENT = 256,  /* more than a chunk's share of HDF5's index */
  RESERVE_STEP = 1 << 20
};

ls_status ls_hdf5_output_failed(const ls_hdf5_output *output, const char *what, ls_error *error) {
  char reason[256];
  ls_hdf5_reason(reason, sizeof reason);
  return ls_fail(error, LS_IO, "%s: %s: %s cannot be written: %s; check the folder and free space",
                 output->path, output->set, what, reason);
}

/* HDF5 cannot close a file whose last bytes cannot be written, and then crashes when the process
 * ends. So every byte gets its place on the disk before HDF5 writes it: a full disk is found here.
 */
static ls_status reserve(ls_hdf5_output *output, int descriptor, uint64_t end, size_t event,
                         ls_error *error) {
  if (end <= output->reserved) return LS_OK;
  end += RESERVE_STEP;
  int failed;
  do failed = posix_fallocate(descriptor, 0, (off_t)end);
  while (failed == EINTR);
  if (failed)
    return ls_fail(error, LS_IO,
                   "%s: %s: event %zu cannot be written: %s; free some space or choose "
                   "another folder",
                   output->path, output->set, event, strerror(failed));
  output->reserved = end;
  return LS_OK;
}

static int file_descriptor(const ls_hdf5_output *output) {
  void *handle = NULL;
  if (H5Fget_vfd_handle(output->file, H5P_DEFAULT, &handle) < 0 || !handle) return -1;
  return *(int *)handle;
}

ls_status ls_hdf5_output_reserve(ls_hdf5_output *output, uint64_t more, size_t event,
                                 ls_error *error) {
  hsize_t size = 0;
  int descriptor = file_descriptor(output);
  if (descriptor < 0 || H5Fget_filesize(output->file, &size) < 0)
    return ls_hdf5_output_failed(output, "the file", error);
  return reserve(output, descriptor,
                 size + more + METADATA_BYTES + METADATA_PER_EVENT * (event + 1), event, error);
}

/* The first bytes are reserved before HDF5 has the file. */
static ls_status reserve_first(ls_hdf5_output *output, ls_error *error) {
  int descriptor = open(output->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return ls_fail(error, LS_IO, "%s: cannot be written: %s; check the folder and its permissions",
                   output->path, strerror(errno));
  ls_status status = reserve(output, descriptor, METADATA_BYTES, 0, error);
  close(descriptor);
  output->reserved = 0; /* HDF5 empties the file */
  return status;
}

void ls_hdf5_output_cut_off(const ls_hdf5_output *output) {
  int descriptor = output->file < 0 ? -1 : file_descriptor(output);
  int nowhere = descriptor < 0 ? -1 : memfd_create("larscale", MFD_CLOEXEC);
  if (nowhere < 0) return;
  dup2(nowhere, descriptor);
  close(nowhere);
}

static ls_status create_file(ls_hdf5_output *output, int checksummed, ls_error *error) {
  LS_TRY(reserve_first(output, error));
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0 || H5Pset_fapl_sec2(access) < 0 ||
      (checksummed && H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110) < 0))
    return ls_hdf5_output_failed(output, "the file", error);
  hid_t creation = H5Pcreate(H5P_FILE_CREATE);
  if (creation >= 0 && H5Pset_obj_track_times(creation, 0) >= 0)
    output->file = H5Fcreate(output->temporary, H5F_ACC_TRUNC, creation, access);
  if (output->file < 0) return ls_hdf5_output_failed(output, "the file", error);
  H5Pclose(creation);
  H5Pclose(access);
  return ls_hdf5_output_reserve(output, 0, 0, error);
}

ls_status ls_hdf5_output_open(ls_hdf5_output *output, const char *path, const char *set,
                              int checksummed, ls_error *error) {
  *output = (ls_hdf5_output){.set = set, .file = -1};
  LS_TRY(ls_output_names(path, &output->path, &output->temporary, error));
  ls_hdf5_printing reports = ls_hdf5_quiet();
  ls_status status = create_file(output, checksummed, error);
  ls_hdf5_loud(reports);
  return status;
}

/* Gives back what was reserved too much. HDF5 opens the file again to say where it ends. */
static int trim(const ls_hdf5_output *output) {
  haddr_t end = 0;
  hid_t file = H5Fopen(output->temporary, H5F_ACC_RDONLY, H5P_DEFAULT);
  int good = file >= 0 && H5Fget_eoa(file, &end) >= 0;
  if (file >= 0) H5Fclose(file);
  return good && !truncate(output->temporary, (off_t)end);
}

ls_status ls_hdf5_output_finish(ls_hdf5_output *output, ls_error *error) {
  ls_hdf5_printing reports = ls_hdf5_quiet();
  int good = H5Fflush(output->file, H5F_SCOPE_LOCAL) >= 0;
  if (good) {
    good = H5Fclose(output->file) >= 0;
    output->file = -1;
  }
  if (good) good = trim(output);
  ls_status status = good ? LS_OK : ls_hdf5_output_failed(output, "the end of the file", error);
  ls_hdf5_loud(reports);
  LS_TRY(status);
  status = ls_output_rename(output->temporary, output->path, error);
  free(output->temporary);
  output->temporary = NULL;
  return status;
}

void ls_hdf5_output_discard(ls_hdf5_output *output) {
  ls_hdf5_printing reports = ls_hdf5_quiet();
  if (output->file >= 0) {
    ls_hdf5_output_cut_off(output); /* nothing of the file is wanted any more */
    H5Fclose(output->file);
  }
  ls_hdf5_loud(reports);
  if (output->temporary) unlink(output->temporary);
  free(output->path);
  free(output->temporary);
  *output = (ls_hdf5_output){.file = -1};
}

hid_t ls_hdf5_output_group(hid_t file, const char *name) {
  hid_t creation = H5Pcreate(H5P_GROUP_CREATE), group = -1;
  if (creation >= 0 && H5Pset_obj_track_times(creation, 0) >= 0)
    group = H5Gcreate2(file, name, H5P_DEFAULT, creation, H5P_DEFAULT);
  if (creation >= 0) H5Pclose(creation);
  return group;
}

int ls_hdf5_put_text(hid_t object, const char *name, const char *text) {
  char padded[ATTRIBUTE_BYTES] = "";
  snprintf(padded, sizeof padded, "%s", text);
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute = -1;
  if (type >= 0 && space >= 0 && H5Tset_size(type, ATTRIBUTE_BYTES) >= 0)
    attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  int good = attribute >= 0 && H5Awrite(attribute, type, padded) >= 0;
  if (attribute >= 0 && H5Aclose(attribute) < 0) good = 0;
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return good;
}
