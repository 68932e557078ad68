/* Checks of message passing, on every rank; test_comm.sh starts them under mpirun.
 * usage: comm_checks all|fail RANKS. A rank that is content prints "passed". */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"
#include "comm/comm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXPECT(condition)                                                                          \
  do {                                                                                             \
    if (!(condition))                                                                              \
      return ls_fail(error, LS_INTERNAL, "%s:%d: not so: %s", __FILE__, __LINE__, #condition);     \
  } while (0)

/* More elements than go in one piece. */
enum { LONG = (1 << 24) + 1000 };

static ls_status identity(ls_comm *comm, int ranks, ls_error *error) {
  int rank = ls_comm_rank(comm);
  EXPECT(ls_comm_size(comm) == ranks);
  EXPECT(rank >= 0 && rank < ranks);
  /* The test runs on one machine. */
  EXPECT(ls_comm_node_size(comm) == ranks);
  EXPECT(ls_comm_node_rank(comm) == rank);
  EXPECT(*ls_comm_library());
  double seen[8] = {0};
  seen[rank] = 1;
  LS_TRY(ls_comm_sum_doubles(comm, seen, 8, error));
  for (int r = 0; r < 8; r++) EXPECT((int)seen[r] == (r < ranks));
  return LS_OK;
}

static ls_status sum_long(ls_comm *comm, float *data, int ranks, ls_error *error) {
  float mine = (float)(ls_comm_rank(comm) + 1);
  for (size_t i = 0; i < LONG; i++) data[i] = mine * (float)(i % 7);
  LS_TRY(ls_comm_sum_floats(comm, data, LONG, error));
  const int total = ranks * (ranks + 1) / 2;
  size_t wrong = 0;
  for (size_t i = 0; i < LONG; i++) wrong += data[i] != (float)total * (float)(i % 7);
  EXPECT(wrong == 0);
  return LS_OK;
}

static ls_status sums(ls_comm *comm, int ranks, ls_error *error) {
  float *data = malloc(LONG * sizeof *data);
  EXPECT(data);
  ls_status status = sum_long(comm, data, ranks, error);
  free(data);
  LS_TRY(status);
  double two[2] = {0.5, ls_comm_rank(comm) * 1e10};
  LS_TRY(ls_comm_sum_doubles(comm, two, 2, error));
  EXPECT(two[0] == 0.5 * ranks);
  const int others = ranks * (ranks - 1) / 2;
  EXPECT(two[1] == 1e10 * others);
  return ls_comm_sum_doubles(comm, NULL, 0, error);
}

static ls_status maximum(ls_comm *comm, int ranks, ls_error *error) {
  int rank = ls_comm_rank(comm);
  double values[3] = {rank, -rank, 7};
  LS_TRY(ls_comm_max_doubles(comm, values, 3, error));
  EXPECT(values[0] == ranks - 1);
  EXPECT(values[1] == 0);
  EXPECT(values[2] == 7);
  return LS_OK;
}

static unsigned char pattern(size_t i, int root) {
  return (unsigned char)(i % 251 + (unsigned)root);
}

static ls_status broadcast(ls_comm *comm, int ranks, ls_error *error) {
  unsigned char *data = malloc(LONG);
  EXPECT(data);
  size_t wrong = 0;
  ls_status status = LS_OK;
  for (int root = 0; root < ranks && status == LS_OK; root++) {
    for (size_t i = 0; i < LONG; i++)
      data[i] = ls_comm_rank(comm) == root ? pattern(i, root) : (unsigned char)0xff;
    status = ls_comm_broadcast(comm, data, LONG, root, error);
    for (size_t i = 0; i < LONG; i++) wrong += data[i] != pattern(i, root);
  }
  free(data);
  LS_TRY(status);
  EXPECT(wrong == 0);
  return LS_OK;
}

static ls_status gather(ls_comm *comm, int ranks, ls_error *error) {
  int rank = ls_comm_rank(comm);
  for (int root = 0; root < ranks; root++) {
    int mine[2] = {rank * 10, root}, all[8][2] = {{0}};
    LS_TRY(ls_comm_gather(comm, mine, sizeof mine, rank == root ? all : NULL, root, error));
    for (int r = 0; rank == root && r < ranks; r++)
      EXPECT(all[r][0] == r * 10 && all[r][1] == root);
  }
  return LS_OK;
}

/* Nobody passes before the last one comes, who is late. */
static ls_status barrier(ls_comm *comm, int ranks, ls_error *error) {
  const struct timespec late = {.tv_nsec = 300000000};
  LS_TRY(ls_comm_barrier(comm, error));
  double start = ls_seconds();
  if (ls_comm_rank(comm) == ranks - 1) nanosleep(&late, NULL);
  LS_TRY(ls_comm_barrier(comm, error));
  EXPECT(ls_seconds() - start > 0.2);
  return LS_OK;
}

/* The ranks from first on fail; all must get the message of the first. */
static ls_status agree_on(ls_comm *comm, int first, ls_error *error) {
  ls_error mine = {0};
  char expected[64];
  int rank = ls_comm_rank(comm), alone = ls_comm_size(comm) == 1;
  ls_status status = LS_OK;
  if (rank >= first) status = ls_fail(&mine, rank == first ? LS_FORMAT : LS_IO, "file %d", rank);
  EXPECT(ls_comm_agree(comm, status, &mine) == LS_FORMAT);
  snprintf(expected, sizeof expected, alone ? "file %d" : "rank %d: file %d", first, first);
  EXPECT(mine.status == LS_FORMAT);
  EXPECT(!strcmp(mine.message, expected));
  EXPECT(ls_comm_agree(comm, status, NULL) == LS_FORMAT);
  return LS_OK;
}

static ls_status agree(ls_comm *comm, int ranks, ls_error *error) {
  ls_error none = {0};
  EXPECT(ls_comm_agree(comm, LS_OK, &none) == LS_OK);
  EXPECT(none.status == LS_OK && !*none.message);
  for (int first = 0; first < ranks; first++) LS_TRY(agree_on(comm, first, error));
  return LS_OK;
}

/* What the ranks from first on, or every second one, are among themselves. */
static ls_status check_part(ls_comm *part, int size, int rank, ls_error *error) {
  EXPECT(part);
  EXPECT(ls_comm_size(part) == size && ls_comm_rank(part) == rank);
  EXPECT(ls_comm_node_size(part) == size && ls_comm_node_rank(part) == rank);
  float one = 1;
  LS_TRY(ls_comm_sum_floats(part, &one, 1, error));
  EXPECT(one == (float)size);
  return LS_OK;
}

/* The first ones, for every number of them, while the others rest. */
static ls_status split_first(ls_comm *comm, int ranks, ls_error *error) {
  int rank = ls_comm_rank(comm);
  for (int size = 0; size <= ranks; size++) {
    ls_comm *part;
    LS_TRY(ls_comm_split(comm, rank < size, &part, error));
    if (rank < size)
      LS_TRY(check_part(part, size, rank, error));
    else
      EXPECT(!part);
    ls_comm_free(part);
    LS_TRY(ls_comm_rest(comm, error));
  }
  return LS_OK;
}

/* Two apart from each other at once: each rank is a member of one. */
static ls_status split_odd(ls_comm *comm, int ranks, ls_error *error) {
  int rank = ls_comm_rank(comm), odd = rank % 2;
  ls_comm *part[2];
  LS_TRY(ls_comm_split(comm, odd == 0, &part[0], error));
  LS_TRY(ls_comm_split(comm, odd == 1, &part[1], error));
  LS_TRY(check_part(part[odd], odd ? ranks / 2 : (ranks + 1) / 2, rank / 2, error));
  EXPECT(!part[!odd]);
  ls_comm_free(part[odd]);
  return LS_OK;
}

/* Nobody goes on before the last comes; who waits leaves the processor to others. */
static ls_status rest(ls_comm *comm, int ranks, ls_error *error) {
  const struct timespec late = {.tv_sec = 1};
  LS_TRY(ls_comm_barrier(comm, error));
  double start = ls_seconds(), used = ls_processor_seconds();
  if (ls_comm_rank(comm) == ranks - 1) nanosleep(&late, NULL);
  LS_TRY(ls_comm_rest(comm, error));
  EXPECT(ls_seconds() - start > 0.9);
  EXPECT(ls_processor_seconds() - used < 0.05);
  return LS_OK;
}

/* The last rank fails while the others wait for it. */
static ls_status fail(ls_comm *comm, int ranks, ls_error *error) {
  if (ls_comm_rank(comm) == ranks - 1) return ls_fail(error, LS_IO, "rank %d gives up", ranks - 1);
  for (;;) LS_TRY(ls_comm_barrier(comm, error));
}

static ls_status all(ls_comm *comm, int ranks, ls_error *error) {
  LS_TRY(identity(comm, ranks, error));
  LS_TRY(sums(comm, ranks, error));
  LS_TRY(maximum(comm, ranks, error));
  LS_TRY(broadcast(comm, ranks, error));
  LS_TRY(gather(comm, ranks, error));
  LS_TRY(barrier(comm, ranks, error));
  LS_TRY(split_first(comm, ranks, error));
  LS_TRY(split_odd(comm, ranks, error));
  LS_TRY(rest(comm, ranks, error));
  return agree(comm, ranks, error);
}

int main(int argc, char **argv) {
  ls_comm *comm;
  ls_error error = {0};
  int code = 0;
  ls_status status = ls_comm_start(&argc, &argv, &comm, &error);
  if (status == LS_OK && argc != 3)
    status = ls_fail(&error, LS_USAGE, "usage: comm_checks all|fail RANKS");
  if (status == LS_OK) {
    int ranks = (int)strtol(argv[2], NULL, 10), failing = !strcmp(argv[1], "fail");
    status = failing ? fail(comm, ranks, &error) : all(comm, ranks, &error);
    code = failing ? 3 : ls_exit_code(status);
  } else
    code = ls_exit_code(status);
  if (status != LS_OK)
    fprintf(stderr, "%s\n", error.message);
  else
    printf("passed\n");
  ls_comm_finish(comm, status != LS_OK, code);
  return code;
}
