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

/* Gathers bytes from every rank, in rank order, into all (size * bytes; used on root only). */
ls_status ls_comm_gather(ls_comm *comm, const void *data, size_t bytes, void *all, int root,
                         ls_error *error);

/* Every rank passes its own status and error; all get back the first rank's that is not LS_OK, with
 * "rank N: " before its message. The way to fail together. */
ls_status ls_comm_agree(ls_comm *comm, ls_status status, ls_error *error);

#endif
