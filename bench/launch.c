#include "bench/launch.h"

#include "comm/launcher.h"
#include "comm/node.h"
#include "machine/machine.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

int ls_launch_wanted_threads(long wanted) {
#ifdef _OPENMP
  enum { MOST = 4096 };
  const char *variable = getenv("OMP_NUM_THREADS");
  if (wanted <= 0) wanted = variable ? strtol(variable, NULL, 10) : 0;
  return wanted <= 0 ? 0 : wanted < MOST ? (int)wanted : MOST;
#else
  (void)wanted;
  return 1;
#endif
}

/* With OMP_PROC_BIND or OMP_PLACES the OpenMP library has tied this thread to the first place: all
 * of its places are what the process may use. */
static void find_place(ls_place *place) {
  ls_machine_processors(&place->processors);
#ifdef _OPENMP
  for (int p = 0; p < omp_get_num_places(); p++) {
    int *processors = calloc((size_t)omp_get_place_num_procs(p) + 1, sizeof *processors);
    if (!processors) break;
    omp_get_place_proc_ids(p, processors);
    for (int i = 0; i < omp_get_place_num_procs(p); i++)
      ls_set_add(&place->processors, processors[i]);
    free(processors);
  }
#endif
  ls_machine_locate(place);
}

/* Each rank sees all of its node, and chooses for itself. */
static ls_status look_around(ls_node *node, ls_comm *comm, int wanted, ls_launch_rank *own,
                             ls_error *error) {
  int size = ls_node_size(node);
  ls_machine_name(own->host, sizeof own->host);
  own->node = ls_comm_rank(comm);
  own->node_rank = ls_node_rank(node);
  find_place(&own->place);
  ls_launch_rank *ranks = calloc((size_t)size, sizeof *ranks);
  ls_status status =
      ranks ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the %d ranks of a node", size);
  status = ls_comm_agree(comm, status, error);
  if (ranks && status == LS_OK) status = ls_node_gather(node, own, sizeof *own, ranks, error);
  if (ranks && status == LS_OK) {
    own->node = ranks[0].node;
    own->threads = wanted > 0 ? wanted : ls_launch_threads(ranks, size, own->node_rank);
  }
  free(ranks);
  return status;
}

static ls_status gather(ls_comm *comm, const ls_launch_rank *own, ls_launch *launch,
                        ls_error *error) {
  size_t ranks = (size_t)ls_comm_size(comm);
  ls_status status = LS_OK;
  if (ls_comm_rank(comm) == 0) {
    launch->ranks = calloc(ranks, sizeof *launch->ranks);
    if (!launch->ranks) status = ls_fail(error, LS_MEMORY, "no memory for %zu ranks", ranks);
    launch->count = ranks;
  }
  LS_TRY(ls_comm_agree(comm, status, error));
  return ls_comm_gather(comm, own, sizeof *own, launch->ranks, 0, error);
}

ls_status ls_launch_open(ls_comm *comm, int wanted, ls_launch *launch, ls_error *error) {
  *launch = (ls_launch){0};
  ls_launch_rank own = {0};
  ls_node *node;
  LS_TRY(ls_node_new(comm, &node, error));
  ls_status status = look_around(node, comm, wanted, &own, error);
  ls_node_free(node, status != LS_OK && !error->shared);
  launch->threads = own.threads;
  if (status == LS_OK) status = gather(comm, &own, launch, error);
  if (status != LS_OK) ls_launch_destroy(launch);
  return status;
}

void ls_launch_destroy(ls_launch *launch) {
  free(launch->ranks);
  *launch = (ls_launch){0};
}

static void print_nodes(int nodes, const char *first, const char *last, const char *text) {
  if (nodes == 1)
    printf("node %s: %s\n", first, text);
  else if (nodes > 1)
    printf("%d nodes, %s to %s, each: %s\n", nodes, first, last, text);
}

static void print_all_nodes(const ls_launch *launch) {
  char text[256], alike[256] = "";
  const char *first = "", *last = "";
  int nodes = 0;
  for (size_t r = 0; r < launch->count; r++) {
    const ls_launch_rank *rank = &launch->ranks[r];
    if (rank->node_rank) continue;
    ls_launch_describe_node(launch->ranks, launch->count, rank->node, text, sizeof text);
    if (strcmp(text, alike) != 0) {
      print_nodes(nodes, first, last, alike);
      snprintf(alike, sizeof alike, "%s", text);
      first = rank->host;
      nodes = 0;
    }
    last = rank->host;
    nodes++;
  }
  print_nodes(nodes, first, last, alike);
}

/* What to do about it: with enough cores in the node it is the binding that is wrong. */
static void advise(const ls_launch_crowd *crowd, char *text, size_t length) {
  const char *launcher = ls_launcher_name();
  int threads = crowd->most_threads;
  if (crowd->node_threads > crowd->node_cores)
    snprintf(text, length, "start fewer ranks or threads; the node has %d cores",
             crowd->node_cores);
  else if (!strcmp(launcher, "mpirun"))
    snprintf(text, length, "bind wider: mpirun --map-by slot:PE=%d --bind-to core", threads);
  else if (!strcmp(launcher, "srun"))
    snprintf(text, length, "bind wider: srun --cpus-per-task=%d --cpu-bind=cores", threads);
  else
    snprintf(text, length, "allow the process %d cores, or give a smaller --threads", threads);
}

void ls_launch_print(const ls_launch *launch, int talks) {
  if (talks) print_all_nodes(launch);
  ls_launch_crowd crowd;
  int nodes = ls_launch_find_crowd(launch->ranks, launch->count, &crowd);
  if (!nodes) return;
  char advice[128], more[64] = "", ranks[32] = "a rank";
  if (crowd.ranks > 1) snprintf(ranks, sizeof ranks, "%d ranks", crowd.ranks);
  advise(&crowd, advice, sizeof advice);
  if (nodes > 1) snprintf(more, sizeof more, " (and %d more nodes)", nodes - 1);
  fflush(stdout);
  fprintf(stderr,
          "larscale: warning: node %s%s: %d threads of %s share %d core%s, so times are not those "
          "of free cores; %s\n",
          crowd.host, more, crowd.threads, ranks, crowd.cores, crowd.cores > 1 ? "s" : "", advice);
}

static void add_known(cJSON *object, const char *key, int count) {
  if (count > 0)
    cJSON_AddNumberToObject(object, key, count);
  else
    cJSON_AddNullToObject(object, key);
}

static void add_rank(const ls_launch_rank *rank, size_t number, cJSON *ranks) {
  char binding[512];
  const ls_place *place = &rank->place;
  cJSON *entry = cJSON_CreateObject();
  if (!entry || !cJSON_AddItemToArray(ranks, entry)) return;
  ls_set_list(&place->processors, binding, sizeof binding);
  cJSON_AddNumberToObject(entry, "rank", (double)number);
  cJSON_AddStringToObject(entry, "host", rank->host);
  cJSON_AddNumberToObject(entry, "node", rank->node);
  cJSON_AddNumberToObject(entry, "node_rank", rank->node_rank);
  cJSON_AddStringToObject(entry, "binding", binding);
  cJSON_AddBoolToObject(entry, "bound", ls_set_count(&place->processors) < place->node_processors);
  cJSON_AddNumberToObject(entry, "cores", ls_set_count(&place->cores));
  add_known(entry, "packages", place->packages);
  add_known(entry, "numa_nodes", place->numa_nodes);
  cJSON_AddNumberToObject(entry, "threads", rank->threads);
}

void ls_launch_record(const ls_launch *launch, cJSON *environment) {
  ls_launch_crowd crowd;
  cJSON *object = cJSON_AddObjectToObject(environment, "launch");
  cJSON_AddStringToObject(object, "launcher", ls_launcher_name());
  cJSON_AddNumberToObject(object, "nodes", ls_launch_nodes(launch->ranks, launch->count));
  cJSON_AddBoolToObject(object, "oversubscribed",
                        ls_launch_find_crowd(launch->ranks, launch->count, &crowd) > 0);
  cJSON *ranks = cJSON_AddArrayToObject(object, "ranks");
  for (size_t r = 0; r < launch->count; r++) add_rank(&launch->ranks[r], r, ranks);
}
