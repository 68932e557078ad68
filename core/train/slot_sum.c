#include "train/slot_sum.h"

#include <string.h>

int ls_slot_nodes(size_t first, size_t count, ls_slot_node *nodes) {
  int made = 0;
  for (size_t at = first, end = first + count; at < end; made++) {
    int level = 0;
    while (at % ((size_t)2 << level) == 0 && at + ((size_t)2 << level) <= end) level++;
    nodes[made] = (ls_slot_node){level, at >> level};
    at += (size_t)1 << level;
  }
  return made;
}

int ls_slot_stack_push(ls_slot_stack *stack, size_t slot, int buffer, int *into, int *from) {
  int additions = 0;
  ls_slot_node node = {0, slot};
  while (stack->count) {
    const ls_slot_node *below = &stack->node[stack->count - 1];
    if (below->level != node.level || below->index % 2 || below->index + 1 != node.index) break;
    stack->count--;
    into[additions] = stack->buffer[stack->count];
    from[additions++] = buffer;
    buffer = stack->buffer[stack->count];
    node = (ls_slot_node){node.level + 1, node.index / 2};
  }
  stack->node[stack->count] = node;
  stack->buffer[stack->count++] = buffer;
  return additions;
}

int ls_slot_buffers(size_t first, size_t count) {
  ls_slot_stack stack = {.count = 0};
  int most = 1, into[64], from[64];
  for (size_t i = 0; i < count; i++) {
    if (stack.count + 1 > most) most = stack.count + 1;
    ls_slot_stack_push(&stack, first + i, 0, into, from);
  }
  return most;
}

/* Floats that are summed at a time: the tree's intermediate values stay in the nearest cache. */
enum { TILE = 1024 };

typedef struct tree {
  const ls_slot_node *nodes;
  const float *const *parts;
  int count, next; /* nodes before next have been summed */
  size_t offset;   /* of the tile */
} tree;

/* Whether a node that is still to come begins before slot end. */
static int comes_before(const tree *t, size_t end) {
  return t->next < t->count && t->nodes[t->next].index << t->nodes[t->next].level < end;
}

/* Writes node (level, index), which holds at least one part, to out. */
static void sum_node(tree *t, int level, size_t index, float *out, size_t count) {
  const ls_slot_node *next = &t->nodes[t->next];
  if (level == 0 || (next->level == level && next->index == index)) {
    memcpy(out, t->parts[t->next++] + t->offset, count * sizeof *out);
    return;
  }
  level--;
  int left = comes_before(t, (2 * index + 1) << level);
  if (left) sum_node(t, level, 2 * index, out, count);
  if (!comes_before(t, (2 * index + 2) << level)) return;
  if (!left) {
    sum_node(t, level, 2 * index + 1, out, count);
    return;
  }
  float right[TILE];
  sum_node(t, level, 2 * index + 1, right, count);
  for (size_t i = 0; i < count; i++) out[i] += right[i];
}

void ls_slot_sum(const ls_slot_node *nodes, const float *const *parts, int node_count, float *out,
                 size_t count) {
  if (!node_count) {
    memset(out, 0, count * sizeof *out);
    return;
  }
  const ls_slot_node *last = &nodes[node_count - 1];
  size_t end = (last->index + 1) << last->level;
  int root = 0;
  while (((size_t)1 << root) < end) root++;
  for (size_t offset = 0; offset < count; offset += TILE) {
    tree t = {.nodes = nodes, .parts = parts, .count = node_count, .offset = offset};
    sum_node(&t, root, 0, out + offset, count - offset < TILE ? count - offset : TILE);
  }
}
