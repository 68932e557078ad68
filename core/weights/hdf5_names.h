/* What the readers of Keras' two layouts share: names in an HDF5 file. */
#ifndef LS_WEIGHTS_HDF5_NAMES_H
#define LS_WEIGHTS_HDF5_NAMES_H

#include "base/status.h"
#include "hdf5/hdf5_file.h"

#include <hdf5.h>

enum { LS_HDF5_PATH = 512, LS_HDF5_MOST_NAMES = 1 << 12 };

/* Number of dimensions of the data set at path; -1 if there is no such data set. */
int ls_hdf5_rank(hid_t location, const char *path);

typedef struct ls_hdf5_names {
  size_t count;
  char (*name)[LS_HDF5_PATH];
} ls_hdf5_names;

/* Reads an attribute that is a list of strings, of fixed or variable length; an empty list may have
 * any type (Keras writes float64). file: its name, for the message. free() names->name, NULL on
 * failure. Returns LS_OK, LS_FORMAT or LS_MEMORY. */
ls_status ls_hdf5_read_names(hid_t object, const char *attribute, const char *file,
                             ls_hdf5_names *names, ls_error *error);

#endif
