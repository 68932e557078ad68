extern "C" {
#include "bench/kernels/benchmark_shim.h"
}

#include <benchmark/benchmark.h>

#include <memory>

namespace {

// A benchmark and where its outcome is noted. The library calls it several times, to find the
// number of iterations and for repetitions: it counts once.
struct entry {
  const ls_shim_benchmark *benchmark;
  ls_shim_result *result;
  bool counted;
};

void note_failure(benchmark::State &state, entry &e, bool preparing, const ls_error &error) {
  state.SkipWithError(error.message);
  if (e.counted) return;
  e.counted = true;
  bool refused = preparing && (error.status == LS_UNAVAILABLE || error.status == LS_USAGE);
  int &count = refused ? e.result->refused : e.result->failed;
  if (count++ == 0) (refused ? e.result->first_refusal : e.result->first_failure) = error;
}

benchmark::Counter rate(double work) {
  return benchmark::Counter(work, benchmark::Counter::kIsIterationInvariantRate);
}

void run_one(benchmark::State &state, entry &e) {
  const ls_shim_benchmark *b = e.benchmark;
  ls_error error = {};
  if (b->prepare(b->context, &error) != LS_OK) {
    note_failure(state, e, true, error);
    return;
  }
  double total = 0;
  for (auto _ : state) {
    double seconds = 0;
    if (b->run(b->context, &seconds, &error) != LS_OK) {
      note_failure(state, e, false, error);
      return;
    }
    state.SetIterationTime(seconds);
    total += seconds;
  }
  double runs_per_second = static_cast<double>(state.iterations()) / total;
  state.counters["FLOP/s"] = rate(b->flop);
  state.counters["bytes/s"] = rate(b->bytes);
  state.counters["fma_share"] = b->flop * runs_per_second / b->fma_peak;
  state.counters["copy_share"] = b->bytes * runs_per_second / b->copy_peak;
  if (!e.counted) e.result->run++;
  e.counted = true;
}

} // namespace

void ls_shim_take_options(int *argc, char **argv) {
  benchmark::Initialize(argc, argv);
}

void ls_shim_print_help(void) {
  benchmark::PrintDefaultHelp();
}

void ls_shim_add_context(const char *name, const char *value) {
  benchmark::AddCustomContext(name, value);
}

void ls_shim_register(const ls_shim_benchmark *b, ls_shim_result *result) {
  auto e = std::make_shared<entry>(entry{b, result, false});
  benchmark::RegisterBenchmark(b->name, [e](benchmark::State &state) { run_one(state, *e); })
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

int ls_shim_run(void) {
  size_t matched = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return static_cast<int>(matched);
}
