/* The little of Google Benchmark that the suite needs, for C: benchmark_shim.cc is the only file
 * that sees C++. */
#ifndef LS_BENCH_KERNELS_BENCHMARK_SHIM_H
#define LS_BENCH_KERNELS_BENCHMARK_SHIM_H

#include "base/status.h"

/* One benchmark. prepare is called before each series of run calls, more than once: it does nothing
 * if all is as the last run left it. run does the work once and says how long it took, so that what
 * must be put back between two runs is not in the time. Counters: FLOP/s, bytes/s, and each as a
 * share of its peak. */
typedef struct ls_shim_benchmark {
  const char *name;
  ls_status (*prepare)(void *context, ls_error *error);
  ls_status (*run)(void *context, double *seconds, ls_error *error);
  void *context;
  double flop, bytes;         /* of one run */
  double fma_peak, copy_peak; /* FLOP/s, bytes/s */
} ls_shim_benchmark;

/* Takes the --benchmark_.. options out of argv; what is left is the caller's. */
void ls_shim_take_options(int *argc, char **argv);

void ls_shim_print_help(void);

/* A line of the report's context. */
void ls_shim_add_context(const char *name, const char *value);

/* What became of the benchmarks that the filter chose. Zero-initialise. */
typedef struct ls_shim_result {
  int run, refused, failed; /* refused: LS_UNAVAILABLE or LS_USAGE when prepared */
  ls_error first_failure, first_refusal;
} ls_shim_result;

/* benchmark and result live until ls_shim_run has returned; result is told what becomes of it. */
void ls_shim_register(const ls_shim_benchmark *benchmark, ls_shim_result *result);

/* Runs them and prints the report as the --benchmark_.. options say (--benchmark_list_tests: only
 * their names). A benchmark that fails is in the report with its message, and the others go on.
 * Returns how many the filter chose. */
int ls_shim_run(void);

#endif
