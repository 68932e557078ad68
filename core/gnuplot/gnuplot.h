/* Runs gnuplot in a folder of its own, which holds what it reads and is removed afterwards. */
#ifndef LS_GNUPLOT_GNUPLOT_H
#define LS_GNUPLOT_GNUPLOT_H

#include "base/status.h"

#include <stdio.h>

enum { LS_GNUPLOT_FOLDER = 256, LS_GNUPLOT_PATH = 512, LS_GNUPLOT_WORDS = 400 };

typedef struct ls_gnuplot {
  char folder[LS_GNUPLOT_FOLDER];
} ls_gnuplot;

/* Makes the folder in $TMPDIR or /tmp. LS_IO: it cannot be made. */
ls_status ls_gnuplot_open(ls_gnuplot *gnuplot, ls_error *error);
/* Removes the folder with all files in it. Zeroed memory is allowed. */
void ls_gnuplot_close(const ls_gnuplot *gnuplot);

/* A file of the folder, and the same opened for writing and closed again. LS_IO. */
void ls_gnuplot_path(const ls_gnuplot *gnuplot, const char *name, char path[LS_GNUPLOT_PATH]);
ls_status ls_gnuplot_write(const ls_gnuplot *gnuplot, const char *name, FILE **stream,
                           ls_error *error);
ls_status ls_gnuplot_written(FILE *stream, const char *name, ls_error *error);

/* Writes `name = 'text'`, quoted so that gnuplot takes every letter of text as it is. */
void ls_gnuplot_put(FILE *stream, const char *name, const char *text);

/* Runs the script, a file of the folder; settings of the user's own are not read. *code: its exit
 * code, -1 if it was killed. words: its last line that is neither a warning nor a pointer at a
 * place. LS_UNAVAILABLE: there is no gnuplot; LS_MEMORY. */
ls_status ls_gnuplot_run(const ls_gnuplot *gnuplot, const char *script, int *code,
                         char words[LS_GNUPLOT_WORDS], ls_error *error);

#endif
