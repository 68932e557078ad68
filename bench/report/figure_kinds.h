/* Which figures there are, and what each is made of. */
#ifndef LS_BENCH_REPORT_FIGURE_KINDS_H
#define LS_BENCH_REPORT_FIGURE_KINDS_H

#include "bench/report/run.h"

/* A script of plots/. It is given the runs of these drivers that hold the table; if others is 1 and
 * there are none, any run that holds it. */
typedef struct ls_figure_kind {
  const char *script, *title;
  const char *drivers[4]; /* NULL-terminated */
  const char *meaning;    /* how to read it */
  ls_report_table table;
  int others;
  int each_run; /* 1: a figure for each run */
  int bitmap;   /* 1: the page holds PNG, not SVG */
} ls_figure_kind;

/* Ends with a script of NULL. */
extern const ls_figure_kind ls_figure_kinds[];

#endif
