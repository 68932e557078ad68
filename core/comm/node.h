/* The ranks of one node and the memory that they share.
 *
 * Every function that says "together" is called by all ranks of the node in the same order. A block
 * of shared memory belongs to its ls_node and may be written by every rank; what one rank wrote
 * before ls_node_barrier the others may read after it.
 *
 * An MPI library puts shared memory into /dev/shm, and one that finds no room there fails on one
 * rank while the others wait for ever. So each node's first rank looks for room beforehand and
 * all get its verdict. One rank by itself (or a build without MPI) has plain memory, of which
 * nothing counts against /dev/shm.
 *
 * LARSCALE_SHARED_MEMORY in the environment (bytes, also 0): no more than that counts as free. */
#ifndef LS_COMM_NODE_H
#define LS_COMM_NODE_H

#include "comm/comm.h"

typedef struct ls_node ls_node;

/* The ranks of comm that are on this node. All ranks of comm together; comm is borrowed. LS_OK,
 * LS_MEMORY or LS_COMM. */
ls_status ls_node_new(ls_comm *comm, ls_node **node, ls_error *error);

/* Frees node and its blocks, together. failed != 0: this rank has an error that the others do not
 * know of; it does not wait for them, and ls_comm_finish must end the run. NULL is allowed. */
void ls_node_free(ls_node *node, int failed);

int ls_node_rank(const ls_node *node);
int ls_node_size(const ls_node *node);

/* Together. LS_OK or LS_COMM. */
ls_status ls_node_barrier(ls_node *node, ls_error *error);

/* Together: bytes from every rank of the node, in rank order, into all (size * bytes) on every
 * rank. LS_OK, LS_COMM or LS_INTERNAL (2 GiB or more). */
ls_status ls_node_gather(ls_node *node, const void *data, size_t bytes, void *all, ls_error *error);

/* ls_comm_agree over all ranks of comm, those of other nodes included. */
ls_status ls_node_agree(ls_node *node, ls_status status, ls_error *error);

/* One block of bytes (not 0, and the same on every rank of the node) for each node, aligned to at
 * least 16 and not yet touched: each page comes to the processor whose rank writes it first. what
 * names the block in messages. All ranks of comm together, and all get the same answer: LS_OK,
 * LS_MEMORY (how much is needed, how much free, what to do), LS_UNAVAILABLE (nobody can tell how
 * much is free), LS_USAGE (LARSCALE_SHARED_MEMORY is no number) or LS_COMM. Somebody else may still
 * take the room between the check and the use: then the system ends the rank that writes (SIGBUS),
 * and its launcher the run; a sixteenth of /dev/shm is left free, so that this is unlikely. */
ls_status ls_node_allocate(ls_node *node, size_t bytes, const char *what, void **block,
                           ls_error *error);

/* Gives one block back before ls_node_free, together. */
void ls_node_release(ls_node *node, void *block);

#endif
