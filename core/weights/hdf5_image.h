/* HDF5 files written whole: built in memory, then put on disk as any other output file. HDF5's own
 * writing cannot be undone safely when a disk is full (a failed H5Fclose keeps the file open). */
#ifndef LS_WEIGHTS_HDF5_IMAGE_H
#define LS_WEIGHTS_HDF5_IMAGE_H

#include "base/status.h"

#include <hdf5.h>

/* Fills the file; a negative return value makes the file fail with LS_MEMORY: in memory nothing
 * else can go wrong. */
typedef int ls_hdf5_fill(hid_t file, const void *context);

/* LS_OK, LS_IO or LS_MEMORY. The same content gives the same bytes. */
ls_status ls_hdf5_write_file(const char *path, ls_hdf5_fill *fill, const void *context,
                             ls_error *error);

/* A data set of floats; rank 0 is a single number. type: H5T_IEEE_F32LE from floats or
 * H5T_IEEE_F64LE from doubles. Groups on the way are made. Returns 0 or -1. */
int ls_hdf5_write_floats(hid_t file, const char *path, int rank, const hsize_t *shape, hid_t type,
                         const void *values);

#endif
