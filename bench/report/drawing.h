/* Runs gnuplot on the scripts of plots/, in a folder of its own that holds them and a link "run-N"
 * to each run's folder, so that no name of a folder needs quoting. */
#ifndef LS_BENCH_REPORT_DRAWING_H
#define LS_BENCH_REPORT_DRAWING_H

#include "bench/report/runs.h"
#include "gnuplot/gnuplot.h"

typedef struct ls_drawing_room ls_drawing_room;

/* LS_IO: no folder can be made ($TMPDIR or /tmp). */
ls_status ls_drawing_room_open(const ls_report_runs *runs, ls_drawing_room **room, ls_error *error);
/* Removes the folder. NULL is allowed. */
void ls_drawing_room_close(ls_drawing_room *room);

typedef struct ls_drawing {
  const char *script;  /* "load_time" */
  const char *runs;    /* "run-1 run-4" */
  const char *caption; /* machine, date, revision */
  const char *format;  /* "svg", "png", "pdf" */
} ls_drawing;

/* Draws into picture, bytes of the file, to be freed. NULL with LS_OK: the runs hold no rows for
 * this figure, words say which are missing. LS_UNAVAILABLE: no gnuplot; LS_INTERNAL: gnuplot fails,
 * with its own words; LS_MEMORY; LS_IO. */
ls_status ls_drawing_draw(const ls_drawing_room *room, const ls_drawing *drawing, char **picture,
                          size_t *length, char words[LS_GNUPLOT_WORDS], ls_error *error);

/* A picture's file, whole; to be freed. LS_IO, LS_FORMAT (empty), LS_MEMORY. */
ls_status ls_drawing_read(const char *path, char **picture, size_t *length, ls_error *error);

#endif
