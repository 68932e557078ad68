/* Times of repetitions, and their JSON in Google Benchmark's schema (context, benchmarks[]), which
 * its own tools compare. */
#ifndef LS_BENCH_BENCHMARK_JSON_H
#define LS_BENCH_BENCHMARK_JSON_H

#include "base/status.h"

#include <stddef.h>

/* Zero-initialise; free with ls_benchmark_destroy. */
typedef struct ls_benchmark_times {
  double *seconds, *processor_seconds;
  size_t count, capacity;
} ls_benchmark_times;

/* seconds of wall time, and of the processors' time summed over threads. */
ls_status ls_benchmark_add(ls_benchmark_times *times, double seconds, double processor_seconds,
                           ls_error *error);
double ls_benchmark_median(const ls_benchmark_times *times); /* wall; NaN without any */
void ls_benchmark_destroy(ls_benchmark_times *times);

/* A further number of each entry; name NULL ends a list. */
typedef struct ls_benchmark_counter {
  const char *name;
  double value;
  const double *each; /* NULL, or instead of value one for each repetition */
} ls_benchmark_counter;

/* What was measured under one name. */
typedef struct ls_benchmark_series {
  const char *name;
  int threads;
  const ls_benchmark_times *times;
  const ls_benchmark_counter *counters;
} ls_benchmark_series;

/* Prints one entry for each repetition of each series, times in ms. */
ls_status ls_benchmark_print_json(const ls_benchmark_series *series, size_t count, ls_error *error);

#endif
