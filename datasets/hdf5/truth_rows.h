/* The truth of a file that is being written. */
#ifndef LS_DATASETS_HDF5_TRUTH_ROWS_H
#define LS_DATASETS_HDF5_TRUTH_ROWS_H

#include "base/status.h"
#include "datasets/hdf5/truth.h"

#include <hdf5.h>
#include <stddef.h>

/* The rows of a file that is being written: kept in memory (8 bytes a value) until its end. */
typedef struct ls_truth_rows ls_truth_rows;

/* columns and settings (LS_TRUTH_SETTINGS; NULL: none; below 60 KB) are copied. *rows is NULL if
 * count is 0. path: of the file, for messages. Returns LS_OK, LS_MISMATCH (names or widths that
 * cannot be written) or LS_MEMORY. */
ls_status ls_truth_rows_new(const char *path, const ls_truth_column *columns, int count,
                            const char *settings, ls_truth_rows **rows, ls_error *error);

/* values: one after the other, as many as the widths make together; NULL: NaN, unknown. LS_OK or
 * LS_MEMORY. NULL for rows is allowed. */
ls_status ls_truth_rows_add(ls_truth_rows *rows, const double *values, ls_error *error);

/* Bytes that the rows will take in the file. */
size_t ls_truth_rows_bytes(const ls_truth_rows *rows);

/* Makes the group and its data sets; 0 on failure, with HDF5's reason still to be asked. */
int ls_truth_rows_write(const ls_truth_rows *rows, hid_t file);

void ls_truth_rows_free(ls_truth_rows *rows); /* NULL is allowed */

#endif
