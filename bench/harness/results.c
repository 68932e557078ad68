#include "bench/harness/results.h"

#include "base/clock.h"
#include "statistics/validity.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an interval of 95% needs (core/statistics), and what is called precise. */
enum { LEAST_TIMES = 6 };
static const double precise = 0.05;

ls_status ls_results_add(ls_results *results, const char *name,
                         const ls_configuration *configuration, ls_measurement **out,
                         ls_error *error) {
  ls_measurement *m = calloc(1, sizeof *m);
  ls_measurement **grown = realloc(results->list, (results->count + 1) * sizeof *grown);
  if (grown) results->list = grown;
  if (!m || !grown) {
    free(m);
    return ls_fail(error, LS_MEMORY, "no memory for the results of %s", name);
  }
  *m = (ls_measurement){
      .configuration = *configuration, .speedup = NAN, .efficiency = NAN, .overhead = NAN};
  snprintf(m->name, sizeof m->name, "%s", name);
  m->configuration.backend = m->name;
  *out = grown[results->count++] = m;
  return LS_OK;
}

void ls_results_drop(ls_results *results) {
  ls_measurement *m = results->list[--results->count];
  free(m->times);
  free(m);
}

void ls_results_destroy(ls_results *results) {
  while (results->count) ls_results_drop(results);
  free(results->list);
  *results = (ls_results){0};
}

void ls_results_invalidate(ls_results *results, const char *format, ...) {
  if (results->invalid[0]) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(results->invalid, sizeof results->invalid, format, arguments);
  va_end(arguments);
}

ls_status ls_measurement_time(ls_measurement *m, double seconds, ls_error *error) {
  if (m->count == m->capacity) {
    size_t capacity = m->capacity ? 2 * m->capacity : 16;
    double *grown = realloc(m->times, capacity * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "no memory for %zu times", capacity);
    m->times = grown;
    m->capacity = capacity;
  }
  m->times[m->count++] = seconds;
  return LS_OK;
}

int ls_measurement_is_enough(const ls_measurement *m, long wanted, double start, double limit) {
  if (wanted) return m->count >= (size_t)wanted;
  if (m->count && ls_seconds() - start > limit) return 1;
  ls_summary summary;
  return m->count >= LEAST_TIMES && ls_summarise(m->times, m->count, &summary, NULL) == LS_OK &&
         ls_is_precise(&summary, precise);
}

static int is_same_curve(const ls_measurement *a, const ls_measurement *b) {
  const char *one = a->cache_state ? a->cache_state : "",
             *other = b->cache_state ? b->cache_state : "";
  return a->configuration.series == b->configuration.series && !strcmp(one, other) &&
         !strcmp(a->kind, b->kind);
}

/* As summary.csv has it: events of a unit over its median time. */
static void compare_to_base(ls_results *results, ls_measurement *m) {
  if (!strcmp(m->configuration.scaling, "single")) return;
  size_t first = 0;
  while (!is_same_curve(results->list[first], m)) first++;
  const ls_measurement *base = results->list[first];
  m->base = base == m;
  m->speedup = m->events / m->summary.median / (base->events / base->summary.median);
  m->efficiency = m->speedup * base->configuration.ranks / m->configuration.ranks;
}

/* What is wrong with a point, in words of the point. */
static void judge(ls_results *results, const ls_measurement *m) {
  const ls_configuration *c = &m->configuration;
  ls_timer timer = ls_timer_measure();
  ls_error reason = {0};
  char what[192];
  snprintf(what, sizeof what, "%s on %d node%s", m->name, c->nodes, c->nodes > 1 ? "s" : "");
  if (m->count < LEAST_TIMES)
    ls_results_invalidate(results, "%s: %zu repetitions are too few for a 95%% interval (%d)", what,
                          m->count, LEAST_TIMES);
  if (ls_check_timer(&timer, m->summary.min, what, &reason) != LS_OK)
    ls_results_invalidate(results, "%s", reason.message);
}

ls_status ls_results_close(ls_results *results, ls_error *error) {
  ls_measurement *m = results->list[results->count - 1];
  LS_TRY(ls_summarise(m->times, m->count, &m->summary, error));
  compare_to_base(results, m);
  judge(results, m);
  return LS_OK;
}

static void print_heading(void) {
  printf("\n%5s %5s %7s %6s  %-32s %10s %21s %10s %8s %6s\n", "nodes", "ranks", "threads", "batch",
         "what", "median s", "95% interval", "events/s", "speed-up", "eff.");
}

void ls_results_print(const ls_results *results) {
  const ls_measurement *m = results->list[results->count - 1];
  const ls_configuration *c = &m->configuration;
  char what[192], interval[32] = "too few", speedup[32] = "-", efficiency[32] = "-";
  if (results->count == 1) print_heading();
  snprintf(what, sizeof what, "%s%s%s", m->name, m->cache_state ? " " : "",
           m->cache_state ? m->cache_state : "");
  if (!isnan(m->summary.ci95_low))
    snprintf(interval, sizeof interval, "%.4g .. %.4g", m->summary.ci95_low, m->summary.ci95_high);
  if (!isnan(m->speedup)) {
    snprintf(speedup, sizeof speedup, "%.3f", m->speedup);
    snprintf(efficiency, sizeof efficiency, "%.0f%%", 100 * m->efficiency);
  }
  printf("%5d %5d %7d %6zu  %-32s %10.4g %21s %10.4g %8s %6s%s%s\n", c->nodes, c->ranks, c->threads,
         c->global_batch, what, m->summary.median, interval, m->events / m->summary.median, speedup,
         efficiency, m->place.crowded ? "  OVERSUBSCRIBED" : "",
         ls_is_precise(&m->summary, precise) ? "" : "  (wider than 5%)");
  fflush(stdout);
}

void ls_results_print_bases(const ls_results *results) {
  for (size_t i = 0; i < results->count; i++) {
    const ls_measurement *m = results->list[i];
    if (!m->base) continue;
    printf("base of %s%s%s: nodes %d, ranks %d x %d threads: %.6g s for %.0f events\n", m->name,
           m->cache_state ? " " : "", m->cache_state ? m->cache_state : "", m->configuration.nodes,
           m->configuration.ranks, m->configuration.threads, m->summary.median, m->events);
  }
}

void ls_results_print_overhead(const ls_results *results) {
  double largest = NAN;
  for (size_t i = 0; i < results->count; i++) largest = fmax(largest, results->list[i]->overhead);
  if (!isnan(largest))
    printf("between the steps: %.3g us a step, %.2g%% of a step of 10 ms\n", 1e6 * largest,
           100 * largest / 0.01);
}

static void add_number(cJSON *object, const char *key, double value) {
  if (isnan(value))
    cJSON_AddNullToObject(object, key);
  else
    cJSON_AddNumberToObject(object, key, value);
}

static void add_times(const ls_measurement *m, cJSON *entry) {
  cJSON_AddNumberToObject(entry, "n", (double)m->count);
  add_number(entry, "median_s", m->summary.median);
  add_number(entry, "ci95_lo", m->summary.ci95_low);
  add_number(entry, "ci95_hi", m->summary.ci95_high);
  cJSON_AddBoolToObject(entry, "precise", ls_is_precise(&m->summary, precise));
  add_number(entry, "events", m->events);
  add_number(entry, "speedup", m->speedup);
  add_number(entry, "efficiency", m->efficiency);
  add_number(entry, "overhead_s", m->overhead);
  if (!m->bytes_memory) return;
  cJSON_AddNumberToObject(entry, "bytes_disk", (double)m->bytes_disk);
  cJSON_AddNumberToObject(entry, "bytes_raw", (double)m->bytes_raw);
  cJSON_AddNumberToObject(entry, "bytes_memory", (double)m->bytes_memory);
}

static void add_point(const ls_measurement *m, const char *node_is, cJSON *list) {
  const ls_configuration *c = &m->configuration;
  cJSON *entry = cJSON_CreateObject();
  if (!entry || !cJSON_AddItemToArray(list, entry)) return;
  cJSON_AddStringToObject(entry, "backend", m->name);
  cJSON_AddStringToObject(entry, "scaling", c->scaling);
  cJSON_AddNumberToObject(entry, "nodes", c->nodes);
  cJSON_AddStringToObject(entry, "node_is", node_is);
  cJSON_AddNumberToObject(entry, "ranks", c->ranks);
  cJSON_AddNumberToObject(entry, "threads", c->threads);
  cJSON_AddNumberToObject(entry, "global_batch", (double)c->global_batch);
  if (m->cache_state) cJSON_AddStringToObject(entry, "cache_state", m->cache_state);
  cJSON_AddStringToObject(entry, "kind", m->kind);
  cJSON_AddStringToObject(entry, "binding", m->place.text);
  cJSON_AddBoolToObject(entry, "oversubscribed", m->place.crowded);
  add_times(m, entry);
}

void ls_results_describe(const ls_results *results, const char *node_is, cJSON *object) {
  cJSON *list = cJSON_AddArrayToObject(object, "points");
  for (size_t i = 0; i < results->count; i++) add_point(results->list[i], node_is, list);
}
