/* Files that appear under their final name only when they are complete. */
#ifndef LS_BASE_OUTPUT_FILE_H
#define LS_BASE_OUTPUT_FILE_H

#include "base/status.h"

#include <stdio.h>

typedef struct ls_output_file {
  FILE *stream;    /* write here; NULL after commit or discard */
  char *path;      /* where it will be: links are followed */
  char *temporary; /* path with ".partial-PID" appended, in the same folder */
  int cause;       /* errno of the first ls_output_write or ls_output_sync that failed */
} ls_output_file;

/* Opens a temporary file beside path (an existing path stays as it is until the commit).
 * Returns LS_OK, LS_IO (also as ls_output_names says) or LS_MEMORY. */
ls_status ls_output_open(ls_output_file *file, const char *path, ls_error *error);

/* fwrite to the stream, remembering why it failed for the commit's message. */
void ls_output_write(ls_output_file *file, const void *bytes, size_t length);

/* Flushes and syncs what was written so far: the commit then takes no time worth speaking of. Where
 * several files belong together, all are synced before the first is committed, so that a death
 * finds them under their final names together or not at all. An error is found by the commit. */
void ls_output_sync(ls_output_file *file);

/* Flushes, syncs, closes and renames to the final name. Any earlier write error (a full disk) is
 * found here: the temporary file is then removed and LS_IO returned. */
ls_status ls_output_commit(ls_output_file *file, ls_error *error);

/* Closes and removes the temporary file. Harmless after commit or on a zeroed struct. */
void ls_output_discard(ls_output_file *file);

/* For libraries that open files themselves (HDF5): where a file of this name will be, and under
 * which name it is to be written; free() both, NULL on failure. What is not replaced: a folder, a
 * device, a pipe (LS_IO); a link stays, and what it leads to is replaced. Afterwards
 * ls_output_rename(temporary, target) completes the file: syncs and renames; on failure it removes
 * the temporary file and returns LS_IO. */
ls_status ls_output_names(const char *path, char **target, char **temporary, ls_error *error);

/* Before any work: whether a file may be written there. LS_USAGE: there is one, and overwrite is 0;
 * else as ls_output_names. */
ls_status ls_output_check(const char *path, int overwrite, ls_error *error);

/* Whether it can be written there: makes the temporary file and removes it. LS_IO, LS_MEMORY. */
ls_status ls_output_try(const char *path, ls_error *error);

ls_status ls_output_rename(const char *temporary, const char *path, ls_error *error);

/* Makes a folder and its missing parents; an existing folder is fine. Returns LS_OK or LS_IO. */
ls_status ls_make_folder(const char *path, ls_error *error);

/* Waits until the names in a folder (files made, renamed, removed) are on disk: syncing a file does
 * not do that. A file system that cannot sync folders is no failure. Returns LS_OK or LS_IO. */
ls_status ls_sync_folder(const char *path, ls_error *error);

#endif
