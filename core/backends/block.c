#include "backends/block.h"

#include "base/memory.h"

#include <string.h>

int ls_block_is_plain(ls_block_home home) {
  return !home.backend || !home.backend->memory;
}

ls_status ls_block_allocate(ls_block_home home, void **block, size_t bytes, const char *what,
                            ls_error *error) {
  if (ls_block_is_plain(home)) {
    /* Zeroed by all threads: a page lies in the memory of the socket that first writes to it, and
     * so a block is spread over the sockets of the rank's threads. */
    LS_TRY(ls_allocate_unset(block, bytes, what, error));
    return ls_block_fill(home, *block, 0, bytes + LS_ALIGNMENT, error);
  }
  return home.backend->memory->allocate(home.device, block, bytes, what, error);
}

void ls_block_free(ls_block_home home, void *block) {
  if (!block) return;
  if (ls_block_is_plain(home))
    ls_free(block);
  else
    home.backend->memory->release(home.device, block);
}

ls_status ls_block_fill(ls_block_home home, void *block, int byte, size_t bytes, ls_error *error) {
  if (!ls_block_is_plain(home))
    return home.backend->memory->fill(home.device, block, byte, bytes, error);
  enum { SPAN = 1 << 16 };
#pragma omp parallel for schedule(static)
  for (size_t at = 0; at < bytes; at += SPAN)
    memset((char *)block + at, byte, bytes - at < SPAN ? bytes - at : SPAN);
  return LS_OK;
}

ls_status ls_block_write(ls_block_home home, void *block, const void *plain, size_t bytes,
                         ls_error *error) {
  if (!ls_block_is_plain(home))
    return home.backend->memory->write(home.device, block, plain, bytes, error);
  memcpy(block, plain, bytes);
  return LS_OK;
}

ls_status ls_block_read(ls_block_home home, const void *block, void *plain, size_t bytes,
                        ls_error *error) {
  if (!ls_block_is_plain(home))
    return home.backend->memory->read(home.device, block, plain, bytes, error);
  memcpy(plain, block, bytes);
  return LS_OK;
}

ls_status ls_block_fetch(ls_block_home home, float *block, float *buffer, size_t count, float **at,
                         ls_error *error) {
  int plain = ls_block_is_plain(home);
  *at = plain ? block : buffer;
  return plain ? LS_OK : ls_block_read(home, block, buffer, count * sizeof *block, error);
}

ls_status ls_block_add(ls_block_home home, float *into, const float *from, size_t count,
                       ls_error *error) {
  if (!ls_block_is_plain(home))
    return home.backend->memory->add(home.device, into, from, count, error);
#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < count; i++) into[i] += from[i];
  return LS_OK;
}

ls_status ls_operator_export(ls_block_home home, const ls_operator *op, const void *output,
                             float *plain, ls_error *error) {
  if (op->functions->export_output) return op->functions->export_output(op, output, plain, error);
  return ls_block_read(home, output, plain, op->sizes.output, error);
}

ls_status ls_operator_import(ls_block_home home, const ls_operator *op, const float *plain,
                             void *output, ls_error *error) {
  if (op->functions->import_output) return op->functions->import_output(op, plain, output, error);
  return ls_block_write(home, output, plain, op->sizes.output, error);
}
