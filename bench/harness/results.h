/* What a driver measured so far, on rank 0: the times of each point, what is said of them, and
 * whether the run is valid. The files hold the same and more (core/record); this is for people, for
 * --json and for the verdict. */
#ifndef LS_BENCH_HARNESS_RESULTS_H
#define LS_BENCH_HARNESS_RESULTS_H

#include "bench/harness/sweep.h"
#include "record/record.h"
#include "statistics/statistics.h"

#include <stdint.h>

struct cJSON;

/* One point of a curve. */
typedef struct ls_measurement {
  ls_configuration configuration; /* its backend is name, below */
  char name[128];
  const char *cache_state; /* "warm", "cold", or NULL */
  const char *kind;        /* "measured", "emulated" */
  double *times;           /* [count] seconds of a unit, the slowest rank's */
  size_t count, capacity;
  double events;                                /* of a unit, all ranks together */
  uint64_t bytes_disk, bytes_raw, bytes_memory; /* 0: does not apply */
  double overhead; /* seconds for each step that are no step's: the least of the repetitions; NaN */
  ls_point_place place;
  ls_summary summary; /* once it is closed */
  double speedup;     /* against the first of the same series, cache state and kind; NaN: none */
  double efficiency;
  int base; /* 1: it is that first one */
} ls_measurement;

typedef struct ls_results {
  ls_measurement **list;
  size_t count;
  char invalid[256]; /* why the result is; empty: it is valid */
} ls_results;

/* LS_MEMORY, or a new one of that name; its configuration's other members are the caller's. */
ls_status ls_results_add(ls_results *results, const char *name,
                         const ls_configuration *configuration, ls_measurement **measurement,
                         ls_error *error);
void ls_results_drop(ls_results *results); /* the last one */
void ls_results_destroy(ls_results *results);

ls_status ls_measurement_time(ls_measurement *measurement, double seconds, ls_error *error);

/* 1: so many times are enough: wanted of them, or (wanted 0) an interval within 5%, or (wanted 0)
 * more than limit seconds since start. */
int ls_measurement_is_enough(const ls_measurement *measurement, long wanted, double start,
                             double limit);

/* The last one is complete: summary, speed-up; what makes the run invalid is noted. */
ls_status ls_results_close(ls_results *results, ls_error *error);

/* The run is INVALID for this reason, unless there is one already. */
void ls_results_invalidate(ls_results *results, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A line for people of the last measurement; heading before the first. */
void ls_results_print(const ls_results *results);
/* The largest overhead of the points, if they have any. */
void ls_results_print_overhead(const ls_results *results);

/* The base cases with their absolute times. */
void ls_results_print_bases(const ls_results *results);

/* Array of the points, for env.json and --json. node_is: "host", "rank" or "device". */
void ls_results_describe(const ls_results *results, const char *node_is, struct cJSON *object);

#endif
