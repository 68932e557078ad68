/* Runs that lie in folders, as `larscale results` lists and compares them: what their summaries
 * say. */
#ifndef LS_BENCH_PAST_RUNS_H
#define LS_BENCH_PAST_RUNS_H

#include "base/status.h"

#include <stddef.h>

/* One row of summary.csv. */
typedef struct ls_past_point {
  char configuration[384]; /* the columns from backend to quantity, joined by "," */
  char backend[128], scaling[16], quantity[24];
  char cache_state[16], kind[16];
  long nodes, ranks, threads, local_batch, global_batch;
  double n, median, low, high; /* low and high are NaN where there is no interval */
} ls_past_point;

typedef struct ls_past_run {
  char *folder;
  char
      verdict[512]; /* the line of RESULT without the word RESULT; "UNFINISHED" without that file */
  char driver[64], host[128], cpu[128], revision[64], date[40]; /* empty: not known */
  ls_past_point *points;
  size_t point_count;
  ls_error damage; /* status LS_OK: none; else the file, line and column */
} ls_past_run;

typedef struct ls_past_runs {
  ls_past_run *run;
  size_t count;
} ls_past_runs;

/* Looks for runs in folders[count], themselves runs or with some below them; by name within a
 * folder. A damaged run is among them, with what is known of it. LS_USAGE: there is no such folder;
 * LS_IO, LS_MEMORY. */
ls_status ls_past_runs_find(char *const *folders, size_t count, ls_past_runs *runs,
                            ls_error *error);
void ls_past_runs_free(ls_past_runs *runs);

/* A point of the same configuration in two runs. */
typedef struct ls_past_ratio {
  const ls_past_point *first, *second; /* NULL: only the other run has it */
  double ratio;                        /* second's median over first's; NaN: there are not two */
  double low, high; /* of it: from the ends of both medians' 95% intervals, so that it holds with at
                     * least 90%; NaN where there is none */
} ls_past_ratio;

/* In the first run's order, then what only the second has. *ratios: free() it. LS_MEMORY. */
ls_status ls_past_runs_compare(const ls_past_run *first, const ls_past_run *second,
                               ls_past_ratio **ratios, size_t *count, ls_error *error);

#endif
