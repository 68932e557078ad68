/* The report: one page in HTML that needs no other file and no network. */
#ifndef LS_BENCH_REPORT_PAGE_H
#define LS_BENCH_REPORT_PAGE_H

#include "bench/report/figures.h"

#include <stdio.h>

/* Written to stream, whose errors are the caller's to find. revision: of the program that writes
 * it. Tables are cut so that the page stays below 3 MB; it says so where it does. */
void ls_page_write(FILE *stream, const ls_report_runs *runs, const ls_figures *figures,
                   const char *revision);

/* Parts of it (page_runs.c): what stands about the runs before and after the figures. */
void ls_page_verdicts(FILE *stream, const ls_report_runs *runs);
void ls_page_contents(FILE *stream, const ls_report_runs *runs, const ls_figures *figures);
void ls_page_machines(FILE *stream, const ls_report_runs *runs);
void ls_page_commands(FILE *stream, const ls_report_runs *runs);

#endif
