#include "bench/benchmark_json.h"

#include "bench/environment.h"
#include "bench/json_output.h"
#include "record/run_json.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int by_value(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

double ls_benchmark_median(const ls_benchmark_times *times) {
  size_t n = times->count;
  double *sorted = n ? malloc(n * sizeof *sorted) : NULL;
  if (!sorted) return NAN;
  memcpy(sorted, times->seconds, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, by_value);
  double median = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  free(sorted);
  return median;
}

void ls_benchmark_destroy(ls_benchmark_times *times) {
  free(times->seconds);
  free(times->processor_seconds);
  *times = (ls_benchmark_times){0};
}

static void add_entry(cJSON *list, const char *name, int threads, const ls_benchmark_times *times,
                      size_t i, const ls_benchmark_counter *counters) {
  cJSON *entry = cJSON_CreateObject();
  if (!entry || !cJSON_AddItemToArray(list, entry)) return;
  cJSON_AddStringToObject(entry, "name", name);
  cJSON_AddStringToObject(entry, "run_name", name);
  cJSON_AddStringToObject(entry, "run_type", "iteration");
  cJSON_AddNumberToObject(entry, "repetitions", (double)times->count);
  cJSON_AddNumberToObject(entry, "repetition_index", (double)i);
  cJSON_AddNumberToObject(entry, "threads", threads);
  cJSON_AddNumberToObject(entry, "iterations", 1);
  cJSON_AddNumberToObject(entry, "real_time", 1e3 * times->seconds[i]);
  cJSON_AddNumberToObject(entry, "cpu_time", 1e3 * times->processor_seconds[i]);
  cJSON_AddStringToObject(entry, "time_unit", "ms");
  for (; counters->name; counters++)
    cJSON_AddNumberToObject(entry, counters->name, counters->value);
}

ls_status ls_benchmark_print_json(const char *name, int threads, const ls_benchmark_times *times,
                                  const ls_benchmark_counter *counters, ls_error *error) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddItemToObject(root, "context", ls_benchmark_context(ls_revision()));
  cJSON *list = cJSON_AddArrayToObject(root, "benchmarks");
  for (size_t i = 0; i < times->count; i++) add_entry(list, name, threads, times, i, counters);
  return ls_json_print(root, error);
}
