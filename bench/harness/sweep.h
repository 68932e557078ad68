/* Several numbers of nodes, one after the other, in one launch: which ranks take part in a point,
 * and where they run. The others sleep meanwhile (ls_comm_rest). */
#ifndef LS_BENCH_HARNESS_SWEEP_H
#define LS_BENCH_HARNESS_SWEEP_H

#include "bench/launch.h"
#include "bench/options.h"
#include "comm/comm.h"

enum { LS_MOST_POINTS = 64 };

typedef struct ls_sweep {
  int virtual_nodes; /* 1: a rank with its cores counts as a node; 0: a host with all its ranks */
  int nodes;         /* that there are */
  int *node_of_rank; /* [ranks of comm], from 0 on in the order of the nodes' first ranks */
  int ranks;
  int counts[LS_MOST_POINTS]; /* numbers of nodes, rising */
  int count;
} ls_sweep;

/* Reads --nodes and --node-is. launch: of comm. may_exceed: 1 if more nodes than there are can be
 * emulated. All ranks together; an error is every rank's. LS_USAGE: no number, 0, not rising,
 * twice, more than there are. Free with ls_sweep_close. */
ls_status ls_sweep_open(const ls_settings *settings, ls_comm *comm, const ls_launch *launch,
                        int may_exceed, ls_sweep *sweep, ls_error *error);
void ls_sweep_close(ls_sweep *sweep); /* a zeroed struct is fine */

/* The number of each rank's node, counted in the order of the nodes' first ranks; how many nodes
 * there are. */
int ls_sweep_number_nodes(const ls_launch_rank *ranks, int count, int virtual_nodes,
                          int *node_of_rank);

/* Whether a rank is in the first nodes. */
int ls_sweep_has(const ls_sweep *sweep, int nodes, int rank);
int ls_sweep_ranks(const ls_sweep *sweep, int nodes); /* how many are */

/* Where the first nodes' ranks run, as it really is. On rank 0, whose launch is known. */
typedef struct ls_point_place {
  int crowded;    /* 1: threads share cores */
  char text[512]; /* what is said of each host, "; " between unlike ones */
} ls_point_place;
ls_status ls_sweep_place(const ls_sweep *sweep, const ls_launch *launch, int nodes,
                         ls_point_place *place, ls_error *error);

#endif
