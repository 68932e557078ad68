#include "bench/harness/sweep.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ls_sweep_number_nodes(const ls_launch_rank *ranks, int count, int virtual_nodes,
                          int *node_of_rank) {
  int nodes = 0;
  for (int r = 0; r < count; r++) {
    int is_first = virtual_nodes || ranks[r].node == r;
    node_of_rank[r] = is_first ? nodes++ : node_of_rank[ranks[r].node];
  }
  return nodes;
}

static ls_status find_nodes(const ls_settings *settings, ls_comm *comm, const ls_launch *launch,
                            ls_sweep *sweep, ls_error *error) {
  sweep->ranks = ls_comm_size(comm);
  sweep->node_of_rank = calloc((size_t)sweep->ranks, sizeof *sweep->node_of_rank);
  ls_status status = LS_OK;
  if (!sweep->node_of_rank) status = ls_fail(error, LS_MEMORY, "no memory for the nodes");
  LS_TRY(ls_comm_agree(comm, status, error));
  const char *wanted = settings->node_is;
  if (ls_comm_rank(comm) == 0 && sweep->node_of_rank) {
    int hosts = ls_launch_nodes(launch->ranks, launch->count);
    sweep->virtual_nodes = wanted ? !strcmp(wanted, "rank") : hosts == 1 && sweep->ranks > 1;
    sweep->nodes = ls_sweep_number_nodes(launch->ranks, sweep->ranks, sweep->virtual_nodes,
                                         sweep->node_of_rank);
  }
  int facts[2] = {sweep->virtual_nodes, sweep->nodes};
  LS_TRY(ls_comm_broadcast(comm, facts, sizeof facts, 0, error));
  sweep->virtual_nodes = facts[0];
  sweep->nodes = facts[1];
  return ls_comm_broadcast(comm, sweep->node_of_rank,
                           (size_t)sweep->ranks * sizeof *sweep->node_of_rank, 0, error);
}

/* 1, 2, 4 .. and all. */
static void default_counts(ls_sweep *sweep) {
  for (int nodes = 1; nodes < sweep->nodes && sweep->count < LS_MOST_POINTS - 1; nodes *= 2)
    sweep->counts[sweep->count++] = nodes;
  sweep->counts[sweep->count++] = sweep->nodes;
}

static ls_status check_count(const char *list, long number, const ls_sweep *sweep,
                             ls_error *error) {
  long last = sweep->count ? sweep->counts[sweep->count - 1] : 0;
  if (number == last) return ls_fail(error, LS_USAGE, "--nodes %s: %ld comes twice", list, number);
  if (number < last)
    return ls_fail(error, LS_USAGE, "--nodes %s: %ld comes after %ld; give rising numbers", list,
                   number, last);
  if (sweep->count == LS_MOST_POINTS)
    return ls_fail(error, LS_USAGE, "--nodes: more than %d numbers", LS_MOST_POINTS);
  return LS_OK;
}

static ls_status read_counts(const char *list, ls_sweep *sweep, ls_error *error) {
  const char *at = list;
  for (;;) {
    char *end;
    errno = 0;
    long number = strtol(at, &end, 10);
    int is_number = *at >= '0' && *at <= '9' && !errno && (*end == ',' || !*end);
    if (!is_number || number < 1 || number > INT_MAX)
      return ls_fail(error, LS_USAGE,
                     "--nodes %s: '%.*s' is no number of nodes; write whole numbers from 1 on with "
                     "commas between, as 1,2,4",
                     list, (int)strcspn(at, ","), at);
    LS_TRY(check_count(list, number, sweep, error));
    sweep->counts[sweep->count++] = (int)number;
    if (!*end) return LS_OK;
    at = end + 1;
  }
}

static ls_status choose_counts(const ls_settings *settings, int may_exceed, ls_sweep *sweep,
                               ls_error *error) {
  const char *list = settings->nodes;
  if (!list) {
    default_counts(sweep);
    return LS_OK;
  }
  LS_TRY(read_counts(list, sweep, error));
  if (sweep->counts[sweep->count - 1] <= sweep->nodes || may_exceed) return LS_OK;
  return ls_fail(error, LS_USAGE,
                 "--nodes %s: nodes there are: %d (%s); start more ranks with mpirun, or give "
                 "smaller numbers",
                 list, sweep->nodes,
                 sweep->virtual_nodes ? "ranks of one machine, each with its cores" : "hosts");
}

ls_status ls_sweep_open(const ls_settings *settings, ls_comm *comm, const ls_launch *launch,
                        int may_exceed, ls_sweep *sweep, ls_error *error) {
  *sweep = (ls_sweep){0};
  ls_status status = find_nodes(settings, comm, launch, sweep, error);
  if (status == LS_OK)
    status = ls_comm_agree(comm, choose_counts(settings, may_exceed, sweep, error), error);
  if (status != LS_OK) ls_sweep_close(sweep);
  return status;
}

void ls_sweep_close(ls_sweep *sweep) {
  free(sweep->node_of_rank);
  *sweep = (ls_sweep){0};
}

int ls_sweep_has(const ls_sweep *sweep, int nodes, int rank) {
  return sweep->node_of_rank[rank] < nodes;
}

int ls_sweep_ranks(const ls_sweep *sweep, int nodes) {
  int ranks = 0;
  for (int r = 0; r < sweep->ranks; r++) ranks += ls_sweep_has(sweep, nodes, r);
  return ranks;
}

/* Hosts that are alike are said once. */
static void describe(const ls_launch_rank *ranks, size_t count, char *all, size_t length) {
  char text[256], last[256] = "";
  for (size_t r = 0, used = 0; r < count; r++) {
    if (ranks[r].node_rank) continue;
    ls_launch_describe_node(ranks, count, ranks[r].node, text, sizeof text);
    if (!strcmp(text, last) || used + 1 >= length) continue;
    snprintf(all + used, length - used, "%s%s", used ? "; " : "", text);
    used = strlen(all);
    snprintf(last, sizeof last, "%s", text);
  }
}

ls_status ls_sweep_place(const ls_sweep *sweep, const ls_launch *launch, int nodes,
                         ls_point_place *place, ls_error *error) {
  *place = (ls_point_place){0};
  ls_launch_rank *ranks = calloc((size_t)sweep->ranks, sizeof *ranks);
  if (!ranks) return ls_fail(error, LS_MEMORY, "no memory for %d ranks", sweep->ranks);
  size_t count = 0;
  for (int r = 0; r < sweep->ranks; r++)
    if (ls_sweep_has(sweep, nodes, r)) ranks[count++] = launch->ranks[r];
  ls_launch_crowd crowd;
  place->crowded = ls_launch_find_crowd(ranks, count, &crowd) > 0;
  describe(ranks, count, place->text, sizeof place->text);
  free(ranks);
  return LS_OK;
}
