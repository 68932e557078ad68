/* Progress of long work on standard error: one line that is rewritten on a terminal, a plain line
 * every ten seconds otherwise. */
#ifndef LS_BENCH_PROGRESS_H
#define LS_BENCH_PROGRESS_H

#include <stddef.h>

typedef struct ls_progress {
  const char *what, *unit; /* "loading", "events" */
  int shown;               /* 0: say nothing (other ranks, --json) */
  int terminal;
  double start, last;
} ls_progress;

void ls_progress_start(ls_progress *progress, const char *what, const char *unit, int shown);

/* done of total; note: more to say ("loss 1.234"), or NULL. Costs next to nothing between lines. */
void ls_progress_at(ls_progress *progress, size_t done, size_t total, const char *note);

/* Clears the terminal's line. */
void ls_progress_end(ls_progress *progress);

#endif
