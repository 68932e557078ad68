/* larscale bench load-time: how long does it take to bring the data set into memory?
 *
 * Question of the study (figure 1): time to load all events into the compressed store against
 * nodes.
 *
 * Usage: mpirun -np 4 larscale bench load-time --nodes 1,2,4 --data train --cache warm,cold
 *
 * Measured: T(n), from opening the files to a sealed store on all of the first n nodes; each rank
 * loads an equal contiguous part of the events (the study's share), with --store node into one
 * store for all ranks of a node. The slowest rank counts. Per rank and phase: read (file to memory,
 * with opening), inflate, convert (the image policy), compress, other.
 *
 * Formula: speed-up S(n) = T(b) / T(n), efficiency S(n) r(b) / r(n): r ranks, b the fewest nodes of
 * the same curve. A curve: a codec, a form of the store, a state of the file cache. Ratio: bytes of
 * the images as dense floats over bytes kept.
 *
 * cold: before each repetition the files' pages are dropped from the machine's cache (fsync,
 * posix_fadvise DONTNEED).
 *
 * warm: they were read by a warm-up before.
 *
 * Page: bench/drivers/load-time.md. */
#include "base/clock.h"
#include "bench/command.h"
#include "bench/harness/file_cache.h"
#include "bench/harness/harness.h"
#include "bench/harness/words.h"
#include "store/share.h"
#include "train/sharing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One curve. */
typedef struct variation {
  char codec[32], form[16], cache[16];
  ls_settings settings; /* the run's, with these */
  int series;
} variation;

/* What one rank did in one repetition. */
typedef struct loading {
  ls_load_times times; /* wall: with opening and sharing */
  uint64_t raw_bytes, stored_bytes;
} loading;

typedef struct share {
  size_t first, count;
} share;

static int in_share(const void *context, size_t event) {
  const share *s = context;
  return event >= s->first && event - s->first < s->count;
}

/* Files to store, on this rank alone. */
static ls_status load_own(const variation *v, ls_comm *part, ls_store **store, loading *l,
                          ls_error *error) {
  double start = ls_seconds();
  ls_events events;
  share own;
  LS_TRY(ls_events_open(&v->settings, v->settings.data, v->settings.data_count, LS_MAX_CLASSES,
                        &events, error));
  double opening = ls_seconds() - start;
  ls_split(ls_dataset_count(events.dataset), (size_t)ls_comm_size(part), (size_t)ls_comm_rank(part),
           &own.first, &own.count);
  ls_status status =
      ls_events_load(&v->settings, &events, in_share, &own, "loading", 0, store, &l->times, error);
  ls_events_close(&events);
  if (status != LS_OK) return status;
  ls_store_statistics statistics = ls_store_get_statistics(*store);
  l->times.read += opening;
  l->raw_bytes = statistics.raw_bytes;
  l->stored_bytes = statistics.stored_bytes;
  return LS_OK;
}

/* One repetition: all ranks begin together. */
static ls_status load(const variation *v, ls_comm *part, loading *l, ls_error *error) {
  ls_store *store = NULL;
  ls_node *node = NULL;
  int shares = v->settings.store && !strcmp(v->settings.store, "node");
  *l = (loading){0};
  if (shares) LS_TRY(ls_node_new(part, &node, error));
  LS_TRY(ls_comm_barrier(part, error));
  double start = ls_seconds();
  ls_status status = ls_comm_agree(part, load_own(v, part, &store, l, error), error);
  if (status == LS_OK && shares) status = ls_store_share(&store, node, error);
  l->times.wall = ls_seconds() - start;
  ls_store_free(store);
  ls_node_free(node, status != LS_OK && !error->shared);
  return status;
}

/* The machine's cache is every rank's: one of its ranks drops the files. What stays makes a cold
 * time a lie. */
static ls_status drop_caches(ls_harness *h, ls_comm *part, ls_error *error) {
  const ls_dataset *dataset = h->job.events.dataset;
  double left = 0;
  ls_status status = LS_OK;
  for (size_t f = 0; ls_comm_node_rank(part) == 0 && f < ls_dataset_file_count(dataset); f++) {
    double of_file;
    if (status == LS_OK) status = ls_file_cache_drop(ls_dataset_file(dataset, f), &of_file, error);
    if (status == LS_OK) left = fmax(left, isnan(of_file) ? 1 : of_file);
  }
  LS_TRY(ls_comm_agree(part, status, error));
  LS_TRY(ls_comm_max_doubles(part, &left, 1, error));
  if (h->record && left > 0.05)
    ls_results_invalidate(&h->results,
                          "the file cache is not cold: %.0f%% of a file stays in it (a file system "
                          "in memory?); use --cache warm",
                          100 * left);
  return LS_OK;
}

static void write_rows(ls_harness *h, const ls_measurement *m, int repetition, int warmup, int rank,
                       const loading *l) {
  const ls_load_times *t = &l->times;
  double known = t->read + t->inflate + t->convert + t->compress;
  const char *const phases[] = {"read", "inflate", "convert", "compress", "other"};
  const double seconds[] = {t->read, t->inflate, t->convert, t->compress, t->wall - known};
  ls_harness_check_phases(h, seconds, 5, t->wall, "loading");
  for (int p = 0; p < 5; p++) {
    ls_sample sample = {.configuration = &m->configuration,
                        .repetition = repetition,
                        .epoch = -1,
                        .step = -1,
                        .rank = rank,
                        .phase = phases[p],
                        .seconds = seconds[p],
                        .events = t->events,
                        .bytes_disk = t->bytes_disk,
                        .bytes_memory = l->stored_bytes,
                        .cache_state = m->cache_state,
                        .warmup = warmup,
                        .kind = "measured"};
    ls_record_sample(h->record, &sample);
  }
}

/* Rank 0: rows of all ranks; sums for the measurement; whether every event was there once. */
static void take(ls_harness *h, ls_measurement *m, int repetition, int warmup, int ranks,
                 const loading *all) {
  uint64_t checksum = 0;
  size_t events = 0;
  m->bytes_disk = m->bytes_raw = m->bytes_memory = 0;
  for (int rank = 0; rank < ranks; rank++) {
    write_rows(h, m, repetition, warmup, rank, &all[rank]);
    checksum += all[rank].times.checksum;
    events += all[rank].times.events;
    m->bytes_disk += all[rank].times.bytes_disk;
    m->bytes_raw += all[rank].raw_bytes;
    m->bytes_memory += all[rank].stored_bytes;
  }
  m->events = (double)events;
  ls_harness_check_data(h, checksum, events);
}

static ls_status load_and_record(ls_harness *h, ls_comm *part, const variation *v,
                                 ls_measurement *m, loading *all, int repetition, int warmup,
                                 double *seconds, ls_error *error) {
  loading own;
  if (!strcmp(v->cache, "cold")) LS_TRY(drop_caches(h, part, error));
  LS_TRY(load(v, part, &own, error));
  LS_TRY(ls_comm_gather(part, &own, sizeof own, all, 0, error));
  if (m) take(h, m, repetition, warmup, ls_comm_size(part), all);
  *seconds = own.times.wall;
  return LS_OK;
}

static ls_status repeat(ls_harness *h, ls_comm *part, const variation *v, ls_measurement *m,
                        loading *all, ls_error *error) {
  double seconds, start = ls_seconds();
  int warmups = !strcmp(v->cache, "cold") ? 0 : (int)h->settings->warmup;
  for (int i = 1; i <= warmups; i++)
    LS_TRY(load_and_record(h, part, v, m, all, i, 1, &seconds, error));
  for (int repetition = 1, enough = 0; !enough; repetition++) {
    LS_TRY(load_and_record(h, part, v, m, all, repetition, 0, &seconds, error));
    LS_TRY(ls_harness_repeated(h, part, m, seconds, start, &enough, error));
  }
  return LS_OK;
}

static ls_status measure(ls_harness *h, ls_comm *part, int nodes, const variation *v,
                         ls_error *error) {
  char name[128];
  snprintf(name, sizeof name, "%s:%s", v->codec, v->form);
  ls_configuration configuration = {.scaling = "strong", .nodes = nodes, .series = v->series};
  ls_measurement *m;
  LS_TRY(ls_harness_measure(h, part, nodes, name, &configuration, "measured", &m, error));
  if (m) m->cache_state = !strcmp(v->cache, "cold") ? "cold" : "warm";
  loading *all = calloc((size_t)ls_comm_size(part), sizeof *all);
  ls_status status = all ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the ranks' times");
  status = ls_comm_agree(part, status, error);
  if (all && status == LS_OK) status = repeat(h, part, v, m, all, error);
  free(all);
  if (status == LS_OK) status = ls_harness_measured(h, error);
  return status;
}

static ls_status measure_curve(ls_harness *h, const variation *v, ls_error *error) {
  for (int i = 0; i < h->sweep.count && !h->stopped; i++) {
    ls_comm *part;
    int nodes = h->sweep.counts[i];
    LS_TRY(ls_harness_enter(h, nodes, &part, error));
    ls_status status = part ? measure(h, part, nodes, v, error) : LS_OK;
    LS_TRY(ls_harness_leave(h, part, status, error));
  }
  return LS_OK;
}

static ls_status check_codec(const char *codec, ls_error *error) {
  ls_store_options options = ls_store_defaults();
  ls_store *store;
  options.codec = codec;
  LS_TRY(ls_store_new(&options, &store, error));
  ls_store_free(store);
  return LS_OK;
}

/* Every combination of the lists, or, without a harness, a look at their words. */
static ls_status for_each(const ls_settings *settings, ls_harness *h, ls_error *error) {
  variation v = {.settings = *settings};
  v.settings.codec = v.codec, v.settings.store_form = v.form;
  char no_labels[] = "constant:0"; /* labels are not needed here */
  if (!settings->labels) v.settings.labels = no_labels;
  const char *codecs = settings->codec ? settings->codec : ls_store_defaults().codec;
  while (ls_word_next(&codecs, v.codec, sizeof v.codec)) {
    LS_TRY(check_codec(v.codec, error));
    const char *forms = settings->store_form ? settings->store_form : "sparse,dense";
    while (ls_word_next(&forms, v.form, sizeof v.form)) {
      LS_TRY(ls_word_check("--store-form", v.form, "auto|sparse|dense", error));
      const char *caches = settings->cache_states ? settings->cache_states : "warm,cold";
      while (ls_word_next(&caches, v.cache, sizeof v.cache)) {
        LS_TRY(ls_word_check("--cache", v.cache, "warm|cold", error));
        if (h && !h->stopped) LS_TRY(measure_curve(h, &v, error));
        v.series++;
      }
    }
  }
  return LS_OK;
}

static void print_sizes(const ls_harness *h) {
  for (size_t i = 0; h->talks && i < h->results.count; i++) {
    const ls_measurement *m = h->results.list[i];
    const ls_measurement *before = i ? h->results.list[i - 1] : NULL;
    if (!before || strcmp(before->name, m->name) != 0)
      printf("%s: MB in files %.2f, dense %.2f, kept %.3f (1 : %.0f)\n", m->name,
             (double)m->bytes_disk / 1e6, (double)m->bytes_raw / 1e6, (double)m->bytes_memory / 1e6,
             (double)m->bytes_raw / (double)m->bytes_memory);
  }
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  ls_harness_needs needs = {.driver = "load-time", .scaling = "strong"};
  ls_harness harness;
  ls_settings unlabelled = *settings;
  char no_labels[] = "constant:0";
  if (!settings->labels) unlabelled.labels = no_labels;
  LS_TRY(ls_comm_agree(comm, for_each(settings, NULL, error), error));
  LS_TRY(ls_harness_open(&needs, &unlabelled, comm, &harness, error));
  ls_status status = for_each(settings, &harness, error);
  if (status == LS_OK) print_sizes(&harness);
  return ls_harness_finish(&harness, status, error);
}

const ls_command ls_command_load_time = {
    .name = "bench load-time",
    .summary = "time to load the data set into memory against nodes",
    .details =
        "Loads all events into the compressed store on 1, 2, 4 .. nodes of one launch, for each\n"
        "codec, form of the store and state of the file cache that is asked for. The record's\n"
        "files: results/README.md; what it means: bench/drivers/load-time.md.",
    .example =
        "  mpirun -np 4 larscale bench load-time --nodes 1,2,4 --data 'train/*.h5'\n"
        "  larscale bench load-time --codec lz4,zstd,none --store-form sparse --data events.h5",
    .defaults = ls_harness_defaults,
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_load_time, &ls_options_repetitions,
               &ls_options_bench},
};
