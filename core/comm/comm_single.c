/* The twin of comm_mpi.c for a build without MPI: one rank. */
#include "comm/comm.h"
#include "comm/launcher.h"

#include <stdlib.h>
#include <string.h>

struct ls_comm {
  char unused;
};

ls_status ls_comm_start(int *argc, char ***argv, ls_comm **comm, ls_error *error) {
  (void)argc, (void)argv;
  *comm = NULL;
  int ranks = ls_launcher_ranks();
  if (ranks > 1)
    return ls_fail(
        error, LS_UNAVAILABLE,
        "started with %d ranks, but this build has no MPI: each would run alone; build with MPI "
        "(libopenmpi-dev) or start one process",
        ranks);
  *comm = calloc(1, sizeof **comm);
  return *comm ? LS_OK : ls_fail(error, LS_MEMORY, "no memory to start");
}

void ls_comm_finish(ls_comm *comm, int failed, int exit_code) {
  (void)failed, (void)exit_code;
  free(comm);
}

ls_status ls_comm_duplicate(ls_comm *comm, ls_comm **twin, ls_error *error) {
  (void)comm;
  *twin = calloc(1, sizeof **twin);
  return *twin ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for a communicator");
}

ls_status ls_comm_split(ls_comm *comm, int member, ls_comm **part, ls_error *error) {
  *part = NULL;
  return member ? ls_comm_duplicate(comm, part, error) : LS_OK;
}

ls_status ls_comm_rest(ls_comm *comm, ls_error *error) {
  return (void)comm, (void)error, LS_OK;
}

void ls_comm_free(ls_comm *twin) {
  free(twin);
}

int ls_comm_serves_threads(const ls_comm *comm) {
  return (void)comm, 1;
}

void ls_comm_set_time_limit(ls_comm *comm, double seconds) {
  (void)comm, (void)seconds;
}

int ls_comm_rank(const ls_comm *comm) {
  return (void)comm, 0;
}
int ls_comm_size(const ls_comm *comm) {
  return (void)comm, 1;
}
int ls_comm_node_rank(const ls_comm *comm) {
  return (void)comm, 0;
}
int ls_comm_node_size(const ls_comm *comm) {
  return (void)comm, 1;
}
const char *ls_comm_library(void) {
  return "none";
}

ls_status ls_comm_barrier(ls_comm *comm, ls_error *error) {
  return (void)comm, (void)error, LS_OK;
}

ls_status ls_comm_broadcast(ls_comm *comm, void *data, size_t bytes, int root, ls_error *error) {
  return (void)comm, (void)data, (void)bytes, (void)root, (void)error, LS_OK;
}

ls_status ls_comm_sum_floats(ls_comm *comm, float *data, size_t count, ls_error *error) {
  return (void)comm, (void)data, (void)count, (void)error, LS_OK;
}

ls_status ls_comm_sum_doubles(ls_comm *comm, double *data, size_t count, ls_error *error) {
  return (void)comm, (void)data, (void)count, (void)error, LS_OK;
}

ls_status ls_comm_max_doubles(ls_comm *comm, double *data, size_t count, ls_error *error) {
  return (void)comm, (void)data, (void)count, (void)error, LS_OK;
}

ls_status ls_comm_exchange_floats(ls_comm *comm, const float *send, const int *send_counts,
                                  const int *send_starts, float *receive, const int *receive_counts,
                                  const int *receive_starts, ls_error *error) {
  (void)comm, (void)receive_counts, (void)error;
  if (send_counts[0])
    memcpy(receive + receive_starts[0], send + send_starts[0],
           (size_t)send_counts[0] * sizeof *send);
  return LS_OK;
}

ls_status ls_comm_share_floats(ls_comm *comm, float *data, const int *counts, const int *starts,
                               ls_error *error) {
  return (void)comm, (void)data, (void)counts, (void)starts, (void)error, LS_OK;
}

ls_status ls_comm_gather(ls_comm *comm, const void *data, size_t bytes, void *all, int root,
                         ls_error *error) {
  (void)comm, (void)root, (void)error;
  memcpy(all, data, bytes);
  return LS_OK;
}

ls_status ls_comm_agree(ls_comm *comm, ls_status status, ls_error *error) {
  return (void)comm, (void)error, status;
}
