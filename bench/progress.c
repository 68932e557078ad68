#define _POSIX_C_SOURCE 200809L
#include "bench/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

void ls_progress_start(ls_progress *progress, const char *what, const char *unit, int shown) {
  double now = ls_seconds();
  *progress = (ls_progress){.what = what,
                            .unit = unit,
                            .shown = shown,
                            .terminal = isatty(STDERR_FILENO),
                            .start = now,
                            .last = now};
}

static void duration(double seconds, char *text, size_t length) {
  if (seconds < 60)
    snprintf(text, length, "%.0f s", seconds);
  else if (seconds < 3600)
    snprintf(text, length, "%.0f min %02d s", (double)(int)(seconds / 60), (int)seconds % 60);
  else
    snprintf(text, length, "%.0f h %02d min", (double)(int)(seconds / 3600),
             (int)seconds / 60 % 60);
}

void ls_progress_at(ls_progress *progress, size_t done, size_t total, const char *note) {
  if (!progress->shown) return;
  double now = ls_seconds(), every = progress->terminal ? 0.2 : 10;
  if (now - progress->last < every) return;
  progress->last = now;
  double rate = (double)done / (now - progress->start);
  char left[32] = "?";
  if (rate > 0) duration((double)(total - done) / rate, left, sizeof left);
  fprintf(stderr, "%s%s: %zu of %zu %s, %.3g %s/s, %s left%s%s%s",
          progress->terminal ? "\r\033[K" : "", progress->what, done, total, progress->unit, rate,
          progress->unit, left, note ? ", " : "", note ? note : "", progress->terminal ? "" : "\n");
  fflush(stderr);
}

void ls_progress_end(ls_progress *progress) {
  if (progress->shown && progress->terminal) fputs("\r\033[K", stderr);
}
