#define _POSIX_C_SOURCE 200809L
#include "comm/comm_mpi.h"
#include "base/clock.h"
#include "comm/comm.h"
#include "comm/launcher.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct ls_comm {
  MPI_Comm ranks;
  int rank, size, node_rank, node_size;
  int alone; /* no launcher: MPI was not initialised at all, which saves its start-up time */
  int serves_threads;
  double time_limit; /* seconds, 0: none */
};

static ls_status check(int code, const char *what, ls_error *error) {
  if (code == MPI_SUCCESS) return LS_OK;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  return ls_fail(error, LS_COMM, "%s failed: %s", what, text);
}

/* Looks at first without a pause (on idle cores the answer comes within microseconds), then sleeps
 * between looks: a waiting rank leaves its processor to whoever computes there. */
static ls_status complete(const ls_comm *comm, int code, MPI_Request *request, const char *what,
                          ls_error *error) {
  enum { EAGER_LOOKS = 2000 };
  const struct timespec pause = {.tv_nsec = 50000};
  LS_TRY(check(code, what, error));
  double start = 0;
  for (int looks = 0, done = 0;; looks += looks <= EAGER_LOOKS) {
    LS_TRY(check(MPI_Test(request, &done, MPI_STATUS_IGNORE), what, error));
    if (done) return LS_OK;
    if (looks < EAGER_LOOKS) continue;
    if (start == 0) start = ls_seconds();
    if (comm->time_limit > 0 && ls_seconds() - start > comm->time_limit)
      return ls_fail(
          error, LS_COMM,
          "no answer from the other ranks for %.0f s (%s): one of them hangs, is stopped, or "
          "its node is gone; --time-limit sets how long to wait",
          comm->time_limit, what);
    nanosleep(&pause, NULL);
  }
}

/* Of comm->ranks. */
static ls_status find_ranks(ls_comm *comm, ls_error *error) {
  MPI_Comm_set_errhandler(comm->ranks, MPI_ERRORS_RETURN);
  MPI_Comm_rank(comm->ranks, &comm->rank);
  MPI_Comm_size(comm->ranks, &comm->size);
  MPI_Comm node;
  LS_TRY(check(
      MPI_Comm_split_type(comm->ranks, MPI_COMM_TYPE_SHARED, comm->rank, MPI_INFO_NULL, &node),
      "finding the ranks of this node", error));
  MPI_Comm_rank(node, &comm->node_rank);
  MPI_Comm_size(node, &comm->node_size);
  return check(MPI_Comm_free(&node), "MPI_Comm_free", error);
}

ls_status ls_comm_start(int *argc, char ***argv, ls_comm **out, ls_error *error) {
  *out = NULL;
  ls_comm *comm = calloc(1, sizeof *comm);
  if (!comm) return ls_fail(error, LS_MEMORY, "no memory to start");
  *comm =
      (ls_comm){.size = 1, .node_size = 1, .serves_threads = 1, .alone = ls_launcher_ranks() == 0};
  ls_status status = LS_OK;
  if (!comm->alone) {
    int provided;
    status =
        check(MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &provided), "MPI_Init", error);
    comm->serves_threads = status == LS_OK && provided >= MPI_THREAD_SERIALIZED;
    comm->ranks = MPI_COMM_WORLD;
    if (status == LS_OK) status = find_ranks(comm, error);
    if (status == LS_OK && comm->size != ls_launcher_ranks())
      status = ls_fail(
          error, LS_COMM,
          "the launcher announced %d ranks but MPI sees %d: mpirun or srun is of another MPI "
          "than this build (%s)",
          ls_launcher_ranks(), comm->size, ls_comm_library());
  }
  if (status != LS_OK) {
    free(comm);
    return status;
  }
  *out = comm;
  return LS_OK;
}

void ls_comm_finish(ls_comm *comm, int failed, int exit_code) {
  if (comm && !comm->alone) {
    if (failed && comm->size > 1) MPI_Abort(MPI_COMM_WORLD, exit_code);
    MPI_Finalize();
  }
  free(comm);
}

ls_status ls_comm_duplicate(ls_comm *comm, ls_comm **out, ls_error *error) {
  *out = NULL;
  ls_comm *twin = malloc(sizeof *twin);
  ls_status status = twin ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for a communicator");
  status = ls_comm_agree(comm, status, error);
  if (!twin || status != LS_OK) {
    free(twin);
    return status;
  }
  *twin = *comm;
  if (!comm->alone) status = check(MPI_Comm_dup(comm->ranks, &twin->ranks), "MPI_Comm_dup", error);
  if (status == LS_OK)
    *out = twin;
  else
    free(twin);
  return status;
}

/* Members keep the new communicator's ranks; the others get none. */
static ls_status split_off(ls_comm *comm, int member, ls_comm *part, ls_error *error) {
  *part = *comm;
  if (comm->alone) return LS_OK;
  LS_TRY(check(MPI_Comm_split(comm->ranks, member ? 0 : MPI_UNDEFINED, comm->rank, &part->ranks),
               "MPI_Comm_split", error));
  return member ? find_ranks(part, error) : LS_OK;
}

ls_status ls_comm_split(ls_comm *comm, int member, ls_comm **out, ls_error *error) {
  *out = NULL;
  ls_comm *part = malloc(sizeof *part);
  ls_status status = part ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for a communicator");
  status = ls_comm_agree(comm, status, error);
  if (part && status == LS_OK) status = split_off(comm, member, part, error);
  if (status == LS_OK && member)
    *out = part;
  else
    free(part);
  return status;
}

ls_status ls_comm_rest(ls_comm *comm, ls_error *error) {
  const struct timespec pause = {.tv_nsec = 2000000};
  if (comm->size == 1) return LS_OK;
  MPI_Request request;
  int done = 0;
  LS_TRY(check(MPI_Ibarrier(comm->ranks, &request), "MPI_Ibarrier", error));
  for (;;) {
    LS_TRY(check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "waiting for all ranks", error));
    if (done) return LS_OK;
    nanosleep(&pause, NULL);
  }
}

void ls_comm_free(ls_comm *twin) {
  if (twin && !twin->alone) MPI_Comm_free(&twin->ranks);
  free(twin);
}

int ls_comm_serves_threads(const ls_comm *comm) {
  return comm->serves_threads;
}

void ls_comm_set_time_limit(ls_comm *comm, double seconds) {
  comm->time_limit = seconds;
}

int ls_comm_rank(const ls_comm *comm) {
  return comm->rank;
}
int ls_comm_size(const ls_comm *comm) {
  return comm->size;
}
int ls_comm_node_rank(const ls_comm *comm) {
  return comm->node_rank;
}
int ls_comm_node_size(const ls_comm *comm) {
  return comm->node_size;
}

const char *ls_comm_library(void) {
#ifdef OMPI_MAJOR_VERSION
#define LS_TEXT2(x) #x
#define LS_TEXT(x) LS_TEXT2(x)
  return "Open MPI " LS_TEXT(OMPI_MAJOR_VERSION) "." LS_TEXT(OMPI_MINOR_VERSION) "." LS_TEXT(
      OMPI_RELEASE_VERSION);
#elif defined MPICH_VERSION
  return "MPICH " MPICH_VERSION;
#else
  return "MPI";
#endif
}

ls_status ls_comm_barrier(ls_comm *comm, ls_error *error) {
  if (comm->size == 1) return LS_OK;
  MPI_Request request;
  return complete(comm, MPI_Ibarrier(comm->ranks, &request), &request, "a barrier", error);
}

/* MPI counts are int and a reduction may take as much memory again: long blocks go in pieces of
 * this many elements. */
enum { PIECE = 1 << 24 };

ls_status ls_comm_broadcast(ls_comm *comm, void *data, size_t bytes, int root, ls_error *error) {
  if (comm->size == 1) return LS_OK;
  MPI_Request request;
  for (size_t at = 0; at < bytes; at += PIECE) {
    int count = bytes - at < PIECE ? (int)(bytes - at) : PIECE;
    LS_TRY(complete(comm,
                    MPI_Ibcast((char *)data + at, count, MPI_BYTE, root, comm->ranks, &request),
                    &request, "a broadcast", error));
  }
  return LS_OK;
}

static ls_status reduce(const ls_comm *comm, void *data, size_t count, size_t element,
                        MPI_Datatype type, MPI_Op operation, ls_error *error) {
  if (comm->size == 1) return LS_OK;
  MPI_Request request;
  for (size_t at = 0; at < count; at += PIECE) {
    int piece = count - at < PIECE ? (int)(count - at) : PIECE;
    LS_TRY(complete(comm,
                    MPI_Iallreduce(MPI_IN_PLACE, (char *)data + at * element, piece, type,
                                   operation, comm->ranks, &request),
                    &request, "a sum over the ranks", error));
  }
  return LS_OK;
}

ls_status ls_comm_sum_floats(ls_comm *comm, float *data, size_t count, ls_error *error) {
  return reduce(comm, data, count, sizeof *data, MPI_FLOAT, MPI_SUM, error);
}

ls_status ls_comm_sum_doubles(ls_comm *comm, double *data, size_t count, ls_error *error) {
  return reduce(comm, data, count, sizeof *data, MPI_DOUBLE, MPI_SUM, error);
}

ls_status ls_comm_max_doubles(ls_comm *comm, double *data, size_t count, ls_error *error) {
  return reduce(comm, data, count, sizeof *data, MPI_DOUBLE, MPI_MAX, error);
}

ls_status ls_comm_exchange_floats(ls_comm *comm, const float *send, const int *send_counts,
                                  const int *send_starts, float *receive, const int *receive_counts,
                                  const int *receive_starts, ls_error *error) {
  if (comm->size == 1) {
    if (send_counts[0])
      memcpy(receive + receive_starts[0], send + send_starts[0],
             (size_t)send_counts[0] * sizeof *send);
    return LS_OK;
  }
  MPI_Request request;
  return complete(comm,
                  MPI_Ialltoallv(send, send_counts, send_starts, MPI_FLOAT, receive, receive_counts,
                                 receive_starts, MPI_FLOAT, comm->ranks, &request),
                  &request, "an exchange of gradients", error);
}

ls_status ls_comm_share_floats(ls_comm *comm, float *data, const int *counts, const int *starts,
                               ls_error *error) {
  if (comm->size == 1) return LS_OK;
  MPI_Request request;
  return complete(comm,
                  MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_FLOAT, data, counts, starts, MPI_FLOAT,
                                  comm->ranks, &request),
                  &request, "an exchange of summed gradients", error);
}

ls_status ls_comm_gather(ls_comm *comm, const void *data, size_t bytes, void *all, int root,
                         ls_error *error) {
  if (comm->size == 1) {
    memcpy(all, data, bytes);
    return LS_OK;
  }
  if (bytes > INT_MAX)
    return ls_fail(error, LS_INTERNAL, "a gather of %zu bytes is too large", bytes);
  MPI_Request request;
  return complete(comm,
                  MPI_Igather(data, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, root,
                              comm->ranks, &request),
                  &request, "a gather", error);
}

ls_status ls_comm_agree(ls_comm *comm, ls_status status, ls_error *error) {
  if (comm->size == 1) return status;
  int first = status == LS_OK ? INT_MAX : comm->rank;
  LS_TRY(reduce(comm, &first, 1, sizeof first, MPI_INT, MPI_MIN, error));
  if (first == INT_MAX) return LS_OK;
  ls_error shared = {0};
  if (comm->rank == first && error) {
    shared = *error;
    ls_fail_within(&shared, status, "rank %d", first);
  }
  shared.status = status;
  LS_TRY(ls_comm_broadcast(comm, &shared, sizeof shared, first, error));
  shared.shared = 1;
  if (error) *error = shared;
  return shared.status;
}

MPI_Comm ls_comm_mpi(const ls_comm *comm) {
  return comm->alone ? MPI_COMM_NULL : comm->ranks;
}

ls_status ls_comm_check(int code, const char *what, ls_error *error) {
  return check(code, what, error);
}

ls_status ls_comm_complete(const ls_comm *comm, int code, MPI_Request *request, const char *what,
                           ls_error *error) {
  return complete(comm, code, request, what, error);
}
