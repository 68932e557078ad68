/* One run's folder, read and checked, for the report. */
#ifndef LS_BENCH_REPORT_RUN_H
#define LS_BENCH_REPORT_RUN_H

#include "base/status.h"

#include <stddef.h>

struct cJSON;

/* The tables that a run may hold. */
typedef enum ls_report_table {
  LS_TABLE_SUMMARY,
  LS_TABLE_SAMPLES,
  LS_TABLE_HISTORY,
  LS_TABLE_CONFUSION,
  LS_TABLE_ROOFLINE,
  LS_TABLES
} ls_report_table;

extern const char *const ls_table_files[LS_TABLES];

/* A table in memory: cells[row * columns + column], the names are row 0. Of samples.csv only the
 * number of rows is kept. */
typedef struct ls_table {
  char **cells;
  size_t columns, rows; /* rows without that of the names; columns 0: there is no such file */
} ls_table;

enum { LS_KINDS = 4 };
extern const char *const ls_kind_names[LS_KINDS]; /* measured, emulated, simulated, model */

typedef struct ls_report_run {
  char *folder;
  char driver[64];   /* "cpu-speedup"; empty: no table names one */
  char verdict[512]; /* the line of RESULT; empty: the run did not end */
  int valid;
  int unavailable;           /* 1: nothing was measured, as this could not run there */
  struct cJSON *environment; /* env.json; NULL: there is none */
  ls_table tables[LS_TABLES];
  size_t kinds[LS_KINDS]; /* rows of samples, summary and roofline of each kind */
} ls_report_run;

/* Reads and checks every file of the run that the report uses. LS_FORMAT: one is damaged; the
 * message names line and column. */
ls_status ls_report_run_read(const char *folder, ls_report_run *run, ls_error *error);
void ls_report_run_destroy(ls_report_run *run);

/* The last part of the folder's path. */
const char *ls_report_run_name(const ls_report_run *run);

/* A text or number of env.json by its path, "machine.cpu", into text; "" if it is not there. */
void ls_report_run_fact(const ls_report_run *run, const char *path, char *text, size_t size);

#endif
