/* What every reader of HDF5 files needs. Quiet: HDF5's own error stack is not printed. */
#ifndef LS_HDF5_HDF5_FILE_H
#define LS_HDF5_HDF5_FILE_H

#include "base/status.h"

#include <hdf5.h>

/* Between the two, HDF5 prints nothing; a pair may lie inside another. To be called before any
 * other function of HDF5. */
typedef struct ls_hdf5_printing {
  H5E_auto2_t print;
  void *data;
} ls_hdf5_printing;
ls_hdf5_printing ls_hdf5_quiet(void);
void ls_hdf5_loud(ls_hdf5_printing before);

/* *file is closed by H5Fclose. LS_FORMAT if HDF5 cannot open it. */
ls_status ls_hdf5_open(const char *path, hid_t *file, ls_error *error);

/* 1 if the content is an HDF5 file with this group (as "/Data") in it. */
int ls_hdf5_has_group(const char *path, const char *group);

/* 1 if every link along name, from location on, is there and leads to an object; 0 otherwise. */
int ls_hdf5_exists(hid_t location, const char *name);

/* "1.10.8": of the headers, which HDF5 compares with the library at start. */
const char *ls_hdf5_version(void);

#endif
