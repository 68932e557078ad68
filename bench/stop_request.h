/* Being told to stop: SIGTERM and SIGUSR1 (a batch system's warnings) and SIGINT (Ctrl-C). */
#ifndef LS_BENCH_STOP_REQUEST_H
#define LS_BENCH_STOP_REQUEST_H

#include <signal.h>

/* From now on the first of each of these signals sets a flag and lets the program end by itself; a
 * second one of its kind ends it at once. Returns the flag, which is not 0 once a signal came.
 *
 * SIGUSR1 is the one that reaches ranks through Open MPI's mpirun: that takes SIGTERM for itself,
 * and gives its ranks a second before it kills them. */
const volatile sig_atomic_t *ls_stop_request_watch(void);

#endif
