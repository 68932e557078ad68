/* How the ranks were started: where each may run and with how many threads, as it really is; said
 * to people, recorded, and warned of where cores are shared. */
#ifndef LS_BENCH_LAUNCH_H
#define LS_BENCH_LAUNCH_H

#include "bench/launch_rules.h"
#include "comm/comm.h"

struct cJSON;

typedef struct ls_launch {
  int threads;           /* of this rank */
  ls_launch_rank *ranks; /* of all ranks, in order, on rank 0; NULL on the others */
  size_t count;          /* 0 on the others */
} ls_launch;

/* Threads that the user asks for: wanted (--threads) if that is not 0, else OMP_NUM_THREADS; 0: no
 * wish. Always 1 in a build without OpenMP. */
int ls_launch_wanted_threads(long wanted);

/* Finds out where the ranks run and chooses the threads of this one, unless wanted_threads says how
 * many. All ranks together; an error is every rank's. Free with ls_launch_destroy. */
ls_status ls_launch_open(ls_comm *comm, int wanted_threads, ls_launch *launch, ls_error *error);
void ls_launch_destroy(ls_launch *launch); /* a zeroed struct is fine */

/* Rank 0: a line for each node, or each row of nodes that are alike, on standard output if talks;
 * a warning on standard error if threads share cores. Says nothing on the others. */
void ls_launch_print(const ls_launch *launch, int talks);

/* Rank 0: adds "launch" to the environment: launcher, nodes, oversubscribed, and for each rank
 * {rank, host, node, node_rank, binding (the processors it may use), cores (how many these are),
 * bound (to fewer processors than the node has for the job), packages and numa_nodes that they lie
 * in (null: not known), threads}. */
void ls_launch_record(const ls_launch *launch, struct cJSON *environment);

#endif
