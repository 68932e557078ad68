#include "hdf5/hdf5_file.h"

#include <stdio.h>
#include <string.h>

ls_hdf5_printing ls_hdf5_quiet(void) {
  ls_hdf5_printing before = {0};
  /* HDF5 1.10 crashes at the end of the process over a file that it could not close (a disk that
   * broke while it was written). Every file is closed by its owner, so nothing is left to do then.
   * Has an effect before the first other call of HDF5 only. */
  H5dont_atexit();
  H5Eget_auto2(H5E_DEFAULT, &before.print, &before.data);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  return before;
}

void ls_hdf5_loud(ls_hdf5_printing before) {
  H5Eset_auto2(H5E_DEFAULT, before.print, before.data);
}

ls_status ls_hdf5_open(const char *path, hid_t *file, ls_error *error) {
  ls_hdf5_printing before = ls_hdf5_quiet();
  *file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  ls_hdf5_loud(before);
  if (*file < 0)
    return ls_fail(error, LS_FORMAT,
                   "%s: HDF5 cannot open it: it is cut short, damaged or still being written; "
                   "fetch or make it again",
                   path);
  return LS_OK;
}

/* Every link on the way, then the object itself, as the last link may lead nowhere. */
static int exists(hid_t location, const char *name) {
  char part[512];
  if (!*name) return 0;
  for (const char *end = name; *end;) {
    end += strcspn(end + 1, "/") + 1;
    if (snprintf(part, sizeof part, "%.*s", (int)(end - name), name) >= (int)sizeof part) return 0;
    if (H5Lexists(location, part, H5P_DEFAULT) <= 0) return 0;
  }
  return H5Oexists_by_name(location, name, H5P_DEFAULT) > 0;
}

int ls_hdf5_exists(hid_t location, const char *name) {
  ls_hdf5_printing before = ls_hdf5_quiet();
  int found = exists(location, name);
  ls_hdf5_loud(before);
  return found;
}

int ls_hdf5_has_group(const char *path, const char *group) {
  hid_t file = -1;
  if (ls_hdf5_open(path, &file, NULL) != LS_OK) return 0;
  H5O_info_t info = {0};
  ls_hdf5_printing before = ls_hdf5_quiet();
  int found = exists(file, group) && H5Oget_info_by_name(file, group, &info, H5P_DEFAULT) >= 0 &&
              info.type == H5O_TYPE_GROUP;
  ls_hdf5_loud(before);
  H5Fclose(file);
  return found;
}

const char *ls_hdf5_version(void) {
  return &H5_VERS_INFO[sizeof "HDF5 library version: " - 1];
}
