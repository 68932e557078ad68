#include "bench/train_record.h"

#include "base/clock.h"
#include "bench/environment.h"
#include "bench/json_output.h"
#include "bench/progress.h"
#include "statistics/validity.h"
#include "train/kernel_check.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct ls_train_record {
  ls_train_record_facts facts;
  ls_record *record; /* NULL but on rank 0 */
  ls_history_row last;
  ls_load_times load; /* of all ranks: wall is the slowest's */
  uint64_t data_checksum;
  int repetition, warmup;
  ls_timer timer;
  char invalid[256]; /* why the result is invalid; empty: it is valid */
};

static int is_root(const ls_train_record *r) {
  return ls_comm_rank(r->facts.comm) == 0;
}

/* What one rank reports of its events. */
typedef struct rank_load {
  ls_load_times times;
  uint64_t stored_bytes, checksum;
} rank_load;

/* The phases of a unit, the last of which is what the others leave of wall. */
static void check_phases(ls_train_record *r, const double *seconds, size_t count, double wall,
                         const char *what) {
  ls_error reason = {0};
  if (ls_check_phases(seconds, count, wall, &r->timer, what, &reason) != LS_OK)
    ls_train_record_invalidate(r, reason.message);
}

static const char *const load_phases[] = {"read", "inflate", "convert", "compress", "other"};

static void write_load(ls_train_record *r, int rank, const rank_load *load) {
  const ls_load_times *t = &load->times;
  double other = t->wall - t->read - t->inflate - t->convert - t->compress;
  const double seconds[] = {t->read, t->inflate, t->convert, t->compress, other};
  check_phases(r, seconds, 5, t->wall, "loading");
  for (int p = 0; p < 5; p++) {
    ls_sample sample = {.configuration = r->facts.configuration,
                        .repetition = 1,
                        .epoch = -1,
                        .step = -1,
                        .rank = rank,
                        .phase = load_phases[p],
                        .seconds = seconds[p],
                        .events = t->events,
                        .bytes_disk = t->bytes_disk,
                        .bytes_memory = load->stored_bytes,
                        .cache_state = "unknown",
                        .kind = r->facts.kind};
    ls_record_sample(r->record, &sample);
  }
}

/* Also checks that every event of the data set is in one store and one alone. */
static ls_status gather_load(ls_train_record *r, ls_error *error) {
  size_t ranks = (size_t)ls_comm_size(r->facts.comm);
  rank_load own = {.times = r->facts.load,
                   .stored_bytes = r->facts.stored_bytes,
                   .checksum = r->facts.load.checksum};
  rank_load *all = calloc(ranks, sizeof *all);
  if (!all) return ls_fail(error, LS_MEMORY, "no memory for the times of %zu ranks", ranks);
  ls_status status = ls_comm_gather(r->facts.comm, &own, sizeof own, all, 0, error);
  for (size_t rank = 0; status == LS_OK && is_root(r) && rank < ranks; rank++) {
    write_load(r, (int)rank, &all[rank]);
    r->data_checksum += all[rank].checksum; /* a sum does not depend on who read what */
    r->load.events += all[rank].times.events;
    if (all[rank].times.wall > r->load.wall) r->load.wall = all[rank].times.wall;
  }
  free(all);
  size_t expected = ls_dataset_count(r->facts.job->events.dataset);
  if (is_root(r) && r->load.events != expected && !r->invalid[0])
    snprintf(r->invalid, sizeof r->invalid, "%zu events were read of %zu", r->load.events,
             expected);
  return status;
}

static ls_status open_folder(ls_train_record *r, ls_error *error) {
  if (!is_root(r)) return LS_OK;
  const ls_settings *s = r->facts.settings;
  const ls_launch *launch = &r->facts.job->launch;
  int ranks = ls_comm_size(r->facts.comm);
  ls_run run = {.driver = r->facts.driver ? r->facts.driver : "train",
                .configuration = {.backend = r->facts.job->backend_name,
                                  .scaling = "single",
                                  .nodes = ls_launch_nodes(launch->ranks, launch->count),
                                  .ranks = ranks,
                                  .threads = r->facts.job->options.threads,
                                  .local_batch = (size_t)s->batch,
                                  .global_batch = r->facts.global_batch}};
  return ls_record_open(s->out, &run, ls_revision(), &r->record, error);
}

static void event(ls_train_record *r, ls_event_type type, const char *key, double value,
                  double when) {
  ls_event e = {.type = type, .key = key, .value = value, .when = when};
  if (is_root(r)) ls_record_event(r->record, &e);
}

/* What was done before there was a record, and what the run is. */
static void write_beginning(ls_train_record *r) {
  const ls_load_times *load = &r->facts.load;
  if (!r->facts.is_part) event(r, LS_EVENT_START, "init", 0, r->facts.begun);
  event(r, LS_EVENT_START, "staging", 0, load->begun);
  event(r, LS_EVENT_STOP, "staging", 0, load->begun + load->wall);
  if (r->facts.global_batch) {
    event(r, LS_EVENT_POINT, "seed", (double)r->facts.seed, 0);
    event(r, LS_EVENT_POINT, "global_batch_size", (double)r->facts.global_batch, 0);
  }
  if (r->facts.is_part) return;
  size_t events = ls_dataset_count(r->facts.job->events.dataset);
  event(r, LS_EVENT_POINT, r->facts.global_batch ? "train_samples" : "eval_samples", (double)events,
        0);
  event(r, LS_EVENT_STOP, "init", 0, 0);
  event(r, LS_EVENT_START, "run", 0, 0);
}

ls_status ls_train_record_check(const ls_job *job, ls_error *difference, ls_error *error) {
  *difference = (ls_error){0};
  ls_status status = ls_kernel_check(job->backend, &job->options, &job->spec, difference);
  if (status == LS_OK) status = ls_check_real_device(job->backend, difference);
  if (status == LS_VALUE) return LS_OK;
  if (status != LS_OK) *error = *difference;
  return status;
}

static ls_status take_check(ls_train_record *r, ls_error *error) {
  ls_error found;
  if (!r->facts.kernels) LS_TRY(ls_train_record_check(r->facts.job, &found, error));
  const ls_error *difference = r->facts.kernels ? r->facts.kernels : &found;
  snprintf(r->invalid, sizeof r->invalid, "%.200s", difference->message);
  r->facts.kernels = NULL; /* the caller's, for this call */
  return LS_OK;
}

ls_status ls_train_record_open(const ls_train_record_facts *facts, ls_train_record **out,
                               ls_error *error) {
  *out = NULL;
  ls_train_record *r = calloc(1, sizeof *r);
  ls_status status = LS_MEMORY;
  if (r) {
    r->facts = *facts;
    r->repetition = 1;
    r->timer = ls_timer_measure();
    if (!r->facts.kind) r->facts.kind = "measured";
    r->last = (ls_history_row){.loss = NAN,
                               .accuracy = NAN,
                               .validation_loss = NAN,
                               .validation_accuracy = NAN,
                               .learning_rate = NAN};
    r->record = facts->shared;
    status = facts->is_part ? LS_OK : take_check(r, error);
    if (status == LS_OK && !facts->is_part) status = open_folder(r, error);
  } else
    ls_fail(error, status, "no memory for the run's record");
  status = ls_comm_agree(facts->comm, status, error);
  if (r && status == LS_OK) write_beginning(r);
  if (r && status == LS_OK) status = gather_load(r, error);
  if (status != LS_OK) {
    ls_train_record_discard(r);
    return status;
  }
  *out = r;
  return LS_OK;
}

static const char *const step_phases[LS_STEP_PHASES] = {
    [LS_STEP_FETCH] = "fetch",         [LS_STEP_DECOMPRESS] = "decompress",
    [LS_STEP_FORWARD] = "forward",     [LS_STEP_BACKWARD] = "backward",
    [LS_STEP_ALLREDUCE] = "allreduce", [LS_STEP_UPDATE] = "update",
    [LS_STEP_OTHER] = "other",
};

static void write_phase(ls_train_record *r, uint64_t epoch, uint64_t step, int rank,
                        const char *phase, double seconds, size_t events) {
  ls_sample sample = {.configuration = r->facts.configuration,
                      .repetition = r->repetition,
                      .epoch = (int)epoch + 1,
                      .step = (int64_t)step,
                      .rank = rank,
                      .phase = phase,
                      .seconds = seconds,
                      .events = events,
                      .warmup = r->warmup,
                      .kind = r->facts.kind};
  ls_record_sample(r->record, &sample);
}

static void write_step(ls_train_record *r, int epoch, size_t step, int rank,
                       const ls_step_result *result) {
  uint64_t e = (uint64_t)epoch, s = step + 1;
  check_phases(r, result->seconds, LS_STEP_PHASES, result->wall_seconds, "a training step");
  for (int p = 0; p < LS_STEP_PHASES; p++)
    write_phase(r, e, s, rank, step_phases[p], result->seconds[p], result->local_images);
  if (ls_comm_size(r->facts.comm) > 1)
    write_phase(r, e, s, rank, "communication", result->communication_seconds,
                result->local_images);
}

void ls_train_record_checkpoint(ls_train_record *r, uint64_t epoch, uint64_t step, double seconds) {
  if (is_root(r)) write_phase(r, epoch, step, 0, "checkpoint", seconds, 0);
}

void ls_train_record_repetition(ls_train_record *r, int repetition, int warmup) {
  r->repetition = repetition;
  r->warmup = warmup;
}

ls_status ls_train_record_train(ls_train_record *r, double seconds, size_t images,
                                ls_error *error) {
  struct {
    double seconds;
    size_t images;
  } own = {seconds, images}, *all = calloc((size_t)ls_comm_size(r->facts.comm), sizeof *all);
  ls_status status = all ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the ranks' times");
  status = ls_comm_agree(r->facts.comm, status, error);
  if (all && status == LS_OK)
    status = ls_comm_gather(r->facts.comm, &own, sizeof own, all, 0, error);
  for (int rank = 0; all && status == LS_OK && is_root(r) && rank < ls_comm_size(r->facts.comm);
       rank++) {
    ls_sample sample = {.configuration = r->facts.configuration,
                        .repetition = r->repetition,
                        .epoch = -1,
                        .step = -1,
                        .rank = rank,
                        .phase = "train",
                        .seconds = all[rank].seconds,
                        .events = all[rank].images,
                        .warmup = r->warmup,
                        .kind = r->facts.kind};
    ls_record_sample(r->record, &sample);
  }
  free(all);
  return status;
}

const char *ls_train_record_invalid(const ls_train_record *r) {
  return r->invalid;
}

size_t ls_train_record_events(const ls_train_record *r) {
  return r->load.events;
}

void ls_train_record_epoch_event(ls_train_record *r, ls_event_type type, int epoch) {
  ls_event e = {.type = type, .key = "epoch", .epoch = epoch + 1};
  if (is_root(r)) ls_record_event(r->record, &e);
}

ls_status ls_train_record_epoch(ls_train_record *r, int epoch, size_t first_step, size_t steps,
                                const ls_step_result *results, ls_error *error) {
  size_t ranks = (size_t)ls_comm_size(r->facts.comm);
  ls_step_result *all = calloc(ranks * steps, sizeof *all);
  if (!all) return ls_fail(error, LS_MEMORY, "no memory for the times of %zu ranks", ranks);
  ls_status status = ls_comm_gather(r->facts.comm, results, steps * sizeof *results, all, 0, error);
  if (status == LS_OK && is_root(r))
    for (size_t step = 0; step < steps; step++)
      for (size_t rank = 0; rank < ranks; rank++)
        write_step(r, epoch, first_step + step, (int)rank, &all[rank * steps + step]);
  free(all);
  return status;
}

typedef struct watched {
  ls_progress progress;
  const volatile sig_atomic_t *stop;
} watched;

static int show_progress(void *context, size_t done, size_t count) {
  watched *w = context;
  ls_progress_at(&w->progress, done, count, NULL);
  return w->stop && *w->stop;
}

static void write_evaluation(ls_train_record *r, int epoch, double start, double wall,
                             double accuracy) {
  ls_event e = {.type = LS_EVENT_START, .key = "eval", .epoch = epoch + 1, .when = start};
  ls_record_event(r->record, &e);
  e = (ls_event){LS_EVENT_POINT, "eval_accuracy", accuracy, epoch + 1, start + wall};
  ls_record_event(r->record, &e);
  e = (ls_event){LS_EVENT_STOP, "eval", 0, epoch + 1, start + wall};
  ls_record_event(r->record, &e);
}

ls_status ls_train_record_evaluate(ls_train_record *r, ls_model *model, const ls_store *store,
                                   size_t first, size_t every, int epoch, ls_evaluation *evaluation,
                                   double *seconds, ls_error *error) {
  watched w = {.stop = r->facts.stop};
  ls_progress_start(&w.progress, "evaluating", "events", is_root(r) && !r->facts.settings->json);
  double start = ls_seconds();
  ls_status status = ls_evaluate(model, &r->facts.job->spec, store, first, every, r->facts.comm,
                                 show_progress, &w, evaluation, error);
  double wall = ls_seconds() - start;
  ls_progress_end(&w.progress);
  if (seconds) *seconds = wall;
  if (status != LS_OK || !is_root(r)) return status;
  write_evaluation(r, epoch, start, wall, evaluation->accuracy);
  ls_sample sample = {.configuration = r->facts.configuration,
                      .repetition = r->repetition,
                      .epoch = epoch < 0 ? -1 : epoch + 1,
                      .step = -1,
                      .rank = 0,
                      .phase = "eval",
                      .seconds = wall,
                      .events = (size_t)evaluation->images,
                      .warmup = r->warmup,
                      .kind = r->facts.kind};
  ls_record_sample(r->record, &sample);
  return LS_OK;
}

void ls_train_record_history(ls_train_record *r, const ls_history_row *row) {
  r->last = *row;
  ls_history_row named = *row;
  named.global_batch = r->facts.global_batch;
  named.seed = r->facts.seed;
  named.kind = r->facts.kind;
  if (is_root(r) && !r->facts.no_history) ls_record_history(r->record, &named);
}

void ls_train_record_confusion(ls_train_record *r, const char *set, const char *const *names,
                               const ls_evaluation *e) {
  if (is_root(r)) ls_record_confusion(r->record, set, e->classes, names, e->counts, e->scores);
}

uint64_t ls_train_record_data_checksum(const ls_train_record *r) {
  return r->data_checksum;
}

void ls_train_record_invalidate(ls_train_record *r, const char *reason) {
  if (!r->invalid[0]) snprintf(r->invalid, sizeof r->invalid, "%.255s", reason);
}

static void add_number(cJSON *object, const char *key, double value) {
  if (isnan(value))
    cJSON_AddNullToObject(object, key);
  else
    cJSON_AddNumberToObject(object, key, value);
}

static ls_status print_json(const ls_train_record *r, const char *folder, const char *weights,
                            ls_error *error) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "result", r->invalid[0] ? "INVALID" : "VALID");
  if (r->invalid[0]) cJSON_AddStringToObject(root, "reason", r->invalid);
  cJSON_AddStringToObject(root, "folder", folder);
  cJSON_AddNumberToObject(root, "epochs", r->last.epoch);
  cJSON_AddNumberToObject(root, "steps", (double)r->last.step);
  add_number(root, "loss", r->last.loss);
  add_number(root, "accuracy", r->last.accuracy);
  add_number(root, "validation_loss", r->last.validation_loss);
  add_number(root, "validation_accuracy", r->last.validation_accuracy);
  add_number(root, "wall_seconds", r->last.wall_seconds);
  cJSON_AddStringToObject(root, "weights_checksum", weights);
  return ls_json_print(root, error);
}

static ls_status finish_root(ls_train_record *r, const char *weights, ls_error *error) {
  char kernels[4096], checksum[32], folder[4096];
  ls_model_describe(r->facts.model, kernels, sizeof kernels);
  snprintf(checksum, sizeof checksum, "%016" PRIx64, r->data_checksum);
  snprintf(folder, sizeof folder, "%s", ls_record_folder(r->record));
  cJSON *environment;
  LS_TRY(ls_environment_of_run(r->facts.settings, r->facts.job, r->facts.comm, kernels, checksum,
                               &environment, error));
  cJSON_AddStringToObject(environment, "weights_checksum", weights);
  if (r->facts.communication)
    cJSON_AddStringToObject(environment, "communication", r->facts.communication);
  if (!r->invalid[0]) event(r, LS_EVENT_STOP, "run", 0, 0); /* else it is ended as aborted */
  ls_record *record = r->record;
  r->record = NULL;
  ls_status status =
      ls_record_finish(record, environment, r->invalid[0] ? r->invalid : NULL, error);
  cJSON_Delete(environment);
  if (status != LS_OK) return status;
  if (r->facts.settings->json) return print_json(r, folder, weights, error);
  printf("\nweights %s\nresults: %s\n", weights, folder);
  if (r->invalid[0])
    printf("RESULT INVALID reason=%s\n", r->invalid);
  else
    puts("RESULT VALID");
  return LS_OK;
}

ls_status ls_train_record_finish(ls_train_record *r, const float *parameters, ls_error *error) {
  char weights[32];
  size_t count = ls_network_parameter_count(&r->facts.job->spec);
  snprintf(weights, sizeof weights, "%016" PRIx64,
           (uint64_t)XXH3_64bits(parameters, count * sizeof(float)));
  ls_status status = is_root(r) ? finish_root(r, weights, error) : LS_OK;
  if (status == LS_OK && r->invalid[0])
    status = ls_fail(error, LS_VALUE, "invalid result: %s", r->invalid);
  status = ls_comm_agree(r->facts.comm, status, error);
  ls_train_record_discard(r);
  return status;
}

void ls_train_record_discard(ls_train_record *r) {
  if (!r) return;
  if (!r->facts.is_part) ls_record_discard(r->record);
  free(r);
}
