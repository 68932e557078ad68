/* Being told to stop: SIGTERM (a batch system's warning) and SIGINT (Ctrl-C). */
#ifndef LS_BENCH_STOP_REQUEST_H
#define LS_BENCH_STOP_REQUEST_H

#include <signal.h>

/* From now on the first SIGTERM or SIGINT sets a flag and lets the program end by itself; a second
 * one ends it at once. Returns the flag, which is not 0 once a signal came. */
const volatile sig_atomic_t *ls_stop_request_watch(void);

#endif
