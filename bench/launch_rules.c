#include "bench/launch_rules.h"

#include <stdio.h>

int ls_launch_threads(const ls_launch_rank *ranks, int count, int which) {
  double share = 0;
  for (int core = 0; core < LS_MOST_PROCESSORS; core++) {
    if (!ls_set_has(&ranks[which].place.cores, core)) continue;
    int users = 0;
    for (int r = 0; r < count; r++) users += ls_set_has(&ranks[r].place.cores, core);
    share += 1.0 / users;
  }
  int threads = (int)(share + 1e-6); /* three thirds are one */
  return threads > 0 ? threads : 1;
}

int ls_launch_nodes(const ls_launch_rank *ranks, size_t count) {
  int nodes = 0;
  for (size_t r = 0; r < count; r++) nodes += ranks[r].node_rank == 0;
  return nodes;
}

/* What the ranks of a node need that may run on cores alone. */
static ls_launch_crowd count_threads(const ls_launch_rank *ranks, size_t count, int node,
                                     const ls_processor_set *cores) {
  ls_launch_crowd crowd = {.cores = ls_set_count(cores)};
  for (size_t r = 0; r < count; r++) {
    if (ranks[r].node != node) continue;
    crowd.host = ranks[r].host;
    crowd.node_cores = ranks[r].place.node_cores;
    crowd.node_threads += ranks[r].threads;
    if (ranks[r].threads > crowd.most_threads) crowd.most_threads = ranks[r].threads;
    if (!ls_set_within(&ranks[r].place.cores, cores)) continue;
    crowd.ranks++;
    crowd.threads += ranks[r].threads;
  }
  return crowd;
}

/* Of two that are as bad, the later one: the whole node. */
static int is_worse(const ls_launch_crowd *a, const ls_launch_crowd *b) {
  return !b->host || a->threads * b->cores >= b->threads * a->cores;
}

/* By Hall's theorem every thread has a core of its own unless some ranks together have fewer cores
 * than threads. It is enough to try the set of each rank and all of them together, as sets made by
 * launchers are apart or one within the other. */
static int find_on_node(const ls_launch_rank *ranks, size_t count, int node,
                        ls_launch_crowd *worst) {
  ls_processor_set all = {0};
  *worst = (ls_launch_crowd){0};
  for (size_t r = 0; r <= count; r++) {
    if (r < count && ranks[r].node != node) continue;
    const ls_processor_set *cores = r < count ? &ranks[r].place.cores : &all;
    ls_launch_crowd crowd = count_threads(ranks, count, node, cores);
    if (crowd.threads > crowd.cores && is_worse(&crowd, worst)) *worst = crowd;
    if (r < count) ls_set_merge(&all, cores);
  }
  return worst->host != NULL;
}

int ls_launch_find_crowd(const ls_launch_rank *ranks, size_t count, ls_launch_crowd *crowd) {
  int nodes = 0;
  ls_launch_crowd here;
  for (size_t r = 0; r < count; r++)
    if (ranks[r].node_rank == 0 && find_on_node(ranks, count, ranks[r].node, &here) && !nodes++)
      *crowd = here;
  return nodes;
}

typedef struct range {
  int least, most;
} range;

static void widen(range *r, int number) {
  if (!r->most || number < r->least) r->least = number;
  if (number > r->most) r->most = number;
}

/* "4", or "2-4". */
static const char *range_text(const range *r, char text[32]) {
  snprintf(text, 32, r->least < r->most ? "%d-%d" : "%d", r->least, r->most);
  return text;
}

void ls_launch_describe_node(const ls_launch_rank *ranks, size_t count, int node, char *text,
                             size_t length) {
  range threads = {0}, cores = {0};
  ls_processor_set all = {0};
  int size = 0, bound = 0, node_cores = 0;
  for (size_t r = 0; r < count; r++) {
    const ls_place *place = &ranks[r].place;
    if (ranks[r].node != node) continue;
    size++;
    widen(&threads, ranks[r].threads);
    widen(&cores, ls_set_count(&place->cores));
    ls_set_merge(&all, &place->cores);
    bound += ls_set_count(&place->processors) < place->node_processors;
    node_cores = place->node_cores;
  }
  char list[128], numbers[32], binding[64] = "unbound";
  ls_set_list(&all, list, sizeof list);
  if (bound)
    snprintf(binding, sizeof binding, "%s to %s each", bound < size ? "some bound" : "bound",
             range_text(&cores, numbers));
  snprintf(text, length, "%d ranks x %s threads on cores %s (%d of %d), %s", size,
           range_text(&threads, numbers), list, ls_set_count(&all), node_cores, binding);
}
