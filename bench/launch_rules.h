/* How many threads a rank gets, and whether a node's ranks get in each other's way: pure functions
 * of where the ranks may run. */
#ifndef LS_BENCH_LAUNCH_RULES_H
#define LS_BENCH_LAUNCH_RULES_H

#include "machine/processors.h"

#include <stddef.h>

typedef struct ls_launch_rank {
  char host[64];
  int node; /* the lowest rank of its node */
  int node_rank;
  int threads;
  ls_place place;
} ls_launch_rank;

/* Threads for one of a node's ranks (count of them): its cores, where a core that N of them may use
 * counts 1/N; rounded down, at least 1. All ranks together then need no more than there are, unless
 * there are more ranks than cores. */
int ls_launch_threads(const ls_launch_rank *node_ranks, int count, int which);

/* Number of different nodes. */
int ls_launch_nodes(const ls_launch_rank *ranks, size_t count);

/* Where more threads run than there are cores for them. */
typedef struct ls_launch_crowd {
  const char *host;
  int ranks, threads; /* that have no other cores; threads of all of them */
  int cores;
  int node_cores;   /* that the node has for the job */
  int node_threads; /* of all ranks of the node */
  int most_threads; /* of one rank of the node */
} ls_launch_crowd;

/* The worst on the first node that has one; number of such nodes, 0: all threads have a core. */
int ls_launch_find_crowd(const ls_launch_rank *ranks, size_t count, ls_launch_crowd *crowd);

/* "2 ranks x 1 threads on cores 0-1 (2 of 16), bound to 1 each" for the node of that number. */
void ls_launch_describe_node(const ls_launch_rank *ranks, size_t count, int node, char *text,
                             size_t length);

#endif
