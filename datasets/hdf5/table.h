/* One-dimensional HDF5 data sets of compounds, read in blocks of rows. Quiet: HDF5's own error
 * stack is not printed, every failure becomes an ls_error that names file and data set. */
#ifndef LS_DATASETS_HDF5_TABLE_H
#define LS_DATASETS_HDF5_TABLE_H

#include "base/status.h"
#include "hdf5/hdf5_read.h"

#include <hdf5.h>
#include <stdint.h>

/* One member of the compound: where it goes in the caller's struct. type: a native type of the
 * wanted class (integer, float, fixed string, array of these); HDF5 converts size and byte order.
 */
typedef struct ls_hdf5_column {
  const char *name;
  size_t offset;
  hid_t type;
} ls_hdf5_column;

/* Zero-initialise; closed by ls_hdf5_table_close. */
typedef struct ls_hdf5_table {
  const char *path; /* of the file, for messages; the caller's */
  char name[192];   /* of the data set */
  hid_t dataset, row_type;
  ls_hdf5_reader reader;
  uint64_t rows;
  uint64_t stored_bytes; /* as it lies in the file */
} ls_hdf5_table;

/* Opens data set name and checks that it has one dimension and the wanted columns, each of the
 * wanted class. row_bytes: size of the caller's struct. Returns LS_OK or LS_FORMAT; the table is
 * closed on failure. */
ls_status ls_hdf5_table_open(hid_t file, const char *path, const char *name,
                             const ls_hdf5_column *columns, int column_count, size_t row_bytes,
                             ls_hdf5_table *table, ls_error *error);

/* Reads rows first .. first + count - 1 into rows. Returns LS_OK or LS_FORMAT (beyond the end, or a
 * damaged chunk). count may be 0. */
ls_status ls_hdf5_table_read(ls_hdf5_table *table, uint64_t first, uint64_t count, void *rows,
                             ls_error *error);

void ls_hdf5_table_close(ls_hdf5_table *table); /* a zeroed table is allowed */

#endif
