/* The runs that a report is about. */
#ifndef LS_BENCH_REPORT_RUNS_H
#define LS_BENCH_REPORT_RUNS_H

#include "bench/report/run.h"

typedef struct ls_report_runs {
  ls_report_run *run;
  size_t count;
} ls_report_runs;

/* folders: of runs, or folders that hold some at any depth. A folder is a run's if it holds RESULT
 * or one of the tables. Runs come in the order of the folders, within one by name; none twice.
 * LS_USAGE: a folder that holds no run; else as ls_report_run_read. */
ls_status ls_report_runs_read(char *const *folders, size_t count, ls_report_runs *runs,
                              ls_error *error);
void ls_report_runs_destroy(ls_report_runs *runs);

#endif
