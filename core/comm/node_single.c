/* The twin of node_mpi.c for a build without MPI: one rank, whose memory is its own. */
#include "comm/node.h"
#include "comm/node_memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct memory_block {
  struct memory_block *next;
  void *memory;
  size_t bytes;
} memory_block;

struct ls_node {
  memory_block *blocks;
};

ls_status ls_node_new(ls_comm *comm, ls_node **node, ls_error *error) {
  (void)comm;
  *node = calloc(1, sizeof **node);
  return *node ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the ranks of a node");
}

int ls_node_rank(const ls_node *node) {
  return (void)node, 0;
}
int ls_node_size(const ls_node *node) {
  return (void)node, 1;
}

ls_status ls_node_barrier(ls_node *node, ls_error *error) {
  return (void)node, (void)error, LS_OK;
}

ls_status ls_node_gather(ls_node *node, const void *data, size_t bytes, void *all,
                         ls_error *error) {
  (void)node, (void)error;
  memcpy(all, data, bytes);
  return LS_OK;
}

ls_status ls_node_agree(ls_node *node, ls_status status, ls_error *error) {
  return (void)node, (void)error, status;
}

ls_status ls_node_allocate(ls_node *node, size_t bytes, const char *what, void **memory,
                           ls_error *error) {
  *memory = NULL;
  memory_block *block = calloc(1, sizeof *block);
  if (!block) return ls_fail(error, LS_MEMORY, "%s: no memory", what);
  ls_status status = ls_node_memory_map(bytes, what, memory, error);
  if (status != LS_OK) {
    free(block);
    return status;
  }
  *block = (memory_block){.next = node->blocks, .memory = *memory, .bytes = bytes};
  node->blocks = block;
  return LS_OK;
}

void ls_node_release(ls_node *node, void *memory) {
  memory_block **at = &node->blocks;
  while (*at && (*at)->memory != memory) at = &(*at)->next;
  memory_block *block = *at;
  if (!block) return;
  *at = block->next;
  ls_node_memory_unmap(block->memory, block->bytes);
  free(block);
}

void ls_node_free(ls_node *node, int failed) {
  (void)failed;
  while (node && node->blocks) ls_node_release(node, node->blocks->memory);
  free(node);
}
