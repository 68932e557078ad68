#define _DEFAULT_SOURCE
#include "comm/node_memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

static const char folder[] = "/dev/shm";

/* One part in so many is left free: for MPI's own segments, which grow, and for other programs. */
enum { RESERVE = 16 };

/* LARSCALE_SHARED_MEMORY, or no limit. */
static ls_status read_limit(uint64_t *limit, ls_error *error) {
  const char *text = getenv("LARSCALE_SHARED_MEMORY");
  *limit = UINT64_MAX;
  if (!text) return LS_OK;
  char *end;
  errno = 0;
  *limit = strtoull(text, &end, 10);
  if (errno || end == text || *end || *text == '-')
    return ls_fail(error, LS_USAGE,
                   "LARSCALE_SHARED_MEMORY is '%s'; give a number of bytes, or unset it", text);
  return LS_OK;
}

ls_status ls_node_memory_check(size_t bytes, const char *what, ls_error *error) {
  uint64_t limit;
  struct statvfs room;
  LS_TRY(read_limit(&limit, error));
  if (statvfs(folder, &room))
    return ls_fail(error, LS_UNAVAILABLE,
                   "%s: ranks share memory through %s, but its free space is unknown (%s); mount "
                   "it, or let each rank have memory of its own",
                   what, folder, strerror(errno));
  uint64_t block = room.f_frsize, free_bytes = room.f_bavail * block;
  uint64_t reserve = room.f_blocks * block / RESERVE;
  if (free_bytes > limit) free_bytes = limit;
  if (bytes <= free_bytes && reserve <= free_bytes - bytes) return LS_OK;
  return ls_fail(error, LS_MEMORY,
                 "%s needs %.1f MB of shared memory, but %s has %.1f MB free, of which %.1f MB are "
                 "kept for MPI; enlarge it (mount -o remount,size=.., in a container --shm-size), "
                 "use more nodes, or let each rank have memory of its own",
                 what, (double)bytes / 1e6, folder, (double)free_bytes / 1e6,
                 (double)reserve / 1e6);
}

ls_status ls_node_memory_map(size_t bytes, const char *what, void **block, ls_error *error) {
  *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (*block != MAP_FAILED) return LS_OK;
  *block = NULL;
  return ls_fail(error, LS_MEMORY, "%s: cannot allocate %.1f MB; use fewer events or more nodes",
                 what, (double)bytes / 1e6);
}

void ls_node_memory_unmap(void *block, size_t bytes) {
  munmap(block, bytes);
}
