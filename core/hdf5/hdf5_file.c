#define _POSIX_C_SOURCE 200809L
#include "hdf5/hdf5_file.h"

#include "base/input_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static herr_t keep_innermost(unsigned depth, const H5E_error2_t *record, void *context) {
  (void)depth;
  const char **reason = context;
  if (record->desc) *reason = record->desc;
  return 1; /* the first visited, where it began, is enough */
}

/* HDF5's account of a failed system call is long: "what: time = .., error message = 'why', ..". */
void ls_hdf5_reason(char *reason, size_t size) {
  const char *found = NULL;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &found);
  if (!found) found = "HDF5 gives no reason";
  const char *details = strstr(found, ": time = ");
  const char *why = strstr(found, "error message = '");
  int shown = details ? (int)(details - found) : (int)strcspn(found, "\n");
  why = why ? why + strlen("error message = '") : "";
  snprintf(reason, size, "%.*s%s%.*s", shown, found, *why ? ": " : "", (int)strcspn(why, "'"), why);
}

/* HDF5 drives plain files, whatever its environment says; and a link to another file leads nowhere:
 * that file would be taken for this one, or be a pipe that nobody writes to. */
static hid_t open_plain(const char *path) {
  if (H5Lis_registered(H5L_TYPE_EXTERNAL) > 0) H5Lunregister(H5L_TYPE_EXTERNAL);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0) return -1;
  hid_t file = H5Pset_fapl_sec2(access) < 0 ? -1 : H5Fopen(path, H5F_ACC_RDONLY, access);
  if (file >= 0) H5Pclose(access); /* else its success would hide the reason */
  return file;
}

/* A file that the system cannot read is no damaged one. */
static ls_status check_readable(const char *path, ls_error *error) {
  FILE *stream;
  LS_TRY(ls_input_stream(path, &stream, error));
  int bad = fgetc(stream) == EOF && ferror(stream);
  fclose(stream);
  return bad ? ls_fail(error, LS_IO, "%s: cannot be read: the disk or its server fails", path)
             : LS_OK;
}

ls_status ls_hdf5_open(const char *path, hid_t *file, ls_error *error) {
  *file = -1;
  LS_TRY(check_readable(path, error));
  char reason[256] = "";
  ls_hdf5_printing before = ls_hdf5_quiet();
  *file = open_plain(path);
  if (*file < 0) ls_hdf5_reason(reason, sizeof reason);
  ls_hdf5_loud(before);
  if (*file >= 0) return LS_OK;
  return ls_fail(error, LS_FORMAT,
                 "%s: is not a whole HDF5 file: %s; it is cut short, damaged or still being "
                 "written: fetch or make it again",
                 path, reason);
}

static ls_status check_own_data(hid_t dataset, ls_error *error) {
  hid_t creation = H5Dget_create_plist(dataset);
  int foreign =
      creation < 0 || H5Pget_layout(creation) == H5D_VIRTUAL || H5Pget_external_count(creation) > 0;
  if (creation >= 0) H5Pclose(creation);
  return foreign ? ls_fail(error, LS_FORMAT,
                           "its data lie in other files; h5repack makes one file of them")
                 : LS_OK;
}

ls_status ls_hdf5_open_dataset(hid_t location, const char *name, hid_t access, hid_t *dataset,
                               ls_error *error) {
  ls_hdf5_printing before = ls_hdf5_quiet();
  ls_status status = LS_OK;
  *dataset = H5Dopen2(location, name, access);
  if (*dataset < 0) {
    char reason[256];
    ls_hdf5_reason(reason, sizeof reason);
    status = ls_fail(error, LS_FORMAT, "is no data set of this file, or damaged: %s", reason);
  } else
    status = check_own_data(*dataset, error);
  if (status != LS_OK && *dataset >= 0) {
    H5Dclose(*dataset);
    *dataset = -1;
  }
  ls_hdf5_loud(before);
  return status;
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
