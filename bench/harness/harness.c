#include "bench/harness/harness.h"

#include "base/clock.h"
#include "bench/environment.h"
#include "bench/json_output.h"
#include "bench/stop_request.h"
#include "train/kernel_check.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int is_root(const ls_harness *h) {
  return ls_comm_rank(h->comm) == 0;
}

void ls_harness_defaults(ls_settings *settings) {
  settings->repetitions = 0;
}

static void event(const ls_harness *h, ls_event_type type, const char *key, double value,
                  double when) {
  ls_event e = {.type = type, .key = key, .value = value, .when = when};
  if (h->record) ls_record_event(h->record, &e);
}

static ls_status open_record(const ls_harness_needs *needs, ls_harness *h, ls_error *error) {
  if (!is_root(h)) return LS_OK;
  ls_run run = {.driver = needs->driver,
                .configuration = {.backend = h->job.backend_name,
                                  .scaling = needs->scaling,
                                  .nodes = h->sweep.nodes,
                                  .ranks = ls_comm_size(h->comm),
                                  .threads = h->job.options.threads}};
  h->facts = cJSON_CreateObject();
  if (!h->facts) return ls_fail(error, LS_MEMORY, "no memory for the run's record");
  LS_TRY(ls_record_open(h->settings->out, &run, ls_revision(), &h->record, error));
  ls_aftermath_prepare(&h->aftermath, ls_record_folder(h->record));
  event(h, LS_EVENT_START, "init", 0, h->begun);
  event(h, LS_EVENT_POINT, "train_samples", (double)ls_dataset_count(h->job.events.dataset), 0);
  return LS_OK;
}

/* On every rank; what differs makes the run invalid. */
static ls_status check_kernels(ls_harness *h, ls_error *error) {
  ls_error difference = {0};
  ls_status status = ls_kernel_check(h->job.backend, &h->job.options, &h->job.spec, &difference);
  if (status == LS_OK) status = ls_check_real_device(h->job.backend, &difference);
  if (status != LS_OK && status != LS_VALUE) *error = difference;
  double differs = status == LS_VALUE;
  LS_TRY(ls_comm_agree(h->comm, status == LS_VALUE ? LS_OK : status, error));
  LS_TRY(ls_comm_max_doubles(h->comm, &differs, 1, error));
  if (differs > 0)
    ls_results_invalidate(&h->results, "%.200s",
                          *difference.message ? difference.message
                                              : "another rank's kernels differ from the reference");
  return LS_OK;
}

static const char *node_is(const ls_harness *h) {
  return h->devices ? "device" : h->sweep.virtual_nodes ? "rank" : "host";
}

/* One copy per node is of hosts. */
static ls_status check_store(const ls_harness *h, ls_error *error) {
  const char *store = h->settings->store;
  if (h->devices || !h->sweep.virtual_nodes || !store || strcmp(store, "node") != 0) return LS_OK;
  return ls_fail(
      error, LS_USAGE,
      "--store node: a virtual node is one rank, whose store is its own; leave it out, or "
      "give --node-is host");
}

/* What will be measured, and where it will really run. */
static ls_status print_sweep(const ls_harness *h, ls_error *error) {
  const ls_sweep *s = &h->sweep;
  if (!h->talks) return LS_OK;
  if (h->devices)
    printf("%d devices, each with its rank\n", s->nodes);
  else
    printf("%d node%s: %s\n", s->nodes, s->nodes > 1 ? "s" : "",
           s->virtual_nodes ? "virtual nodes, each a rank with its cores"
                            : "hosts with all their ranks");
  for (int i = 0; i < s->count; i++) {
    ls_point_place place;
    LS_TRY(ls_sweep_place(s, &h->job.launch, s->counts[i], &place, error));
    printf("--nodes %d: %s%s%s\n", s->counts[i], place.text,
           place.crowded ? ", OVERSUBSCRIBED" : "",
           s->counts[i] > s->nodes ? ", which emulate the others" : "");
  }
  return LS_OK;
}

static ls_status open_all(const ls_harness_needs *needs, ls_harness *h, ls_error *error) {
  LS_TRY(needs->network ? ls_job_open(h->settings, h->comm, &h->job, error)
                        : ls_job_open_events(h->settings, h->comm, &h->job, error));
  LS_TRY(ls_sweep_open(h->settings, h->comm, &h->job.launch, needs->may_exceed, &h->sweep, error));
  LS_TRY(ls_comm_agree(h->comm, is_root(h) ? print_sweep(h, error) : LS_OK, error));
  LS_TRY(ls_comm_agree(h->comm, check_store(h, error), error));
  if (needs->network) LS_TRY(check_kernels(h, error));
  LS_TRY(ls_comm_agree(h->comm, open_record(needs, h, error), error));
  event(h, LS_EVENT_STOP, "init", 0, 0);
  h->stop = ls_stop_request_watch();
  return LS_OK;
}

static void close_all(ls_harness *h) {
  ls_aftermath_avert(&h->aftermath);
  ls_record_discard(h->record);
  ls_results_destroy(&h->results);
  cJSON_Delete(h->facts);
  ls_sweep_close(&h->sweep);
  ls_job_close(&h->job);
}

ls_status ls_harness_open(const ls_harness_needs *needs, const ls_settings *settings, ls_comm *comm,
                          ls_harness *h, ls_error *error) {
  *h = (ls_harness){.driver = needs->driver,
                    .settings = settings,
                    .comm = comm,
                    .devices = needs->devices,
                    .talks = ls_comm_rank(comm) == 0 && !settings->json,
                    .begun = ls_seconds(),
                    .timer = ls_timer_measure(),
                    .aftermath = {.word = -1}};
  ls_status status = open_all(needs, h, error);
  if (status != LS_OK) close_all(h);
  return status;
}

ls_status ls_harness_enter(ls_harness *h, int nodes, ls_comm **part, ls_error *error) {
  ls_status status =
      is_root(h) ? ls_sweep_place(&h->sweep, &h->job.launch, nodes, &h->place, error) : LS_OK;
  LS_TRY(ls_comm_agree(h->comm, status, error));
  if (h->place.crowded && !h->settings->oversubscribe)
    ls_results_invalidate(&h->results,
                          "threads share cores at --nodes %d; --oversubscribe accepts that", nodes);
  event(h, LS_EVENT_START, "run", 0, 0);
  return ls_comm_split(h->comm, ls_sweep_has(&h->sweep, nodes, ls_comm_rank(h->comm)), part, error);
}

/* All ranks get what rank 0 knows. */
static ls_status tell_all(ls_harness *h, ls_status status, ls_error *error) {
  struct {
    ls_error error;
    int stopped;
  } news = {.stopped = h->stopped};
  if (is_root(h) && status != LS_OK) news.error = *error, news.error.status = status;
  LS_TRY(ls_comm_broadcast(h->comm, &news, sizeof news, 0, error));
  h->stopped = news.stopped;
  if (news.error.status == LS_OK) return LS_OK;
  *error = news.error;
  error->shared = 1;
  return error->status;
}

ls_status ls_harness_leave(ls_harness *h, ls_comm *part, ls_status status, ls_error *error) {
  /* The others may never answer: the program ends them. */
  if (status != LS_OK && part && ls_comm_size(part) > 1 && !error->shared) return status;
  ls_comm_free(part);
  if (h->record) {
    if (status == LS_OK && !h->stopped) event(h, LS_EVENT_STOP, "run", 0, 0);
    ls_record_sync(h->record);
  }
  LS_TRY(ls_comm_rest(h->comm, error));
  double asked = *h->stop != 0 || h->stopped;
  LS_TRY(ls_comm_max_doubles(h->comm, &asked, 1, error));
  h->stopped = asked > 0;
  LS_TRY(tell_all(h, status, error));
  h->points += !h->stopped;
  return LS_OK;
}

ls_status ls_harness_measure(ls_harness *h, ls_comm *part, int nodes, const char *name,
                             const ls_configuration *configuration, const char *kind,
                             ls_measurement **measurement, ls_error *error) {
  *measurement = NULL;
  ls_status status = LS_OK;
  if (is_root(h)) {
    ls_measurement *m;
    status = ls_results_add(&h->results, name, configuration, &m, error);
    if (status == LS_OK) {
      m->kind = kind;
      m->configuration.ranks = ls_comm_size(part);
      m->configuration.threads = h->job.options.threads;
      m->configuration.nodes = nodes;
      m->place = h->place;
      *measurement = m;
    }
  }
  return ls_comm_agree(part, status, error);
}

ls_status ls_harness_repeated(ls_harness *h, ls_comm *part, ls_measurement *m, double seconds,
                              double start, int *enough, ls_error *error) {
  const ls_settings *s = h->settings;
  double news[2] = {seconds, *h->stop != 0};
  LS_TRY(ls_comm_max_doubles(part, news, 2, error));
  ls_status status = m ? ls_measurement_time(m, news[0], error) : LS_OK;
  LS_TRY(ls_comm_agree(part, status, error));
  *enough = m && ls_measurement_is_enough(m, s->repetitions, start, s->max_seconds);
  LS_TRY(ls_comm_broadcast(part, enough, sizeof *enough, 0, error));
  h->stopped = news[1] > 0;
  if (h->stopped) *enough = 1;
  return LS_OK;
}

ls_status ls_harness_measured(ls_harness *h, ls_error *error) {
  ls_results *r = &h->results;
  if (!r->count) return LS_OK; /* not rank 0 */
  if (h->stopped) ls_results_invalidate(r, "stopped by a signal");
  if (!r->list[r->count - 1]->count) {
    ls_results_drop(r);
    return LS_OK;
  }
  LS_TRY(ls_results_close(&h->results, error));
  if (h->talks) ls_results_print(&h->results);
  return LS_OK;
}

void ls_harness_check_data(ls_harness *h, uint64_t checksum, size_t events) {
  size_t expected = ls_dataset_count(h->job.events.dataset);
  if (events != expected)
    ls_results_invalidate(&h->results, "%zu events were read of %zu", events, expected);
  if (h->data_checksum && h->data_checksum != checksum)
    ls_results_invalidate(&h->results, "the images of two points differ");
  h->data_checksum = checksum;
}

void ls_harness_check_phases(ls_harness *h, const double *seconds, size_t count, double wall,
                             const char *what) {
  ls_error reason = {0};
  if (ls_check_phases(seconds, count, wall, &h->timer, what, &reason) != LS_OK)
    ls_results_invalidate(&h->results, "%s", reason.message);
}

void ls_harness_note_verdict(ls_harness *h, const ls_train_record *record) {
  const char *invalid = h->record ? ls_train_record_invalid(record) : "";
  if (*invalid) ls_results_invalidate(&h->results, "%s", invalid);
}

void ls_harness_note_load(ls_harness *h, const ls_train_record *record) {
  if (!h->record) return;
  ls_harness_note_verdict(h, record);
  ls_harness_check_data(h, ls_train_record_data_checksum(record), ls_train_record_events(record));
}

static ls_status print_json(const ls_harness *h, const char *folder, ls_error *error) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "result", h->results.invalid[0] ? "INVALID" : "VALID");
  if (h->results.invalid[0]) cJSON_AddStringToObject(root, "reason", h->results.invalid);
  cJSON_AddStringToObject(root, "folder", folder);
  ls_results_describe(&h->results, node_is(h), root);
  return ls_json_print(root, error);
}

static void print_verdict(const ls_harness *h, const char *folder) {
  puts("");
  ls_results_print_bases(&h->results);
  ls_results_print_overhead(&h->results);
  printf("results: %s\n", folder);
  if (h->results.invalid[0])
    printf("RESULT INVALID reason=%s\n", h->results.invalid);
  else
    puts("RESULT VALID");
}

/* Moves the driver's own facts, and the points, into env.json. */
static void add_facts(ls_harness *h, cJSON *environment) {
  ls_results_describe(&h->results, node_is(h), environment);
  while (h->facts->child) {
    cJSON *fact = cJSON_DetachItemViaPointer(h->facts, h->facts->child);
    char name[64];
    snprintf(name, sizeof name, "%s", fact->string);
    cJSON_AddItemToObject(environment, name, fact);
  }
}

static ls_status finish_root(ls_harness *h, ls_error *error) {
  char checksum[32], folder[4096];
  cJSON *environment;
  if (!h->record) return LS_OK;
  snprintf(checksum, sizeof checksum, "%016" PRIx64, h->data_checksum);
  snprintf(folder, sizeof folder, "%s", ls_record_folder(h->record));
  LS_TRY(ls_environment_of_run(h->settings, &h->job, h->comm, NULL,
                               h->data_checksum ? checksum : NULL, &environment, error));
  add_facts(h, environment);
  const char *invalid = h->results.invalid[0] ? h->results.invalid : NULL;
  ls_record *record = h->record;
  h->record = NULL;
  ls_status status = ls_record_finish(record, environment, invalid, error);
  cJSON_Delete(environment);
  if (status != LS_OK) return status;
  if (h->settings->json) return print_json(h, folder, error);
  print_verdict(h, folder);
  return LS_OK;
}

/* The record is kept after a signal, and after an error that came when points were complete. */
static ls_status keep(ls_harness *h, ls_status status, ls_error *error) {
  if (status != LS_OK && !h->points) return status;
  if (status != LS_OK) ls_results_invalidate(&h->results, "%.200s", error->message);
  if (h->stopped) ls_results_invalidate(&h->results, "stopped by a signal");
  ls_error own = {0};
  ls_status end = finish_root(h, &own);
  if (end == LS_OK && h->stopped)
    end = ls_fail(&own, LS_STOPPED, "stopped by a signal; what was measured before is kept");
  else if (end == LS_OK && h->results.invalid[0])
    end = ls_fail(&own, LS_VALUE, "invalid result: %s", h->results.invalid);
  if (status != LS_OK) return status; /* all ranks have it already */
  *error = own;
  return ls_comm_agree(h->comm, end, error);
}

ls_status ls_harness_finish(ls_harness *h, ls_status status, ls_error *error) {
  /* An error of this rank alone: the program ends the others. */
  int alone = status != LS_OK && !error->shared && ls_comm_size(h->comm) > 1;
  if (!alone) status = keep(h, status, error);
  close_all(h);
  return status;
}
