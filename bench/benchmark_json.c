#include "bench/benchmark_json.h"

#include "bench/environment.h"
#include "bench/json_output.h"
#include "record/run_json.h"
#include "statistics/statistics.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>

static ls_status grow(double **values, size_t capacity, ls_error *error) {
  double *grown = realloc(*values, capacity * sizeof *grown);
  if (!grown) return ls_fail(error, LS_MEMORY, "no memory for %zu times", capacity);
  *values = grown;
  return LS_OK;
}

ls_status ls_benchmark_add(ls_benchmark_times *times, double seconds, double processor_seconds,
                           ls_error *error) {
  if (times->count == times->capacity) {
    size_t capacity = times->capacity ? 2 * times->capacity : 16;
    LS_TRY(grow(&times->seconds, capacity, error));
    LS_TRY(grow(&times->processor_seconds, capacity, error));
    times->capacity = capacity;
  }
  times->seconds[times->count] = seconds;
  times->processor_seconds[times->count++] = processor_seconds;
  return LS_OK;
}

double ls_benchmark_median(const ls_benchmark_times *times) {
  return ls_median(times->seconds, times->count);
}

void ls_benchmark_destroy(ls_benchmark_times *times) {
  free(times->seconds);
  free(times->processor_seconds);
  *times = (ls_benchmark_times){0};
}

static void add_entry(cJSON *list, const ls_benchmark_series *series, size_t i) {
  const ls_benchmark_times *times = series->times;
  cJSON *entry = cJSON_CreateObject();
  if (!entry || !cJSON_AddItemToArray(list, entry)) return;
  cJSON_AddStringToObject(entry, "name", series->name);
  cJSON_AddStringToObject(entry, "run_name", series->name);
  cJSON_AddStringToObject(entry, "run_type", "iteration");
  cJSON_AddNumberToObject(entry, "repetitions", (double)times->count);
  cJSON_AddNumberToObject(entry, "repetition_index", (double)i);
  cJSON_AddNumberToObject(entry, "threads", series->threads);
  cJSON_AddNumberToObject(entry, "iterations", 1);
  cJSON_AddNumberToObject(entry, "real_time", 1e3 * times->seconds[i]);
  cJSON_AddNumberToObject(entry, "cpu_time", 1e3 * times->processor_seconds[i]);
  cJSON_AddStringToObject(entry, "time_unit", "ms");
  for (const ls_benchmark_counter *c = series->counters; c->name; c++)
    cJSON_AddNumberToObject(entry, c->name, c->each ? c->each[i] : c->value);
}

ls_status ls_benchmark_print_json(const ls_benchmark_series *series, size_t count,
                                  ls_error *error) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddItemToObject(root, "context", ls_benchmark_context(ls_revision()));
  cJSON *list = cJSON_AddArrayToObject(root, "benchmarks");
  for (size_t s = 0; s < count; s++)
    for (size_t i = 0; i < series[s].times->count; i++) add_entry(list, &series[s], i);
  return ls_json_print(root, error);
}
