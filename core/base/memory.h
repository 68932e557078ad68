/* Aligned memory that is zeroed, checked, and friendly to large pages. */
#ifndef LS_BASE_MEMORY_H
#define LS_BASE_MEMORY_H

#include "base/status.h"

#include <stddef.h>

/* Alignment of every block, in bytes: a cache line and the widest vector. */
enum { LS_ALIGNMENT = 64 };

/* Sets *block to bytes zeroed bytes, aligned to LS_ALIGNMENT and followed by at least one vector of
 * slack; blocks of 4 MiB and more ask for huge pages. what names the block in the message. *block
 * is NULL on failure. Returns LS_OK or LS_MEMORY: also where a large block is more than what is
 * available, as taking it would end this process or another. Free with ls_free. */
ls_status ls_allocate(void **block, size_t bytes, const char *what, ls_error *error);

/* The same, but what the block holds is not set and its pages are not touched: for buffers whose
 * end may never be needed. */
ls_status ls_allocate_unset(void **block, size_t bytes, const char *what, ls_error *error);

/* NULL is allowed. */
void ls_free(void *block);

/* Resident memory of this process in bytes, now and at its highest (0 if the system does not say).
 */
size_t ls_memory_resident(void);
size_t ls_memory_peak(void);

/* Memory that this process may still use, in bytes: what the system has, and what the limits of its
 * control groups leave, whichever is less. */
size_t ls_memory_available(void);

/* The least memory limit of the control groups that list (as /proc/self/cgroup) names, and of those
 * above them, under mount (/sys/fs/cgroup); of version 1 or 2; SIZE_MAX: none. */
size_t ls_memory_group_limit(const char *list, const char *mount);

#endif
