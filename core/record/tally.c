#define _POSIX_C_SOURCE 200809L
#include "record/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of one rank in one unit. */
typedef struct entry {
  int group, repetition, epoch, rank;
  int64_t step;
  double seconds;
  size_t events;
} entry;

struct ls_tally {
  ls_configuration *configurations; /* with texts of their own */
  int configuration_count;
  ls_tally_group *groups;
  int *group_configuration; /* [group_count] */
  int group_count;
  entry *entries;
  size_t entry_count, capacity;
  int failed; /* memory ran out: the tally is not whole */
};

ls_tally *ls_tally_new(void) {
  return calloc(1, sizeof(ls_tally));
}

static void free_group(const ls_tally_group *g) {
  free((char *)g->quantity);
  free((char *)g->cache_state);
  free((char *)g->kind);
  free(g->slowest);
  free(g->mean);
}

static void free_configuration(const ls_configuration *c) {
  free((char *)c->backend);
  free((char *)c->scaling);
}

void ls_tally_free(ls_tally *tally) {
  if (!tally) return;
  for (int i = 0; i < tally->configuration_count; i++)
    free_configuration(&tally->configurations[i]);
  for (int i = 0; i < tally->group_count; i++) free_group(&tally->groups[i]);
  free(tally->configurations);
  free(tally->groups);
  free(tally->group_configuration);
  free(tally->entries);
  free(tally);
}

static int is_same(const ls_configuration *a, const ls_configuration *b) {
  return a->nodes == b->nodes && a->ranks == b->ranks && a->threads == b->threads &&
         a->local_batch == b->local_batch && a->global_batch == b->global_batch &&
         a->series == b->series && !strcmp(a->backend, b->backend) &&
         !strcmp(a->scaling, b->scaling);
}

/* Newest first: rows of one configuration come together. */
int ls_tally_configuration(ls_tally *tally, const ls_configuration *wanted) {
  int count = tally->configuration_count;
  for (int i = count - 1; i >= 0; i--)
    if (is_same(&tally->configurations[i], wanted)) return i;
  ls_configuration *grown = realloc(tally->configurations, ((size_t)count + 1) * sizeof *grown);
  if (grown) tally->configurations = grown;
  ls_configuration copy = *wanted;
  copy.backend = strdup(wanted->backend);
  copy.scaling = strdup(wanted->scaling);
  if (!grown || !copy.backend || !copy.scaling) {
    free_configuration(&copy);
    tally->failed = 1;
    return -1;
  }
  grown[count] = copy;
  return tally->configuration_count++;
}

int ls_tally_own(ls_tally *tally, const ls_configuration *configuration, ls_configuration *kept) {
  int number = ls_tally_configuration(tally, configuration);
  if (number < 0) return -1;
  *kept = tally->configurations[number];
  return 0;
}

/* What a sample's time is part of; NULL: of nothing. */
static const char *quantity_of(const ls_sample *s) {
  static const char *const own[] = {"eval", "checkpoint", "epoch", "train"};
  if (!strcmp(s->phase, "communication")) return NULL;
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (!strcmp(s->phase, own[i])) return own[i];
  return s->step >= 0 ? "step" : "load";
}

static int new_group(ls_tally *tally, int configuration, const ls_tally_group *wanted) {
  size_t count = (size_t)tally->group_count;
  ls_tally_group *groups = realloc(tally->groups, (count + 1) * sizeof *groups);
  if (groups) tally->groups = groups;
  int *numbers = realloc(tally->group_configuration, (count + 1) * sizeof *numbers);
  if (numbers) tally->group_configuration = numbers;
  ls_tally_group copy = {.quantity = strdup(wanted->quantity),
                         .cache_state = strdup(wanted->cache_state),
                         .kind = strdup(wanted->kind)};
  if (!groups || !numbers || !copy.quantity || !copy.cache_state || !copy.kind) {
    free_group(&copy);
    tally->failed = 1;
    return -1;
  }
  groups[count] = copy;
  numbers[count] = configuration;
  return tally->group_count++;
}

static int find_group(ls_tally *tally, int configuration, const ls_tally_group *wanted) {
  for (int i = tally->group_count - 1; i >= 0; i--) {
    const ls_tally_group *g = &tally->groups[i];
    if (tally->group_configuration[i] == configuration && !strcmp(g->quantity, wanted->quantity) &&
        !strcmp(g->cache_state, wanted->cache_state) && !strcmp(g->kind, wanted->kind))
      return i;
  }
  return new_group(tally, configuration, wanted);
}

static int is_same_unit(const entry *a, const entry *b) {
  return a->group == b->group && a->repetition == b->repetition && a->epoch == b->epoch &&
         a->step == b->step;
}

static entry *new_entry(ls_tally *tally) {
  if (tally->entry_count == tally->capacity) {
    size_t capacity = tally->capacity ? 2 * tally->capacity : 64;
    entry *grown = realloc(tally->entries, capacity * sizeof *grown);
    if (!grown) {
      tally->failed = 1;
      return NULL;
    }
    tally->entries = grown;
    tally->capacity = capacity;
  }
  return &tally->entries[tally->entry_count++];
}

void ls_tally_add(ls_tally *tally, int configuration, const ls_sample *s) {
  ls_tally_group wanted = {.quantity = quantity_of(s),
                           .cache_state = s->cache_state ? s->cache_state : "",
                           .kind = s->kind};
  if (s->warmup || !wanted.quantity || configuration < 0) return;
  entry e = {.group = find_group(tally, configuration, &wanted),
             .repetition = s->repetition,
             .epoch = s->epoch,
             .rank = s->rank,
             .step = s->step,
             .seconds = s->seconds,
             .events = s->events};
  if (e.group < 0) return;
  entry *last = tally->entry_count ? &tally->entries[tally->entry_count - 1] : NULL;
  if (last && is_same_unit(last, &e) && last->rank == e.rank) {
    last->seconds += e.seconds; /* the phases of a rank come together */
    if (e.events > last->events) last->events = e.events;
  } else {
    entry *added = new_entry(tally);
    if (added) *added = e;
  }
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_unit_and_rank(const void *left, const void *right) {
  const entry *a = left, *b = right;
  int order = ORDER(a->group, b->group);
  if (!order) order = ORDER(a->repetition, b->repetition);
  if (!order) order = ORDER(a->epoch, b->epoch);
  if (!order) order = ORDER(a->step, b->step);
  return order ? order : ORDER(a->rank, b->rank);
}

/* Where a rank's phases did not come together. */
static void join_entries(ls_tally *tally) {
  if (!tally->entry_count) return;
  qsort(tally->entries, tally->entry_count, sizeof *tally->entries, by_unit_and_rank);
  size_t kept = 0;
  for (size_t i = 1; i < tally->entry_count; i++) {
    entry *last = &tally->entries[kept], *e = &tally->entries[i];
    if (by_unit_and_rank(last, e) == 0) {
      last->seconds += e->seconds;
      if (e->events > last->events) last->events = e->events;
    } else
      tally->entries[++kept] = *e;
  }
  tally->entry_count = kept + 1;
}

/* entries[count]: all of one group, in order. */
static ls_status fill_group(ls_tally_group *g, const entry *entries, size_t count,
                            ls_error *error) {
  free(g->slowest);
  free(g->mean);
  g->slowest = calloc(count + 1, sizeof *g->slowest);
  g->mean = calloc(count + 1, sizeof *g->mean);
  if (!g->slowest || !g->mean) return ls_fail(error, LS_MEMORY, "no memory to sum up the times");
  g->count = 0;
  g->events = 0;
  for (size_t i = 0, end; i < count; i = end, g->count++) {
    double sum = 0, slowest = entries[i].seconds;
    for (end = i; end < count && is_same_unit(&entries[i], &entries[end]); end++) {
      sum += entries[end].seconds;
      slowest = fmax(slowest, entries[end].seconds);
      g->events += (double)entries[end].events;
    }
    g->slowest[g->count] = isnan(sum) ? sum : slowest; /* fmax passes over NaN */
    g->mean[g->count] = sum / (double)(end - i);
  }
  return LS_OK;
}

static int is_same_curve(const ls_tally_group *a, const ls_tally_group *b) {
  return a->configuration.series == b->configuration.series &&
         !strcmp(a->configuration.scaling, b->configuration.scaling) &&
         !strcmp(a->quantity, b->quantity) && !strcmp(a->cache_state, b->cache_state);
}

/* The first of the same curve, of measured points if there are any; a single point has none. */
static const ls_tally_group *base_of(const ls_tally *tally, const ls_tally_group *g) {
  const ls_tally_group *first = NULL;
  if (!strcmp(g->configuration.scaling, "single")) return NULL;
  for (int i = 0; i < tally->group_count; i++) {
    const ls_tally_group *other = &tally->groups[i];
    if (!is_same_curve(other, g)) continue;
    if (!strcmp(other->kind, "measured")) return other;
    if (!first) first = other;
  }
  return first;
}

ls_status ls_tally_groups(ls_tally *tally, const ls_tally_group **groups, size_t *count,
                          ls_error *error) {
  if (tally->failed) return ls_fail(error, LS_MEMORY, "no memory to sum up the times");
  join_entries(tally);
  size_t begin = 0, end;
  for (int i = 0; i < tally->group_count; i++, begin = end) {
    tally->groups[i].configuration = tally->configurations[tally->group_configuration[i]];
    for (end = begin; end < tally->entry_count && tally->entries[end].group == i;) end++;
    LS_TRY(fill_group(&tally->groups[i], tally->entries + begin, end - begin, error));
  }
  for (int i = 0; i < tally->group_count; i++)
    tally->groups[i].base = base_of(tally, &tally->groups[i]);
  *groups = tally->groups;
  *count = (size_t)tally->group_count;
  return LS_OK;
}
