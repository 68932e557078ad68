/* The settings of the backend openmp that this machine can run. */
#ifndef LS_TESTS_BACKENDS_OPENMP_SETS_H
#define LS_TESTS_BACKENDS_OPENMP_SETS_H

#include "backends/backend.h"

extern const char *const ls_openmp_isas[];  /* NULL-terminated: all that there are */
extern const char *const ls_openmp_skips[]; /* likewise */

/* 1 if the machine runs it; else 0, and a line is printed that says it is skipped. */
int ls_openmp_runs(const ls_backend *openmp, const char *isa);

#endif
