#include "comm/comm_mpi.h"
#include "comm/node.h"
#include "comm/node_memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct memory_block {
  struct memory_block *next;
  void *memory;
  size_t bytes;
  MPI_Win window; /* only with several ranks on the node */
} memory_block;

struct ls_node {
  ls_comm *comm;
  MPI_Comm ranks; /* MPI_COMM_NULL: one rank */
  int rank, size;
  memory_block *blocks;
};

static ls_status find_ranks(ls_node *node, ls_error *error) {
  MPI_Comm all = ls_comm_mpi(node->comm);
  if (all == MPI_COMM_NULL) return LS_OK;
  MPI_Comm ranks;
  LS_TRY(ls_comm_check(MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, ls_comm_rank(node->comm),
                                           MPI_INFO_NULL, &ranks),
                       "finding the ranks of this node", error));
  MPI_Comm_rank(ranks, &node->rank);
  MPI_Comm_size(ranks, &node->size);
  if (node->size == 1) return ls_comm_check(MPI_Comm_free(&ranks), "MPI_Comm_free", error);
  node->ranks = ranks;
  return ls_comm_check(MPI_Comm_set_errhandler(ranks, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler",
                       error);
}

ls_status ls_node_new(ls_comm *comm, ls_node **out, ls_error *error) {
  *out = NULL;
  ls_node *node = calloc(1, sizeof *node);
  ls_status status = LS_OK;
  if (node)
    *node = (ls_node){.comm = comm, .ranks = MPI_COMM_NULL, .size = 1};
  else
    status = ls_fail(error, LS_MEMORY, "no memory for the ranks of a node");
  status = ls_comm_agree(comm, status, error);
  if (status == LS_OK && node) status = find_ranks(node, error);
  if (status == LS_OK)
    *out = node;
  else
    free(node);
  return status;
}

int ls_node_rank(const ls_node *node) {
  return node->rank;
}
int ls_node_size(const ls_node *node) {
  return node->size;
}

/* The memory fences on both sides are what MPI asks for between a write and another's read. */
ls_status ls_node_barrier(ls_node *node, ls_error *error) {
  if (node->size == 1) return LS_OK;
  for (memory_block *b = node->blocks; b; b = b->next) MPI_Win_sync(b->window);
  MPI_Request request;
  LS_TRY(ls_comm_complete(node->comm, MPI_Ibarrier(node->ranks, &request), &request,
                          "MPI_Ibarrier on a node", error));
  for (memory_block *b = node->blocks; b; b = b->next) MPI_Win_sync(b->window);
  return LS_OK;
}

ls_status ls_node_gather(ls_node *node, const void *data, size_t bytes, void *all,
                         ls_error *error) {
  if (node->size == 1) {
    memcpy(all, data, bytes);
    return LS_OK;
  }
  if (bytes > INT_MAX)
    return ls_fail(error, LS_INTERNAL, "a gather of %zu bytes is too large", bytes);
  MPI_Request request;
  int count = (int)bytes;
  int code = MPI_Iallgather(data, count, MPI_BYTE, all, count, MPI_BYTE, node->ranks, &request);
  /* The checker does not see that ls_comm_complete waits. */
  /* NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker) */
  return ls_comm_complete(node->comm, code, &request, "MPI_Iallgather on a node", error);
}

ls_status ls_node_agree(ls_node *node, ls_status status, ls_error *error) {
  return ls_comm_agree(node->comm, status, error);
}

/* The first rank asks for all of it; the others see it. They write without asking each other, which
 * MPI allows between lock and unlock. */
static ls_status open_window(ls_node *node, memory_block *block, size_t bytes, ls_error *error) {
  void *mine, *memory;
  MPI_Aint share = node->rank ? 0 : (MPI_Aint)bytes, found;
  int unit;
  LS_TRY(ls_comm_check(
      MPI_Win_allocate_shared(share, 1, MPI_INFO_NULL, node->ranks, (void *)&mine, &block->window),
      "MPI_Win_allocate_shared", error));
  MPI_Win_set_errhandler(block->window, MPI_ERRORS_RETURN);
  LS_TRY(ls_comm_check(MPI_Win_shared_query(block->window, 0, &found, &unit, (void *)&memory),
                       "MPI_Win_shared_query", error));
  LS_TRY(
      ls_comm_check(MPI_Win_lock_all(MPI_MODE_NOCHECK, block->window), "MPI_Win_lock_all", error));
  block->memory = memory;
  return LS_OK;
}

ls_status ls_node_allocate(ls_node *node, size_t bytes, const char *what, void **memory,
                           ls_error *error) {
  *memory = NULL;
  memory_block *block = calloc(1, sizeof *block);
  ls_status status = LS_OK;
  if (!block)
    status = ls_fail(error, LS_MEMORY, "%s: no memory", what);
  else if (node->size == 1)
    status = ls_node_memory_map(bytes, what, &block->memory, error);
  else if (node->rank == 0)
    status = ls_node_memory_check(bytes, what, error);
  status = ls_comm_agree(node->comm, status, error);
  if (status == LS_OK && block && node->size > 1) status = open_window(node, block, bytes, error);
  if (status != LS_OK || !block) {
    if (block && block->memory) ls_node_memory_unmap(block->memory, bytes);
    free(block);
    return status;
  }
  block->bytes = bytes;
  block->next = node->blocks;
  node->blocks = block;
  *memory = block->memory;
  return LS_OK;
}

static void close_block(const ls_node *node, memory_block *block, int failed) {
  if (node->size == 1)
    ls_node_memory_unmap(block->memory, block->bytes);
  else if (!failed) {
    MPI_Win_unlock_all(block->window);
    MPI_Win_free(&block->window);
  }
  free(block);
}

void ls_node_release(ls_node *node, void *memory) {
  memory_block **at = &node->blocks;
  while (*at && (*at)->memory != memory) at = &(*at)->next;
  memory_block *block = *at;
  if (!block) return;
  *at = block->next;
  close_block(node, block, 0);
}

void ls_node_free(ls_node *node, int failed) {
  if (!node) return;
  while (node->blocks) {
    memory_block *block = node->blocks;
    node->blocks = block->next;
    close_block(node, block, failed);
  }
  if (node->ranks != MPI_COMM_NULL && !failed) MPI_Comm_free(&node->ranks);
  free(node);
}
