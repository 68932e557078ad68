/* Reads the tables of a run (CSV: results/README.md) row by row, and finds what a hand-made
 * edit broke: the file, the line and the column. */
#ifndef LS_BENCH_REPORT_CSV_H
#define LS_BENCH_REPORT_CSV_H

#include "base/status.h"

#include <stddef.h>

typedef struct ls_csv ls_csv;

/* Reads the line of names. required: names of columns that must be there, NULL-terminated; may be
 * NULL. LS_IO: cannot be read; LS_FORMAT: no names, one twice, or a required one is missing;
 * LS_MEMORY. */
ls_status ls_csv_open(const char *path, const char *const *required, ls_csv **csv, ls_error *error);
void ls_csv_close(ls_csv *csv); /* NULL is allowed */

size_t ls_csv_columns(const ls_csv *csv);
const char *ls_csv_name(const ls_csv *csv, size_t column);
/* The column of that name; -1: there is none. */
int ls_csv_find(const ls_csv *csv, const char *name);

/* The next row; *found is 0 after the last. LS_FORMAT: it has more or fewer cells than there are
 * columns, a quotation mark does not end, or a cell is not what its column holds (columns that the
 * suite writes are known by name: counts, numbers, kinds; others may hold anything). */
ls_status ls_csv_next(ls_csv *csv, int *found, ls_error *error);
/* Of the present row, without quotation marks; until the next call. */
const char *ls_csv_cell(const ls_csv *csv, size_t column);

#endif
