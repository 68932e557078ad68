/* A sum over the slots of a global batch whose value does not depend on who holds which slot.
 *
 * Float addition is not associative, so the order is fixed: a binary tree over the slot numbers.
 * Node (level, index) is the sum of slots index * 2^level .. (index + 1) * 2^level - 1: its left
 * half plus its right half, or the one half that is there where the other has no image. A rank sums
 * the largest nodes inside its run of slots by itself, each in one buffer; what the ranks then
 * exchange are these nodes (one a rank where runs are equal powers of two), and everyone adds the
 * same pairs. One rank with all slots gets the same bits as a thousand with one each. */
#ifndef LS_TRAIN_SLOT_SUM_H
#define LS_TRAIN_SLOT_SUM_H

#include <stddef.h>

typedef struct ls_slot_node {
  int level;
  size_t index;
} ls_slot_node;

/* Most nodes that a run of slots falls into. */
enum { LS_MOST_SLOT_NODES = 2 * 64 };

/* The largest nodes of slots first .. first + count - 1, in rising order of slots. nodes has room
 * for LS_MOST_SLOT_NODES. Returns how many there are. */
int ls_slot_nodes(size_t first, size_t count, ls_slot_node *nodes);

/* A rank's own nodes while its slots are finished one after the other: like a binary counter, two
 * neighbours become one node as soon as both are there. */
typedef struct ls_slot_stack {
  ls_slot_node node[LS_MOST_SLOT_NODES];
  int buffer[LS_MOST_SLOT_NODES]; /* number of the buffer that holds the node's sum */
  int count;
} ls_slot_stack;

/* Most buffers in use at a time, that of the slot in work included, for this run. */
int ls_slot_buffers(size_t first, size_t count);

/* The slot is finished and its value lies in buffer. Returns how many additions follow: addition i
 * adds buffer from[i] to buffer into[i], in this order; a from buffer is free afterwards. from,
 * into: room for 64 numbers. */
int ls_slot_stack_push(ls_slot_stack *stack, size_t slot, int buffer, int *into, int *from);

/* Sums nodes of any ranks, together disjoint and in rising order of slots: out[i], i < count.
 * parts: one pointer for each node. */
void ls_slot_sum(const ls_slot_node *nodes, const float *const *parts, int node_count, float *out,
                 size_t count);

#endif
