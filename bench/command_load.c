/* larscale load: the time to bring events from their files into the compressed store, on one core.
 *
 * Measured: from opening the files to having let go of the store; time per event, and its phases.
 * The file cache is warm unless a warm-up is refused (--warmup 0 on files not read before). */
#include "base/clock.h"
#include "bench/benchmark_json.h"
#include "bench/command.h"
#include "bench/events.h"
#include "network/spec.h"

#include <stdio.h>
#include <stdlib.h>

static int every_event(const void *context, size_t event) {
  (void)context, (void)event;
  return 1;
}

typedef struct loading {
  ls_load_times times; /* of the last repetition */
  ls_store_statistics stored;
  char format[32];
} loading;

static ls_status load_once(const ls_settings *settings, loading *l, ls_error *error) {
  ls_events events;
  ls_store *store;
  char none[] = "constant:0"; /* labels are not needed here */
  ls_settings unlabelled = *settings;
  if (!settings->labels) unlabelled.labels = none;
  LS_TRY(ls_events_open(&unlabelled, settings->data, settings->data_count, LS_MAX_CLASSES, &events,
                        error));
  snprintf(l->format, sizeof l->format, "%s", ls_dataset_format(events.dataset));
  ls_status status = ls_events_load(settings, &events, every_event, NULL, "loading",
                                    !settings->json, &store, &l->times, error);
  if (status == LS_OK) {
    l->stored = ls_store_get_statistics(store);
    ls_store_free(store);
  }
  ls_events_close(&events);
  return status;
}

static ls_status measure(const ls_settings *settings, loading *l, ls_benchmark_times *times,
                         ls_error *error) {
  for (long i = 0; i < settings->warmup; i++) LS_TRY(load_once(settings, l, error));
  for (long i = 0; i < settings->repetitions; i++) {
    double start = ls_seconds(), processor = ls_processor_seconds();
    LS_TRY(load_once(settings, l, error));
    double events = (double)l->times.events, wall = ls_seconds() - start;
    LS_TRY(ls_benchmark_add(times, wall / events, (ls_processor_seconds() - processor) / events,
                            error));
  }
  return LS_OK;
}

static void print_people(const loading *l, const ls_benchmark_times *times) {
  double events = (double)l->times.events;
  printf("%zu events (%s): median %.3f ms an event (%zu repetitions)\n", l->times.events, l->format,
         1e3 * ls_benchmark_median(times), times->count);
  printf("last repetition, ms an event: read %.3f, inflate %.3f, convert %.3f, compress %.3f\n",
         1e3 * l->times.read / events, 1e3 * l->times.inflate / events,
         1e3 * l->times.convert / events, 1e3 * l->times.compress / events);
  printf("MB: in files %.2f, dense %.2f, kept %.3f (1 : %.0f)\n", (double)l->times.bytes_disk / 1e6,
         (double)l->stored.raw_bytes / 1e6, (double)l->stored.stored_bytes / 1e6,
         (double)l->stored.raw_bytes / (double)l->stored.stored_bytes);
}

static ls_status print_json(const loading *l, int threads, const ls_benchmark_times *times,
                            ls_error *error) {
  char name[64];
  snprintf(name, sizeof name, "load/%s", l->format);
  double events = (double)l->times.events;
  ls_benchmark_counter counters[] = {
      {.name = "events", .value = events},
      {.name = "read_ms", .value = 1e3 * l->times.read / events},
      {.name = "inflate_ms", .value = 1e3 * l->times.inflate / events},
      {.name = "convert_ms", .value = 1e3 * l->times.convert / events},
      {.name = "compress_ms", .value = 1e3 * l->times.compress / events},
      {.name = "bytes_disk", .value = (double)l->times.bytes_disk},
      {.name = "bytes_memory", .value = (double)l->stored.stored_bytes},
      {.name = NULL}};
  ls_benchmark_series series = {name, threads, times, counters};
  return ls_benchmark_print_json(&series, 1, error);
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  (void)comm;
  loading l = {0};
  ls_benchmark_times times = {0};
  ls_status status = measure(settings, &l, &times, error);
  if (status == LS_OK && settings->json)
    status = print_json(&l, (int)settings->codec_threads, &times, error);
  else if (status == LS_OK)
    print_people(&l, &times);
  ls_benchmark_destroy(&times);
  return status;
}

const ls_command ls_command_load = {
    .name = "load",
    .summary = "time the way of events from files into the store",
    .details =
        "Reads all events into a new store, --repetitions times after --warmup untimed ones, on\n"
        "one core, and says what each phase took. With --json the times are in Google\n"
        "Benchmark's schema, milliseconds an event.",
    .example = "  larscale load --data events.h5 --repetitions 5 --codec zstd",
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_store, &ls_options_load},
};
