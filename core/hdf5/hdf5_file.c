#include "hdf5/hdf5_file.h"

#include <stdio.h>
#include <string.h>

ls_status ls_hdf5_open(const char *path, hid_t *file, ls_error *error) {
  H5E_BEGIN_TRY *file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  H5E_END_TRY
  if (*file < 0)
    return ls_fail(error, LS_FORMAT,
                   "%s: HDF5 cannot open it: it is cut short, damaged or still being written; "
                   "fetch or make it again",
                   path);
  return LS_OK;
}

int ls_hdf5_exists(hid_t location, const char *name) {
  char part[512];
  htri_t there = 0;
  if (!*name) return 0;
  for (const char *end = name; *end;) {
    end += strcspn(end + 1, "/") + 1;
    int length = (int)(end - name);
    if (snprintf(part, sizeof part, "%.*s", length, name) >= (int)sizeof part) return 0;
    H5E_BEGIN_TRY there = H5Lexists(location, part, H5P_DEFAULT);
    H5E_END_TRY
    if (there <= 0) return 0;
  }
  /* The link may lead nowhere. */
  H5E_BEGIN_TRY there = H5Oexists_by_name(location, name, H5P_DEFAULT);
  H5E_END_TRY
  return there > 0;
}

int ls_hdf5_has_group(const char *path, const char *group) {
  hid_t file = -1;
  if (ls_hdf5_open(path, &file, NULL) != LS_OK) return 0;
  H5O_info_t info = {0};
  int found = 0;
  if (ls_hdf5_exists(file, group)) {
    herr_t failed = -1;
    H5E_BEGIN_TRY failed = H5Oget_info_by_name(file, group, &info, H5P_DEFAULT);
    H5E_END_TRY
    found = failed >= 0 && info.type == H5O_TYPE_GROUP;
  }
  H5Fclose(file);
  return found;
}

const char *ls_hdf5_version(void) {
  return H5_VERS_INFO + sizeof "HDF5 library version: " - 1;
}
