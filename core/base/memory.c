#define _DEFAULT_SOURCE
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, HUGE_FROM = 4 << 20, LOOK_FROM = 64 << 20 };

/* Alignment of a block, and its size to a whole multiple of that, slack included. */
static size_t alignment_of(size_t bytes) {
  return bytes >= HUGE_FROM ? HUGE_PAGE : LS_ALIGNMENT;
}

static size_t rounded_size(size_t bytes) {
  size_t alignment = alignment_of(bytes);
  return (bytes + LS_ALIGNMENT + alignment - 1) / alignment * alignment;
}

ls_status ls_allocate_unset(void **block, size_t bytes, const char *what, ls_error *error) {
  *block = NULL;
  if (bytes > SIZE_MAX / 2)
    return ls_fail(error, LS_MEMORY, "%s: %zu bytes are more than a process can have", what, bytes);
  size_t available = bytes >= LOOK_FROM ? ls_memory_available() : 0; /* 0: not known */
  if (available && bytes > available)
    return ls_fail(error, LS_MEMORY,
                   "%s: %.1f MB, but only %.1f MB of memory are left; use a smaller --size or "
                   "--batch, or fewer ranks",
                   what, (double)bytes / 1e6, (double)available / 1e6);
  size_t alignment = alignment_of(bytes), rounded = rounded_size(bytes);
  void *p = aligned_alloc(alignment, rounded);
  if (!p)
    return ls_fail(error, LS_MEMORY,
                   "%s: cannot allocate %.1f MB; use a smaller --size or --batch, or fewer ranks",
                   what, (double)bytes / 1e6);
  if (alignment == HUGE_PAGE) madvise(p, rounded, MADV_HUGEPAGE);
  *block = p;
  return LS_OK;
}

ls_status ls_allocate(void **block, size_t bytes, const char *what, ls_error *error) {
  ls_status status = ls_allocate_unset(block, bytes, what, error);
  if (*block) memset(*block, 0, rounded_size(bytes));
  return status;
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

/* "max" and values near 2^63 are no limits. */
static size_t read_limit(const char *mount, const char *group, const char *file) {
  char path[4096], text[32] = "";
  snprintf(path, sizeof path, "%s%s/%s", mount, group, file);
  FILE *stream = fopen(path, "r");
  if (!stream) return SIZE_MAX;
  char *found = fgets(text, sizeof text, stream);
  fclose(stream);
  if (!found || text[0] < '0' || text[0] > '9') return SIZE_MAX;
  size_t limit = strtoull(text, NULL, 10);
  return limit < SIZE_MAX / 4 ? limit : SIZE_MAX;
}

size_t ls_memory_group_limit(const char *list, const char *mount) {
  size_t least = SIZE_MAX;
  FILE *stream = fopen(list, "r");
  if (!stream) return least;
  char line[2048], memory[2100];
  snprintf(memory, sizeof memory, "%s/memory", mount);
  while (fgets(line, sizeof line, stream)) {
    line[strcspn(line, "\n")] = 0;
    char *group = strchr(line, '/');
    int unified = !strncmp(line, "0::", 3);
    if (!group || (!unified && !strstr(line, ":memory:"))) continue;
    for (int more = 1; more;) { /* the group, and those above it */
      size_t limit = unified ? read_limit(mount, group, "memory.max")
                             : read_limit(memory, group, "memory.limit_in_bytes");
      if (limit < least) least = limit;
      char *end = strrchr(group, '/');
      more = *group != 0;
      if (end) *end = 0;
    }
  }
  fclose(stream);
  return least;
}

size_t ls_memory_available(void) {
  size_t system = proc_value("/proc/meminfo", "MemAvailable:");
  size_t limit = ls_memory_group_limit("/proc/self/cgroup", "/sys/fs/cgroup");
  if (limit == SIZE_MAX) return system;
  size_t mine = ls_memory_resident(), left = limit > mine ? limit - mine : 1;
  return left < system || !system ? left : system;
}
