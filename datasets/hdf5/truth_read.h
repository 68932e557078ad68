/* The truth of a file's events, as truth_rows.h writes it. */
#ifndef LS_DATASETS_HDF5_TRUTH_READ_H
#define LS_DATASETS_HDF5_TRUTH_READ_H

#include "base/status.h"
#include "datasets/hdf5/truth.h"

#include <stddef.h>

typedef struct ls_truth ls_truth;

/* Opens the sets of group /truth: those of numbers, [events] or [events, 1 to LS_TRUTH_MOST_WIDTH],
 * by name, at most LS_TRUTH_MOST_COLUMNS of them. *truth is NULL if there is no such group, or no
 * HDF5. Returns LS_OK, LS_IO, LS_FORMAT (a set is damaged, or has not one row for each of so many
 * events; named) or LS_MEMORY. */
ls_status ls_truth_open(const char *path, size_t events, ls_truth **truth, ls_error *error);
void ls_truth_close(ls_truth *truth); /* NULL is allowed */

/* The sets; *count 0 for NULL. Valid until the truth is closed. */
const ls_truth_column *ls_truth_columns(const ls_truth *truth, int *count);

/* The event's values, one set after the other (the sum of their widths). LS_OK or LS_FORMAT. */
ls_status ls_truth_row(ls_truth *truth, size_t event, double *values, ls_error *error);

enum { LS_TRUTH_MOST_VALUES = LS_TRUTH_MOST_COLUMNS * LS_TRUTH_MOST_WIDTH }; /* of an event */

#endif
