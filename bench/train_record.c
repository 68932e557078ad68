#include "bench/train_record.h"

#include "base/clock.h"
#include "bench/environment.h"
#include "bench/json_output.h"
#include "bench/progress.h"
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

static const char *const load_phases[] = {"read", "inflate", "convert", "compress", "other"};

static void write_load(ls_train_record *r, int rank, const rank_load *load) {
  const ls_load_times *t = &load->times;
  double other = t->wall - t->read - t->inflate - t->convert - t->compress;
  const double seconds[] = {t->read, t->inflate, t->convert, t->compress, other};
  for (int p = 0; p < 5; p++) {
    ls_sample sample = {.repetition = 1,
                        .epoch = -1,
                        .step = -1,
                        .rank = rank,
                        .phase = load_phases[p],
                        .seconds = seconds[p],
                        .events = t->events,
                        .bytes_disk = t->bytes_disk,
                        .bytes_memory = load->stored_bytes,
                        .cache_state = "unknown",
                        .kind = "measured"};
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
                .backend = r->facts.job->backend_name,
                .scaling = "single",
                .nodes = ls_launch_nodes(launch->ranks, launch->count),
                .ranks = ranks,
                .threads = r->facts.job->options.threads,
                .local_batch = (size_t)s->batch,
                .global_batch = r->facts.global_batch};
  return ls_record_open(s->out, &run, ls_revision(), &r->record, error);
}

static ls_status check_kernels(ls_train_record *r, ls_error *error) {
  ls_error difference = {0};
  ls_status status = ls_kernel_check(r->facts.job->backend, &r->facts.job->options,
                                     &r->facts.job->spec, &difference);
  if (status == LS_VALUE) {
    snprintf(r->invalid, sizeof r->invalid, "%.200s", difference.message);
    return LS_OK;
  }
  if (status != LS_OK) *error = difference;
  return status;
}

ls_status ls_train_record_open(const ls_train_record_facts *facts, ls_train_record **out,
                               ls_error *error) {
  *out = NULL;
  ls_train_record *r = calloc(1, sizeof *r);
  ls_status status = LS_MEMORY;
  if (r) {
    r->facts = *facts;
    r->last = (ls_history_row){.loss = NAN,
                               .accuracy = NAN,
                               .validation_loss = NAN,
                               .validation_accuracy = NAN,
                               .learning_rate = NAN};
    status = check_kernels(r, error);
    if (status == LS_OK) status = open_folder(r, error);
  } else
    ls_fail(error, status, "no memory for the run's record");
  status = ls_comm_agree(facts->comm, status, error);
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
  ls_sample sample = {.repetition = 1,
                      .epoch = (int)epoch + 1,
                      .step = (int64_t)step,
                      .rank = rank,
                      .phase = phase,
                      .seconds = seconds,
                      .events = events,
                      .kind = "measured"};
  ls_record_sample(r->record, &sample);
}

static void write_step(ls_train_record *r, int epoch, size_t step, int rank,
                       const ls_step_result *result) {
  uint64_t e = (uint64_t)epoch, s = step + 1;
  for (int p = 0; p < LS_STEP_PHASES; p++)
    write_phase(r, e, s, rank, step_phases[p], result->seconds[p], result->local_images);
  if (ls_comm_size(r->facts.comm) > 1)
    write_phase(r, e, s, rank, "communication", result->communication_seconds,
                result->local_images);
}

void ls_train_record_checkpoint(ls_train_record *r, uint64_t epoch, uint64_t step, double seconds) {
  if (is_root(r)) write_phase(r, epoch, step, 0, "checkpoint", seconds, 0);
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
  ls_sample sample = {.repetition = 1,
                      .epoch = epoch < 0 ? -1 : epoch + 1,
                      .step = -1,
                      .rank = 0,
                      .phase = "eval",
                      .seconds = wall,
                      .events = (size_t)evaluation->images,
                      .kind = "measured"};
  ls_record_sample(r->record, &sample);
  return LS_OK;
}

void ls_train_record_history(ls_train_record *r, const ls_history_row *row) {
  r->last = *row;
  if (is_root(r)) ls_record_history(r->record, row);
}

void ls_train_record_confusion(ls_train_record *r, const char *set, const char *const *names,
                               const ls_evaluation *e) {
  if (is_root(r)) ls_record_confusion(r->record, set, e->classes, names, e->counts, e->scores);
}

uint64_t ls_train_record_data_checksum(const ls_train_record *r) {
  return r->data_checksum;
}

void ls_train_record_invalidate(ls_train_record *r, const char *reason) {
  if (!r->invalid[0]) snprintf(r->invalid, sizeof r->invalid, "%s", reason);
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
  ls_record_discard(r->record);
  free(r);
}
