/* Message passing between ranks: MPI, or a single process where there is none. The only header of
 * the suite through which ranks meet; MPI's own stays in comm_mpi.c. */
#ifndef LS_COMM_COMM_H
#define LS_COMM_COMM_H

#include "base/status.h"

#include <stddef.h>

typedef struct ls_comm ls_comm;

/* Starts message passing if the program runs under mpirun or srun and the build has MPI; else a
 * single process. LS_UNAVAILABLE if several ranks were launched but this build lacks MPI, LS_COMM
 * if MPI fails or sees other ranks than the launcher announced (N ranks would each train alone). */
ls_status ls_comm_start(int *argc, char ***argv, ls_comm **comm, ls_error *error);

/* Ends message passing and frees comm (NULL is allowed). failed != 0: this rank has an error that
 * the others do not know of; they are ended too (MPI_Abort with exit_code). */
void ls_comm_finish(ls_comm *comm, int failed, int exit_code);

/* Another communicator of the same ranks, for another thread: its messages and those of comm never
 * meet. All ranks together. Free it before ls_comm_finish of comm. */
ls_status ls_comm_duplicate(ls_comm *comm, ls_comm **twin, ls_error *error);
void ls_comm_free(ls_comm *twin); /* all its ranks together; NULL is allowed */

/* Splits off the ranks that are members (member != 0), numbered in the order of comm: on them *part
 * is their communicator, on the others NULL. All ranks of comm together. Free it with ls_comm_free,
 * its members together. */
ls_status ls_comm_split(ls_comm *comm, int member, ls_comm **part, ls_error *error);

/* Waits, without a limit of time, until all ranks are here: for ranks that have nothing to do while
 * others measure. A waiting rank looks every few milliseconds, which takes well under 1% of a
 * processor, where those of a barrier look often enough to be measured. LS_OK or LS_COMM. */
ls_status ls_comm_rest(ls_comm *comm, ls_error *error);

/* Two threads may call these functions, if never at the same time. 0: the MPI library allows the
 * main thread alone. */
int ls_comm_serves_threads(const ls_comm *comm);

/* Every function that waits for other ranks gives up after so many seconds without an answer, with
 * LS_COMM: a rank hangs, is stopped, or its node is gone. 0: waits for ever (as at the start).
 * Waiting does not keep a processor busy: after a moment the thread sleeps between looks. */
void ls_comm_set_time_limit(ls_comm *comm, double seconds);

int ls_comm_rank(const ls_comm *comm);
int ls_comm_size(const ls_comm *comm);
int ls_comm_node_rank(const ls_comm *comm); /* rank among those of the same shared memory */
int ls_comm_node_size(const ls_comm *comm);
const char *ls_comm_library(void); /* "Open MPI 4.1.4", or "none" */

ls_status ls_comm_barrier(ls_comm *comm, ls_error *error);
ls_status ls_comm_broadcast(ls_comm *comm, void *data, size_t bytes, int root, ls_error *error);
/* Element by element over all ranks, in place; every rank gets the result. */
ls_status ls_comm_sum_floats(ls_comm *comm, float *data, size_t count, ls_error *error);
ls_status ls_comm_sum_doubles(ls_comm *comm, double *data, size_t count, ls_error *error);
ls_status ls_comm_max_doubles(ls_comm *comm, double *data, size_t count, ls_error *error);

/* One block of floats from every rank to every rank: rank d gets send[send_starts[d]] ..
 * send_counts[d] of them, and this rank puts what comes from rank r at receive[receive_starts[r]].
 * Counts below 2^31 in all. */
ls_status ls_comm_exchange_floats(ls_comm *comm, const float *send, const int *send_counts,
                                  const int *send_starts, float *receive, const int *receive_counts,
                                  const int *receive_starts, ls_error *error);

/* Every rank r holds data[starts[r]] .. counts[r] of them; afterwards all hold all. */
ls_status ls_comm_share_floats(ls_comm *comm, float *data, const int *counts, const int *starts,
                               ls_error *error);

/* Gathers bytes from every rank, in rank order, into all (size * bytes; used on root only). */
ls_status ls_comm_gather(ls_comm *comm, const void *data, size_t bytes, void *all, int root,
                         ls_error *error);

/* Every rank passes its own status and error; all get back the first rank's that is not LS_OK, with
 * "rank N: " before its message. The way to fail together. */
ls_status ls_comm_agree(ls_comm *comm, ls_status status, ls_error *error);

#endif
