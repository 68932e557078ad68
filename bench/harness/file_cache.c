#define _DEFAULT_SOURCE
#include "bench/harness/file_cache.h"

#include "base/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* NaN: the system does not say. */
static double cached_share(int descriptor, size_t bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (bytes + page - 1) / page, cached = 0;
  if (!pages) return 0;
  void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  if (map == MAP_FAILED) return NAN;
  unsigned char *states = malloc(pages);
  int known = states && !mincore(map, bytes, states);
  for (size_t i = 0; known && i < pages; i++) cached += states[i] & 1;
  free(states);
  munmap(map, bytes);
  return known ? (double)cached / (double)pages : NAN;
}

ls_status ls_file_cache_drop(const char *path, double *left, ls_error *error) {
  int descriptor;
  struct stat file;
  *left = NAN;
  LS_TRY(ls_input_open(path, &descriptor, error));
  fsync(descriptor); /* a page that is not on disk yet stays; one that cannot be written shows */
  int cause = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  if (!cause && !fstat(descriptor, &file)) *left = cached_share(descriptor, (size_t)file.st_size);
  close(descriptor);
  if (!cause) return LS_OK;
  return ls_fail(error, LS_IO, "%s: cannot be dropped from the file cache: %s", path,
                 strerror(cause));
}
