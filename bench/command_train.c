/* larscale train: one training run, data-parallel over the ranks, with its record.
 *
 * Measured: the phases of every step on every rank (samples.csv). Rate: events of the whole run
 * over the wall time of its steps. */
#include "base/memory.h"
#include "bench/command.h"
#include "bench/confusion.h"
#include "bench/environment.h"
#include "bench/job.h"
#include "bench/progress.h"
#include "bench/train_record.h"
#include "train/evaluation.h"
#include "train/trainer.h"
#include "weights/keras_weights.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All that a run holds; zeroed, then filled in order, freed by finish. */
typedef struct training {
  const ls_settings *settings;
  ls_comm *comm;
  ls_job job;
  ls_store *store, *validation;
  ls_load_times load, validation_load;
  ls_trainer_options options;
  ls_trainer *trainer;
  ls_train_record *record;
  ls_step_result *results; /* of the steps of one epoch */
  int talks;               /* 1: this rank prints for people */
} training;

static void release(training *t) {
  ls_train_record_discard(t->record);
  ls_trainer_free(t->trainer);
  ls_store_free(t->store);
  ls_store_free(t->validation);
  ls_free(t->results);
  ls_job_close(&t->job);
}

static ls_average average(const ls_settings *s) {
  if (!s->average || !strcmp(s->average, "gradients")) return LS_AVERAGE_GRADIENTS;
  return strcmp(s->average, "weights") != 0 ? LS_AVERAGE_WEIGHTS_EACH_EPOCH
                                            : LS_AVERAGE_WEIGHTS_EACH_STEP;
}

static void fill_options(training *t) {
  const ls_settings *s = t->settings;
  t->options = (ls_trainer_options){
      .backend = t->job.backend,
      .backend_options = t->job.options,
      .spec = t->job.spec,
      .optimizer = s->optimizer && !strcmp(s->optimizer, "adam") ? LS_ADAM : LS_SGD,
      .learning_rate = s->lr,
      .momentum = s->momentum,
      .batch = (size_t)s->batch,
      .accumulate = (size_t)s->accumulate,
      .global_batch = (size_t)s->global_batch,
      .seed = (uint64_t)s->seed,
      .shuffle = !s->shuffle || !strcmp(s->shuffle, "on"),
      .events = ls_dataset_count(t->job.events.dataset),
      .share = s->share && !strcmp(s->share, "contiguous") ? LS_SHARE_CONTIGUOUS : LS_SHARE_SLOTS,
      .reduction = s->reduction && !strcmp(s->reduction, "float") ? LS_REDUCTION_FLOAT
                                                                  : LS_REDUCTION_REPRODUCIBLE,
      .average = average(s),
      .overlap = !s->overlap || !strcmp(s->overlap, "on"),
      .check_every = (size_t)s->check_every,
  };
}

static int own_event(const void *context, size_t event) {
  return ls_sharing_mine(context, event);
}

static ls_status load_training(training *t, ls_error *error) {
  ls_sharing sharing;
  LS_TRY(ls_trainer_sharing(&t->options, t->comm, &sharing, error));
  return ls_events_load(t->settings, &t->job.events, own_event, &sharing, "loading", t->talks,
                        &t->store, &t->load, error);
}

static ls_status load_validation(training *t, ls_error *error) {
  const ls_settings *s = t->settings;
  if (!s->validation_count) return LS_OK;
  ls_events events;
  LS_TRY(ls_events_open(s, s->validation, s->validation_count, ls_network_classes(&t->job.spec),
                        &events, error));
  ls_round_robin deal = {(size_t)ls_comm_rank(t->comm), (size_t)ls_comm_size(t->comm)};
  ls_status status = LS_OK;
  if (ls_events_planes(&events) != t->job.spec.planes || events.policy.size != t->job.spec.height)
    status =
        ls_fail(error, LS_MISMATCH,
                "--validation makes images of %d x %d x %d, --data of %d x %d x %d; give --size "
                "and --plane",
                events.policy.size, events.policy.size, ls_events_planes(&events),
                t->job.spec.height, t->job.spec.width, t->job.spec.planes);
  else
    status = ls_events_load(s, &events, ls_event_round_robin, &deal, "loading validation", t->talks,
                            &t->validation, &t->validation_load, error);
  ls_events_close(&events);
  return status;
}

static ls_status make_trainer(training *t, ls_error *error) {
  LS_TRY(ls_trainer_new(&t->options, t->store, t->comm, &t->trainer, error));
  size_t steps = ls_trainer_steps_per_epoch(t->trainer);
  LS_TRY(ls_allocate((void **)&t->results, steps * sizeof *t->results, "the times of an epoch",
                     error));
  if (!t->settings->weights) return LS_OK;
  LS_TRY(ls_keras_weights_read(t->settings->weights, &t->job.spec,
                               ls_trainer_parameters(t->trainer), error));
  return ls_trainer_parameters_changed(t->trainer, error);
}

static ls_status prepare(training *t, ls_error *error) {
  LS_TRY(ls_job_open(t->settings, t->comm, &t->job, error));
  fill_options(t);
  LS_TRY(ls_comm_agree(t->comm, load_training(t, error), error));
  LS_TRY(ls_comm_agree(t->comm, load_validation(t, error), error));
  LS_TRY(ls_comm_agree(t->comm, make_trainer(t, error), error));
  ls_train_record_facts facts = {.settings = t->settings,
                                 .job = &t->job,
                                 .comm = t->comm,
                                 .store = t->store,
                                 .load = t->load,
                                 .model = ls_trainer_model(t->trainer)};
  return ls_train_record_open(&facts, &t->record, error);
}

static void print_start(const training *t) {
  const ls_network_spec *spec = &t->job.spec;
  ls_store_statistics stored = ls_store_get_statistics(t->store);
  printf(
      "%zu events of %d x %d x %d, network of %zu parameters, backend %s, %d ranks x %d threads\n",
      t->options.events, spec->height, spec->width, spec->planes, ls_network_parameter_count(spec),
      t->job.backend_name, ls_comm_size(t->comm), t->job.options.threads);
  printf("loaded %zu events on rank 0 in %.2f s: %.1f MB raw, %.2f MB kept\n", t->load.events,
         t->load.wall, (double)stored.raw_bytes / 1e6, (double)stored.stored_bytes / 1e6);
  printf("\n%6s %8s %12s %9s %12s %9s %10s\n", "epoch", "step", "loss", "accuracy", "val loss",
         "val acc", "events/s");
}

/* Steps of one epoch, at most limit; returns how many through done. */
static ls_status train_epoch(training *t, int epoch, size_t limit, size_t *done,
                             ls_history_row *row, ls_error *error) {
  size_t steps = ls_trainer_steps_per_epoch(t->trainer), images = 0;
  if (limit < steps) steps = limit;
  double loss = 0, correct = 0;
  ls_progress progress;
  ls_progress_start(&progress, "training", "steps", t->talks);
  for (size_t step = 0; step < steps; step++) {
    ls_step_result *r = &t->results[step];
    LS_TRY(ls_trainer_step(t->trainer, (uint64_t)epoch, step, r, error));
    loss += r->loss * (double)r->images;
    correct += r->accuracy * (double)r->images;
    images += r->images;
    row->wall_seconds += r->wall_seconds;
    char note[64];
    snprintf(note, sizeof note, "epoch %d, loss %.4f", epoch + 1, r->loss);
    ls_progress_at(&progress, step + 1, steps, note);
  }
  ls_progress_end(&progress);
  row->loss = loss / (double)images;
  row->accuracy = correct / (double)images;
  *done = steps;
  return ls_train_record_epoch(t->record, epoch, row->step, steps, t->results, error);
}

static ls_status evaluate_into(training *t, int epoch, ls_history_row *row, ls_error *error) {
  row->validation_loss = row->validation_accuracy = NAN;
  if (!t->validation) return LS_OK;
  ls_evaluation evaluation;
  double seconds;
  LS_TRY(ls_train_record_evaluate(t->record, ls_trainer_model(t->trainer), t->validation, epoch,
                                  &evaluation, &seconds, error));
  row->validation_loss = evaluation.loss;
  row->validation_accuracy = evaluation.accuracy;
  row->wall_seconds += seconds;
  ls_evaluation_destroy(&evaluation);
  return LS_OK;
}

static void print_epoch(const training *t, const ls_history_row *row, size_t steps,
                        double seconds) {
  double images = 0;
  for (size_t i = 0; i < steps; i++) images += (double)t->results[i].images;
  printf("%6d %8zu %12.6f %8.2f%%", row->epoch, row->step, row->loss, 100 * row->accuracy);
  if (isnan(row->validation_loss))
    printf(" %12s %9s", "-", "-");
  else
    printf(" %12.6f %8.2f%%", row->validation_loss, 100 * row->validation_accuracy);
  printf(" %10.3g\n", images / seconds);
  fflush(stdout);
}

static ls_status train(training *t, ls_error *error) {
  size_t limit = t->settings->steps ? (size_t)t->settings->steps : SIZE_MAX;
  long epochs =
      t->settings->epochs == LS_UNSET ? (t->settings->steps ? LONG_MAX : 10) : t->settings->epochs;
  ls_history_row row = {.learning_rate = t->settings->lr};
  for (int epoch = 0; epoch < epochs && row.step < limit; epoch++) {
    double before = row.wall_seconds;
    size_t done;
    LS_TRY(train_epoch(t, epoch, limit - row.step, &done, &row, error));
    double seconds = row.wall_seconds - before;
    row.epoch = epoch + 1;
    row.step += done;
    LS_TRY(ls_trainer_check_equal(t->trainer, error));
    LS_TRY(evaluate_into(t, epoch, &row, error));
    ls_train_record_history(t->record, &row);
    if (t->talks) print_epoch(t, &row, done, seconds);
  }
  return LS_OK;
}

/* The table over the validation events, else over the training events, called what it is. */
static ls_status confusion(training *t, ls_error *error) {
  ls_evaluation evaluation;
  const char *set = t->validation ? "validation" : "training";
  LS_TRY(ls_train_record_evaluate(t->record, ls_trainer_model(t->trainer),
                                  t->validation ? t->validation : t->store, -1, &evaluation, NULL,
                                  error));
  const char *names[LS_MAX_CLASSES];
  ls_job_class_names(&t->job, names);
  ls_train_record_confusion(t->record, set, names, &evaluation);
  if (t->talks) ls_confusion_print(&evaluation, names, set);
  ls_evaluation_destroy(&evaluation);
  return LS_OK;
}

static ls_status save_weights(const training *t, ls_error *error) {
  if (!t->settings->save_weights || ls_comm_rank(t->comm)) return LS_OK;
  return ls_keras_weights_write(t->settings->save_weights, &t->job.spec,
                                ls_trainer_parameters(t->trainer), error);
}

static ls_status run_training(training *t, ls_error *error) {
  LS_TRY(prepare(t, error));
  if (t->talks) print_start(t);
  LS_TRY(train(t, error));
  LS_TRY(confusion(t, error));
  LS_TRY(ls_comm_agree(t->comm, save_weights(t, error), error));
  ls_train_record *record = t->record;
  t->record = NULL;
  return ls_train_record_finish(record, ls_trainer_parameters(t->trainer), error);
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  training t = {
      .settings = settings, .comm = comm, .talks = ls_comm_rank(comm) == 0 && !settings->json};
  ls_status status = run_training(&t, error);
  release(&t);
  return status;
}

const ls_command ls_command_train = {
    .name = "train",
    .summary = "train the network; writes a record of the run",
    .details =
        "Trains the study's network (or another, --network) on event files. Under mpirun or srun\n"
        "each rank takes its share of the events, and gradients are averaged at every update;\n"
        "the global batch is --batch x --accumulate x ranks. Ends with the confusion table, and\n"
        "RESULT VALID or RESULT INVALID. The record's files: core/record/README.md.",
    .example =
        "  larscale train --data events.h5 --size 640 --epochs 5 --optimizer adam --out run1\n"
        "  mpirun -np 4 larscale train --data 'train/*.h5' --validation 'test/*.h5' --batch 2",
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_network, &ls_options_training,
               &ls_options_ranks, &ls_options_store, &ls_options_record},
};
