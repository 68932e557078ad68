/* larscale_kernels: times every kernel of every backend, with Google Benchmark.
 *
 * Each kernel is an operator's forward or backward call on one image, everything in memory. Rates
 * count the work of the dense algorithm (network/work.h), and are compared with the peak of fused
 * multiply-adds and the bandwidth of copying that are measured at the start of the same run. */
#define _POSIX_C_SOURCE 200809L
#include "base/text.h"
#include "bench/dense_images.h"
#include "bench/events.h"
#include "bench/kernels/kernel_list.h"
#include "bench/kernels/machine_peaks.h"
#include "bench/launch.h"
#include "bench/options.h"
#include "bench/threads.h"
#include "datasets/synthetic/synthetic.h"
#include "machine/machine.h"
#include "train/kernel_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ls_option_group *const groups[] = {&ls_options_data, &ls_options_image,
                                                &ls_options_kernels, NULL};

typedef struct timing {
  ls_settings settings;
  ls_network_spec spec;
  ls_backend_choice choices[LS_MOST_CHOICES];
  ls_events events;
  ls_image dense, sparse;
  ls_kernel_list *list;
} timing;

static void release(timing *t) {
  ls_kernel_list_free(t->list);
  ls_image_destroy(&t->dense);
  ls_image_destroy(&t->sparse);
  ls_events_close(&t->events);
  ls_settings_destroy(&t->settings);
}

static void print_help(void) {
  puts(
      "Times forward and backward of every layer of the network, and of the tests' cases, of\n"
      "every backend, with Google Benchmark: BACKEND/LAYER/forward/dense and the like. The sparse\n"
      "image is --event of --data, or, without, one of tracks. Rates count the dense algorithm's\n"
      "work; their peaks are measured in the same run.\n");
  fflush(stdout);
  ls_options_print_help("larscale_kernels", groups);
  puts("\nExample:\n  larscale_kernels --size 3600 --backend onednn \\\n"
       "      --benchmark_filter='conv./.*/dense' --benchmark_out=new.json\n");
  ls_shim_print_help();
}

/* An event of the data, if there is any; else a synthetic one, which decides nothing. */
static ls_status sparse_image(timing *t, ls_error *error) {
  ls_settings *s = &t->settings;
  size_t event = s->event == LS_UNSET ? 0 : (size_t)s->event;
  if (!s->data_count) {
    t->spec.height = t->spec.width = s->size == LS_UNSET ? 3600 : (int)s->size;
    LS_TRY(ls_network_check(&t->spec, error));
    LS_TRY(ls_synthetic_event(1, event, t->spec.height, &t->sparse, error));
    t->sparse.planes = t->spec.planes; /* the first ones of its three */
    return LS_OK;
  }
  LS_TRY(
      ls_events_open(s, s->data, s->data_count, ls_network_classes(&t->spec), &t->events, error));
  t->spec.height = t->spec.width = t->events.policy.size;
  t->spec.planes = ls_events_planes(&t->events);
  LS_TRY(ls_network_check(&t->spec, error));
  size_t count = ls_dataset_count(t->events.dataset);
  if (event >= count)
    return ls_fail(error, LS_USAGE, "--event %zu: the data set has events 0 to %zu", event,
                   count - 1);
  return ls_dataset_read(t->events.dataset, event, &t->events.policy, &t->sparse, error);
}

static ls_status make_network(timing *t, ls_error *error) {
  const ls_settings *s = &t->settings;
  t->spec = ls_network_study(1, s->plane && !strcmp(s->plane, "all") ? LS_MAX_PLANES : 1);
  if (s->network) LS_TRY(ls_network_read(&t->spec, s->network, error));
  LS_TRY(sparse_image(t, error));
  return ls_dense_images_fill(&t->spec, 1, &t->dense, error);
}

static void add_number(const char *name, double value) {
  char text[32];
  snprintf(text, sizeof text, "%.6g", value);
  ls_shim_add_context(name, text);
}

/* The bounds, and what else a figure depends on, for the report. */
static ls_status measure_peaks(timing *t, int threads, ls_kernel_source *source, ls_error *error) {
  char name[64];
  for (int i = 0; i < source->choice_count; i++) {
    ls_isa isa = ls_isa_find(t->choices[i].options.isa);
    if (source->fma_peak[isa] > 0) continue;
    source->fma_peak[isa] = ls_peak_fma(isa, threads);
    snprintf(name, sizeof name, "fma_peak_%s_flops", ls_isa_name(isa));
    add_number(name, source->fma_peak[isa]);
  }
  LS_TRY(ls_peak_copy(threads, &source->copy_peak, error));
  add_number("copy_bytes_per_second", source->copy_peak);
  add_number("threads", threads);
  add_number("size", t->spec.height);
  add_number("planes", t->spec.planes);
  add_number("active_pixels_sparse", (double)ls_image_active(&t->sparse));
  return LS_OK;
}

/* Wrong kernels are not timed. Those that are refused are told of in the report. */
static ls_status check_kernels(timing *t, int count, ls_error *error) {
  for (int i = 0; i < count; i++) {
    ls_error own = {0};
    const ls_backend_choice *choice = &t->choices[i];
    ls_status status = ls_kernel_check(choice->backend, &choice->options, &t->spec, &own);
    if (status == LS_OK || status == LS_UNAVAILABLE || status == LS_USAGE) continue;
    *error = own;
    return status;
  }
  return LS_OK;
}

/* What the benchmarks came to. */
static ls_status verdict(int matched, const ls_shim_result *result, ls_error *error) {
  if (!matched)
    return ls_fail(error, LS_USAGE,
                   "--benchmark_filter: no kernel has such a name; --benchmark_list_tests lists "
                   "them");
  if (result->failed)
    return ls_fail(error, result->first_failure.status, "%d kernels failed, the first: %s",
                   result->failed, result->first_failure.message);
  if (result->refused && !result->run)
    return ls_fail(error, result->first_refusal.status, "%s", result->first_refusal.message);
  if (result->refused)
    fprintf(stderr, "larscale_kernels: %d kernels are not there, the first: %s\n", result->refused,
            result->first_refusal.message);
  return LS_OK;
}

static ls_status run(timing *t, int argc, char **argv, ls_error *error) {
  ls_shim_take_options(&argc, argv);
  LS_TRY(ls_options_parse(argc, (const char **)argv, groups, &t->settings, error));
  const ls_settings *s = &t->settings;
  int threads = ls_launch_wanted_threads(s->threads);
  if (!threads) threads = ls_machine_processor_count();
  ls_kernel_source source = {
      .choices = t->choices, .spec = &t->spec, .dense = &t->dense, .sparse = &t->sparse};
  LS_TRY(ls_backends_from_text(s, s->backend ? s->backend : "variants", t->choices,
                               &source.choice_count, error));
  LS_TRY(ls_threads_start(threads, error));
  for (int i = 0; i < source.choice_count; i++) t->choices[i].options.threads = threads;
  LS_TRY(make_network(t, error));
  LS_TRY(check_kernels(t, source.choice_count, error));
  LS_TRY(measure_peaks(t, threads, &source, error));
  LS_TRY(ls_kernel_list_new(&source, &t->list, error));
  ls_shim_result result = {0};
  ls_kernel_list_register(t->list, &result);
  int matched = ls_shim_run();
  return verdict(matched, &result, error);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
      print_help();
      return 0;
    }
  timing t = {.settings = ls_settings_default()};
  ls_error error = {0};
  ls_status status = run(&t, argc, argv, &error);
  release(&t);
  ls_text_make_printable(error.message);
  if (status != LS_OK) fprintf(stderr, "larscale_kernels: %s\n", error.message);
  return ls_exit_code(status);
}
