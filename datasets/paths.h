/* What the user names on the command line, as a list of files. */
#ifndef LS_DATASETS_PATHS_H
#define LS_DATASETS_PATHS_H

#include "base/status.h"

#include <stddef.h>

/* Zero-initialise; freed by ls_paths_destroy, also after a failure. */
typedef struct ls_paths {
  char **file;
  size_t count, capacity;
} ls_paths;

/* Adds what path stands for: a file, as it is; a folder: every file in it that can hold events
 * (ls_source_is_candidate; not hidden ones, not subfolders), sorted by name; else a glob with *, ?
 * or [ ]: every match in order, a folder among them as above. Returns LS_OK, LS_IO (nothing there,
 * no event files in a folder, a file in it cannot be read) or LS_MEMORY. */
ls_status ls_paths_add(ls_paths *paths, const char *path, ls_error *error);

/* LS_USAGE, naming both, if one file is in the list twice, also through links. */
ls_status ls_paths_check_unique(const ls_paths *paths, ls_error *error);

void ls_paths_destroy(ls_paths *paths);

#endif
