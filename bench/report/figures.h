/* The figures of a report: which there are, which runs each is made of, and their pictures. */
#ifndef LS_BENCH_REPORT_FIGURES_H
#define LS_BENCH_REPORT_FIGURES_H

#include "bench/report/drawing.h"

typedef struct ls_figure {
  char name[64];       /* of its files, without the end: "load_time", "confusion-2" */
  char title[160];     /* a heading */
  const char *meaning; /* how to read it */
  char caption[1024];  /* machine, date, revision */
  const char *type;    /* of the picture: "image/svg+xml" or "image/png" */
  char *picture;       /* for the page; NULL: not drawn */
  size_t length;
  char why[LS_GNUPLOT_WORDS + 64]; /* it was not drawn */
} ls_figure;

/* Where each figure is also written as PNG, SVG and PDF. */
typedef struct ls_figure_files {
  const char *folder; /* NULL: nowhere */
  int overwrite;      /* 0: a file that is there is LS_USAGE */
} ls_figure_files;

enum { LS_MOST_CONFUSIONS = 6, LS_MOST_FIGURES = 8 + LS_MOST_CONFUSIONS };

typedef struct ls_figures {
  ls_figure figure[LS_MOST_FIGURES];
  size_t count, drawn;
  int no_gnuplot; /* 1: nothing was drawn, for want of it */
} ls_figures;

/* Those of plots/, and of each run the picture of an event if its folder holds one
 * (event_display.png or .svg). Without gnuplot: LS_OK and no_gnuplot. LS_INTERNAL: gnuplot fails on
 * a script; LS_USAGE: a file is there already; LS_IO, LS_MEMORY. */
ls_status ls_figures_draw(const ls_report_runs *runs, const ls_figure_files *files,
                          ls_figures *figures, ls_error *error);
void ls_figures_destroy(ls_figures *figures);

#endif
