/* The backends of this build. To add one: a folder beside this file, one line in registry.c and one
 * in CMakeLists.txt (see README.md). */
#ifndef LS_BACKENDS_REGISTRY_H
#define LS_BACKENDS_REGISTRY_H

#include "backends/backend.h"

/* Backend number i of this build, NULL after the last. */
const ls_backend *ls_backend_at(int i);

/* Finds a backend by name; NULL name: the default, never an emulated one. Returns LS_OK, LS_USAGE
 * (no such backend; the message lists those there are) or LS_UNAVAILABLE (known, but not in this
 * build or not usable on this machine; the message says why). */
ls_status ls_backend_find(const char *name, const ls_backend **backend, ls_error *error);

/* Names of backends the suite knows but this build lacks, with the package that provides them; NULL
 * after the last. For `larscale info`. */
typedef struct ls_backend_absent {
  const char *name, *needs;
} ls_backend_absent;
const ls_backend_absent *ls_backend_absent_at(int i);

#endif
