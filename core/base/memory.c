#define _DEFAULT_SOURCE
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, HUGE_FROM = 4 << 20 };

ls_status ls_allocate(void **block, size_t bytes, const char *what, ls_error *error) {
  *block = NULL;
  size_t alignment = bytes >= HUGE_FROM ? HUGE_PAGE : LS_ALIGNMENT;
  if (bytes > SIZE_MAX / 2)
    return ls_fail(error, LS_MEMORY, "%s: %zu bytes are more than a process can have", what, bytes);
  size_t rounded = (bytes + LS_ALIGNMENT + alignment - 1) / alignment * alignment;
  void *p = aligned_alloc(alignment, rounded);
  if (!p)
    return ls_fail(error, LS_MEMORY,
                   "%s: cannot allocate %.1f MB; use a smaller --size or --batch, or fewer ranks",
                   what, (double)bytes / 1e6);
  if (alignment == HUGE_PAGE) madvise(p, rounded, MADV_HUGEPAGE);
  memset(p, 0, rounded);
  *block = p;
  return LS_OK;
}

void ls_free(void *block) {
  free(block);
}

/* The number, in bytes, of a line such as "VmHWM:   1234 kB" of a /proc file. */
static size_t proc_value(const char *path, const char *key) {
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  char line[256];
  size_t kilobytes = 0;
  while (fgets(line, sizeof line, file))
    if (!strncmp(line, key, strlen(key))) {
      kilobytes = strtoull(line + strlen(key), NULL, 10);
      break;
    }
  fclose(file);
  return kilobytes * 1024;
}

size_t ls_memory_resident(void) {
  return proc_value("/proc/self/status", "VmRSS:");
}
size_t ls_memory_peak(void) {
  return proc_value("/proc/self/status", "VmHWM:");
}
size_t ls_memory_available(void) {
  return proc_value("/proc/meminfo", "MemAvailable:");
}
