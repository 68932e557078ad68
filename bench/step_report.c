#include "bench/step_report.h"

#include "base/memory.h"
#include "network/work.h"
#include "statistics/statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double active_pixels(const ls_contest *c, const ls_contestant *one) {
  double active = 0;
  for (int i = 0; i < c->batch; i++) active += (double)ls_image_active(&one->input->images[i]);
  return active;
}

static void extremes(const ls_benchmark_times *times, double *least, double *most) {
  *least = *most = times->seconds[0];
  for (size_t i = 1; i < times->count; i++) {
    if (times->seconds[i] < *least) *least = times->seconds[i];
    if (times->seconds[i] > *most) *most = times->seconds[i];
  }
}

static int on_a_device(const ls_contestant *one) {
  return !ls_block_is_plain(ls_model_home(one->model));
}

static void print_times(const ls_contest *c, int width) {
  printf("\n%-*s %26s %22s %10s %10s %14s\n", width, "a step", "ms, median (min .. max)",
         "GFLOP/s dense-equiv.", "of peak", "active", "loss");
  for (int i = 0; i < c->contestant_count; i++) {
    const ls_contestant *one = &c->contestants[i];
    double least, most, median = ls_benchmark_median(&one->times);
    double rate = ls_network_step_flop(&c->spec) * c->batch / median,
           peak = ls_contest_peak(c, one);
    char text[64], share[16] = "-"; /* the peak is the processors' */
    extremes(&one->times, &least, &most);
    snprintf(text, sizeof text, "%.3f (%.3f .. %.3f)", 1e3 * median, 1e3 * least, 1e3 * most);
    if (!on_a_device(one)) snprintf(share, sizeof share, "%.1f%%", 100 * rate / peak);
    printf("%-*s %26s %22.1f %10s %10.0f %14.9g\n", width, one->name, text, rate / 1e9, share,
           active_pixels(c, one), one->loss);
  }
}

static void print_layers(const ls_contest *c, int width) {
  int layers = ls_network_layer_count(&c->spec);
  printf("\n%-*s", width, "forward / backward, ms");
  for (int l = 0; l < layers; l++) printf(" %17s", ls_network_layer(&c->spec, l).name);
  for (int i = 0; i < c->contestant_count; i++) {
    const ls_contestant *one = &c->contestants[i];
    printf("\n%-*s", width, one->name);
    for (int l = 0; l < layers; l++) {
      char text[64];
      snprintf(text, sizeof text, "%.3f / %.3f",
               1e3 * ls_median(one->layer_seconds[l][0], one->times.count),
               1e3 * ls_median(one->layer_seconds[l][1], one->times.count));
      printf(" %17s", text);
    }
  }
  putchar('\n');
  for (int i = 0; i < c->contestant_count; i++)
    if (on_a_device(&c->contestants[i]))
      printf("%s: a device computes while the host goes on, so these are times of launching\n",
             c->contestants[i].name);
}

static void print_memory_and_kernels(const ls_contest *c, int width) {
  printf("\n%-*s %12s %12s\n", width, "memory, MB", "activations", "model");
  for (int m = 0; m < c->choice_count; m++)
    printf("%-*s %12.1f %12.1f\n", width, c->choices[m].name,
           (double)ls_model_activation_bytes(c->models[m]) / 1e6,
           (double)ls_model_bytes(c->models[m]) / 1e6);
  printf("%-*s %12s %12.1f\n\n", width,
         c->choice_count > 1 ? "process, at most, with all" : "process, at most", "",
         (double)ls_memory_peak() / 1e6);
  for (int m = 0; m < c->choice_count; m++) {
    char kernels[4096];
    ls_model_describe(c->models[m], kernels, sizeof kernels);
    printf("kernels of %s: %s\n", c->choices[m].name, kernels);
  }
}

void ls_step_report_print(const ls_contest *c) {
  size_t width = strlen("process, at most, with all");
  for (int i = 0; i < c->contestant_count; i++)
    if (strlen(c->contestants[i].name) > width) width = strlen(c->contestants[i].name);
  printf("batch %d of %d x %d x %d, %d threads, %ld repetitions\n", c->batch, c->spec.height,
         c->spec.width, c->spec.planes, c->threads, c->repetitions);
  for (int isa = 0; isa < LS_ISA_COUNT; isa++)
    if (c->fma_peak[isa] > 0)
      printf("peak of fused multiply-adds, %s: %.1f GFLOP/s, measured in this run\n",
             ls_isa_name((ls_isa)isa), c->fma_peak[isa] / 1e9);
  print_times(c, (int)width);
  print_layers(c, (int)width);
  print_memory_and_kernels(c, (int)width);
}

enum { FIXED_COUNTERS = 9, MOST_COUNTERS = FIXED_COUNTERS + 2 * LS_MAX_LAYERS + 1 };

/* A contestant's entry; what its pointers point to. */
typedef struct entry {
  char name[128];
  char layer_names[2 * LS_MAX_LAYERS][40];
  ls_benchmark_counter counters[MOST_COUNTERS];
  double *share, *milliseconds[2 * LS_MAX_LAYERS]; /* one for each repetition */
} entry;

static void destroy_entries(entry *entries, int count) {
  for (int e = 0; e < count; e++) {
    free(entries[e].share);
    for (int l = 0; l < 2 * LS_MAX_LAYERS; l++) free(entries[e].milliseconds[l]);
  }
  free(entries);
}

static ls_status add_layers(const ls_contest *c, const ls_contestant *one, entry *e,
                            ls_error *error) {
  static const char *const ways[] = {"forward", "backward"};
  size_t repetitions = one->times.count;
  for (int l = 0; l < 2 * ls_network_layer_count(&c->spec); l++) {
    double *values = e->milliseconds[l] = calloc(repetitions, sizeof *values);
    if (!values) return ls_fail(error, LS_MEMORY, "no memory for the report");
    for (size_t r = 0; r < repetitions; r++) values[r] = 1e3 * one->layer_seconds[l / 2][l % 2][r];
    snprintf(e->layer_names[l], sizeof e->layer_names[l], "%s_%s_ms",
             ls_network_layer(&c->spec, l / 2).name, ways[l % 2]);
    e->counters[FIXED_COUNTERS + l] =
        (ls_benchmark_counter){.name = e->layer_names[l], .each = values};
  }
  return LS_OK;
}

static ls_status fill_entry(const ls_contest *c, const ls_contestant *one, entry *e,
                            ls_error *error) {
  double flop = ls_network_step_flop(&c->spec) * c->batch, peak = ls_contest_peak(c, one);
  e->share = calloc(one->times.count, sizeof *e->share);
  if (!e->share) return ls_fail(error, LS_MEMORY, "no memory for the report");
  for (size_t r = 0; r < one->times.count; r++) e->share[r] = flop / one->times.seconds[r] / peak;
  snprintf(e->name, sizeof e->name, "step/%s", one->name);
  const ls_benchmark_counter fixed[FIXED_COUNTERS] = {
      {.name = "loss", .value = one->loss},
      {.name = "batch", .value = c->batch},
      {.name = "active_pixels", .value = active_pixels(c, one)},
      {.name = "model_bytes", .value = (double)ls_model_bytes(one->model)},
      {.name = "activation_bytes", .value = (double)ls_model_activation_bytes(one->model)},
      {.name = "peak_memory_bytes", .value = (double)ls_memory_peak()},
      {.name = "dense_equivalent_flop", .value = flop},
      {.name = "fma_peak", .value = peak},
      {.name = "dense_equivalent_share", .each = e->share}};
  memcpy(e->counters, fixed, sizeof fixed);
  return add_layers(c, one, e, error);
}

ls_status ls_step_report_json(const ls_contest *c, ls_error *error) {
  entry *entries = calloc((size_t)c->contestant_count, sizeof *entries);
  if (!entries) return ls_fail(error, LS_MEMORY, "no memory for the report");
  ls_benchmark_series series[LS_MOST_CONTESTANTS];
  ls_status status = LS_OK;
  for (int i = 0; status == LS_OK && i < c->contestant_count; i++) {
    status = fill_entry(c, &c->contestants[i], &entries[i], error);
    series[i] = (ls_benchmark_series){entries[i].name, c->threads, &c->contestants[i].times,
                                      entries[i].counters};
  }
  if (status == LS_OK) status = ls_benchmark_print_json(series, (size_t)c->contestant_count, error);
  destroy_entries(entries, c->contestant_count);
  return status;
}
