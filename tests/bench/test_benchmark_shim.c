/* Google Benchmark behind its C interface: what is counted, timed and reported. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "bench/kernels/benchmark_shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A benchmark that goes wrong where it is told to. */
typedef struct fake {
  ls_status prepared, done;
  int prepares, runs;
} fake;

static ls_status prepare(void *context, ls_error *error) {
  fake *f = context;
  f->prepares++;
  return f->prepared == LS_OK ? LS_OK : ls_fail(error, f->prepared, "not prepared");
}

/* Says that it took 2 ms, whatever it takes. */
static ls_status run(void *context, double *seconds, ls_error *error) {
  fake *f = context;
  f->runs++;
  *seconds = 0.002;
  return f->done == LS_OK ? LS_OK : ls_fail(error, f->done, "not run");
}

/* The report of five benchmarks, of which the filter chooses four. */
static void test_outcomes(void **state) {
  (void)state;
  char path[] = "/tmp/larscale-shim-XXXXXX", out[64], text[8192] = "";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  snprintf(out, sizeof out, "--benchmark_out=%s", path);
  char *argv[] = {"test", "--benchmark_min_time=0.01", "--benchmark_filter=chosen", out, "--own",
                  NULL};
  int argc = 5;
  ls_shim_take_options(&argc, argv);
  assert_int_equal(argc, 2);
  assert_string_equal(argv[1], "--own");

  fake fakes[] = {{.done = LS_OK},
                  {.done = LS_INTERNAL},
                  {.prepared = LS_UNAVAILABLE},
                  {.prepared = LS_MEMORY},
                  {.done = LS_OK}};
  const char *const names[] = {"chosen/good", "chosen/bad", "chosen/refused", "chosen/no_memory",
                               "left out"};
  ls_shim_benchmark benchmarks[5];
  ls_shim_result result = {0};
  for (int i = 0; i < 5; i++) {
    benchmarks[i] = (ls_shim_benchmark){names[i], prepare, run, &fakes[i], 4e6, 1e6, 8e9, 1e10};
    ls_shim_register(&benchmarks[i], &result);
  }
  ls_shim_add_context("bound", "8e9");
  assert_int_equal(ls_shim_run(), 4);
  assert_int_equal(result.run, 1);
  assert_int_equal(result.refused, 1);
  assert_int_equal(result.failed, 2);
  assert_int_equal(result.first_failure.status, LS_INTERNAL);
  assert_string_equal(result.first_failure.message, "not run");
  assert_int_equal(result.first_refusal.status, LS_UNAVAILABLE);
  assert_true(fakes[0].prepares >= 1 && fakes[0].runs >= 5); /* 10 ms of 2 ms each */
  assert_int_equal(fakes[2].runs + fakes[3].runs + fakes[4].prepares, 0);

  /* 4 MFLOP and 1 MB in 2 ms: a quarter of 8 GFLOP/s, a twentieth of 10 GB/s. */
  FILE *file = fdopen(descriptor, "r");
  assert_non_null(file);
  assert_true(fread(text, 1, sizeof text - 1, file) > 0);
  fclose(file);
  remove(path);
  const char *const words[] = {"\"bound\": \"8e9\"",
                               "\"FLOP/s\": 2.0",
                               "e+09",
                               "\"bytes/s\": 5.0",
                               "\"fma_share\": 2.5",
                               "\"copy_share\": 5.0",
                               "\"real_time\": 2.0",
                               "\"error_message\": \"not run\"",
                               "\"error_message\": \"not prepared\""};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strstr(text, words[i])) fail_msg("%s is not in %s", words[i], text);
  assert_null(strstr(text, "left out"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_outcomes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
