/* The OpenMP threads of a rank. */
#ifndef LS_BENCH_THREADS_H
#define LS_BENCH_THREADS_H

#include "base/status.h"

/* From now on parallel regions have so many threads. LS_UNAVAILABLE if the system or OpenMP's
 * environment gives fewer: work that is cut into so many parts would never end, and OpenMP's
 * library ends the program where a thread cannot be had. Without OpenMP only 1 is available. */
ls_status ls_threads_start(int threads, ls_error *error);

#endif
