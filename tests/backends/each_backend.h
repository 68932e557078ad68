/* Runs a set of checks as one cmocka test for each registered backend and variant. */
#ifndef LS_TESTS_BACKENDS_EACH_BACKEND_H
#define LS_TESTS_BACKENDS_EACH_BACKEND_H

#include "backends/backend.h"

typedef struct ls_backend_check {
  const char *name;
  ls_status (*check)(const ls_backend *, const char *variant, ls_error *);
} ls_backend_check;

/* A backend that says it cannot run on this machine is a visible skip; any status but LS_OK is a
 * failure. LARSCALE_TEST_BACKENDS=NAME,NAME.. in the environment: these backends alone. Returns the
 * program's exit code. */
int ls_run_for_each_backend(const ls_backend_check *checks, int count);

#endif
