/* The committed gnuplot scripts, as they are in plots/. */
#ifndef LS_BENCH_REPORT_PLOT_SCRIPTS_H
#define LS_BENCH_REPORT_PLOT_SCRIPTS_H

#include <stddef.h>

typedef struct ls_plot_script {
  const char *file; /* "style.gnuplot"; NULL ends the list */
  const unsigned char *bytes;
  size_t length;
} ls_plot_script;

extern const ls_plot_script ls_plot_scripts[];

#endif
