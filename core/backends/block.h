/* Blocks of memory where a backend computes: the processor's, or a device's own. What lies in a
 * device's block is reached through these functions alone. */
#ifndef LS_BACKENDS_BLOCK_H
#define LS_BACKENDS_BLOCK_H

#include "backends/backend.h"

/* Whose blocks; backend NULL: plain memory. The backend and the device must outlive every block
 * made with them. */
typedef struct ls_block_home {
  const ls_backend *backend;
  ls_device *device;
} ls_block_home;

/* 1: blocks are plain memory that the processor reads and writes itself. */
int ls_block_is_plain(ls_block_home home);

/* As ls_allocate (base/memory.h): zeroed, aligned, with slack; *block is NULL on failure. Free with
 * ls_block_free (NULL is allowed). */
ls_status ls_block_allocate(ls_block_home home, void **block, size_t bytes, const char *what,
                            ls_error *error);
void ls_block_free(ls_block_home home, void *block);

/* Sets every byte. */
ls_status ls_block_fill(ls_block_home home, void *block, int byte, size_t bytes, ls_error *error);

/* Between plain memory and a block; what was to be computed on the block before is computed first.
 * Done on return. */
ls_status ls_block_write(ls_block_home home, void *block, const void *plain, size_t bytes,
                         ls_error *error);
ls_status ls_block_read(ls_block_home home, const void *block, void *plain, size_t bytes,
                        ls_error *error);

/* *at: what the block holds, in plain memory: the block itself if it is plain, else buffer, into
 * which it is read; buffer may be NULL where blocks are plain. */
ls_status ls_block_fetch(ls_block_home home, float *block, float *buffer, size_t count, float **at,
                         ls_error *error);

/* into[i] += from[i], both blocks. */
ls_status ls_block_add(ls_block_home home, float *into, const float *from, size_t count,
                       ls_error *error);

/* What the operator made, or the gradient of it, as plain floats [height][width][channels], and
 * back. */
ls_status ls_operator_export(ls_block_home home, const ls_operator *op, const void *output,
                             float *plain, ls_error *error);
ls_status ls_operator_import(ls_block_home home, const ls_operator *op, const float *plain,
                             void *output, ls_error *error);

#endif
