/* The file system's cache of the files to be loaded: made cold before a time is taken. */
#ifndef LS_BENCH_HARNESS_FILE_CACHE_H
#define LS_BENCH_HARNESS_FILE_CACHE_H

#include "base/status.h"

/* Writes a file's pages to disk and asks the system to drop them from its cache (fsync,
 * posix_fadvise DONTNEED), which needs no rights. *left: the share of its pages that is cached
 * nevertheless, by mincore: others use it, or its file system lives in memory; NaN: not known.
 * Caches beyond this machine (a file server's, a disk's own) are as they were. LS_OK or LS_IO. */
ls_status ls_file_cache_drop(const char *path, double *left, ls_error *error);

#endif
