/* Other programs, started and waited for. */
#ifndef LS_BENCH_STUDY_PROCESS_H
#define LS_BENCH_STUDY_PROCESS_H

#include "base/status.h"

#include <signal.h>

typedef struct ls_process_outcome {
  int exit_code;      /* 128 + N: ended by signal N */
  double seconds;     /* wall time */
  double peak_memory; /* bytes, of the largest process that it waited for */
  char last[512];     /* the last line that it wrote; the last "larscale: ..", if there is any: a
                       * launcher has more to say after it */
} ls_process_outcome;

typedef struct ls_process_watch {
  const char *log; /* a file that all its output is appended to */
  int echo;        /* 1: it is shown on standard output too */
  /* When this becomes other than 0, the program is sent SIGUSR1, which larscale takes as a request
   * to end in order, also behind mpirun; 60 s later it is killed. */
  const volatile sig_atomic_t *stop;
  /* NULL, or called about once a minute in which nothing was shown, with the seconds so far. */
  void (*waiting)(void *context, double seconds);
  void *context;
} ls_process_watch;

/* Runs a program with its words (NULL-terminated; the first is looked for in PATH), apart from this
 * one's terminal, and waits for its end. LS_IO: it cannot be started, or the log not be written. */
ls_status ls_process_run(const char *const *words, const ls_process_watch *watch,
                         ls_process_outcome *outcome, ls_error *error);

#endif
