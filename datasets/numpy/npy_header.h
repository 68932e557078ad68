/* The header of a .npy file, versions 1.0 to 3.0.
 * Source: NumPy's format specification (numpy/lib/format). */
#ifndef LS_DATASETS_NUMPY_NPY_HEADER_H
#define LS_DATASETS_NUMPY_NPY_HEADER_H

#include "base/status.h"

#include <stdint.h>

enum { LS_NPY_MAX_RANK = 8 };

typedef struct ls_npy_header {
  char type[8]; /* as NumPy writes it: "<f4", "|u1" */
  int rank;
  uint64_t shape[LS_NPY_MAX_RANK];
  uint64_t elements;    /* product of the shape */
  uint64_t data_offset; /* of the first element in the file */
  int element_bytes;
} ls_npy_header;

/* Opens path for reading and understands its header. Checks that the array is in C order, not
 * big-endian, and that the file is exactly as long as the header says. *descriptor is -1 on
 * failure. Returns LS_OK, LS_IO or LS_FORMAT; the message names the file. */
ls_status ls_npy_open_array(const char *path, int *descriptor, ls_npy_header *header,
                            ls_error *error);

/* Reads bytes from offset on, all of them. LS_IO, or LS_FORMAT if the file ends before. */
ls_status ls_npy_read_bytes(int descriptor, const char *path, uint64_t offset, void *out,
                            uint64_t bytes, ls_error *error);

#endif
