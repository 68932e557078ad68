/* What every reader of HDF5 files needs. Quiet: HDF5's own error stack is not printed. */
#ifndef LS_HDF5_HDF5_FILE_H
#define LS_HDF5_HDF5_FILE_H

#include "base/status.h"

#include <hdf5.h>
#include <stddef.h>

/* Between the two, HDF5 prints nothing; a pair may lie inside another. To be called before any
 * other function of HDF5. */
typedef struct ls_hdf5_printing {
  H5E_auto2_t print;
  void *data;
} ls_hdf5_printing;
ls_hdf5_printing ls_hdf5_quiet(void);
void ls_hdf5_loud(ls_hdf5_printing before);

/* Copies HDF5's own words on its last failure; call it before any other function of HDF5. */
void ls_hdf5_reason(char *reason, size_t size);

/* *file is closed by H5Fclose; -1 on failure. From then on links to other files lead nowhere, in
 * every file. LS_IO: no regular file that can be read; LS_FORMAT: HDF5 cannot open it. */
ls_status ls_hdf5_open(const char *path, hid_t *file, ls_error *error);

/* *dataset is closed by H5Dclose; -1 on failure. access: H5P_DEFAULT, or a list of properties.
 * LS_FORMAT, the message without file and name (ls_fail_within): no data set, or its data lie in
 * other files (virtual, external). */
ls_status ls_hdf5_open_dataset(hid_t location, const char *name, hid_t access, hid_t *dataset,
                               ls_error *error);

/* 1 if the content is an HDF5 file with this group (as "/Data") in it. */
int ls_hdf5_has_group(const char *path, const char *group);

/* 1 if every link along name, from location on, is there and leads to an object; 0 otherwise. */
int ls_hdf5_exists(hid_t location, const char *name);

/* "1.10.8": of the headers, which HDF5 compares with the library at start. */
const char *ls_hdf5_version(void);

#endif
