/* Reads of HDF5 data sets that cannot hand out memory nobody wrote: HDF5 1.10 takes a chunk of any
 * length for a whole one, and reads on behind it. */
#ifndef LS_HDF5_HDF5_READ_H
#define LS_HDF5_HDF5_READ_H

#include "hdf5/hdf5_file.h"

#include <stddef.h>
#include <stdint.h>

enum { LS_HDF5_MOST_RANK = 4, LS_HDF5_MOST_FILTERS = 8 };

/* What is known of a data set's chunks. Zero-initialised, or closed, it holds nothing. */
typedef struct ls_hdf5_reader {
  hid_t dataset; /* the caller's */
  int rank;      /* 0: not in chunks */
  hsize_t shape[LS_HDF5_MOST_RANK], chunk[LS_HDF5_MOST_RANK];
  uint64_t chunk_bytes; /* as in memory */
  int filter_count;
  H5Z_filter_t filters[LS_HDF5_MOST_FILTERS];
  uint64_t *checked; /* numbers, from 1 on, of chunks that were found whole */
} ls_hdf5_reader;

/* Messages begin with what is wrong: the caller puts the names before them (ls_fail_within).
 * LS_FORMAT: more dimensions than LS_HDF5_MOST_RANK, a filter whose result has no length that could
 * be checked (all but deflate, shuffle and Fletcher's checksum), unfiltered chunks that are not
 * whole; LS_MEMORY. */
ls_status ls_hdf5_reader_open(hid_t dataset, ls_hdf5_reader *reader, ls_error *error);
void ls_hdf5_reader_close(ls_hdf5_reader *reader); /* the data set stays open */

/* H5Dread of the block start .. start + count - 1 (NULL: all of it) into values, which lie as the
 * block; every chunk that holds a part of it must have the length of a chunk. LS_FORMAT, LS_MEMORY;
 * values are then not to be used. */
ls_status ls_hdf5_read(ls_hdf5_reader *reader, hid_t type, const hsize_t *start,
                       const hsize_t *count, void *values, ls_error *error);

#endif
