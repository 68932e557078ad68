#include "bench/training.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/output_file.h"
#include "bench/confusion.h"
#include "bench/outputs.h"
#include "bench/progress.h"
#include "bench/stop_request.h"
#include "bench/training_checkpoint.h"
#include "datasets/labels.h"
#include "train/evaluation.h"
#include "weights/keras_weights.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void ls_training_free(ls_training *t, int failed) {
  ls_train_record_discard(t->record);
  if (failed && ls_comm_size(t->comm) > 1)
    return; /* the rest waits for ranks that may never come */
  ls_trainer_free(t->trainer);
  ls_store_free(t->store);
  ls_store_free(t->validation);
  ls_node_free(t->node, 0);
  ls_free(t->results);
  if (!t->job_is_borrowed) ls_job_close(&t->job);
}

static ls_average average(const ls_settings *s) {
  if (!s->average || !strcmp(s->average, "gradients")) return LS_AVERAGE_GRADIENTS;
  return strcmp(s->average, "weights") != 0 ? LS_AVERAGE_WEIGHTS_EACH_EPOCH
                                            : LS_AVERAGE_WEIGHTS_EACH_STEP;
}

static void fill_options(ls_training *t) {
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
      .prefetch_threads = (int)s->prefetch,
      .overlap = !s->overlap || !strcmp(s->overlap, "on"),
      .check_every = (size_t)s->check_every,
  };
}

static int own_event(const void *context, size_t event) {
  return ls_sharing_mine(context, event);
}

/* What was asked for in so many words is done, or refused. */
static ls_status check_overlap(const ls_training *t, ls_error *error) {
  const char *wanted = t->settings->overlap;
  if (!wanted || strcmp(wanted, "on") != 0 || ls_comm_size(t->comm) == 1) return LS_OK;
  if (t->options.average != LS_AVERAGE_GRADIENTS)
    return ls_fail(error, LS_USAGE,
                   "--overlap on is of gradients, and --average %s sends none: leave one out",
                   t->settings->average);
  if (ls_comm_serves_threads(t->comm)) return LS_OK;
  return ls_fail(error, LS_UNAVAILABLE,
                 "--overlap on: %s, as it was started, serves no thread of its own; use --overlap "
                 "off, or another MPI",
                 ls_comm_library());
}

/* How gradients (or weights) come together, for people and for the record. */
static const char *communication(const ls_training *t) {
  if (ls_comm_size(t->comm) == 1) return "none: one rank";
  if (t->options.average != LS_AVERAGE_GRADIENTS) return "blocking: of weights";
  if (ls_trainer_overlaps(t->trainer)) return "overlapped with the backward pass";
  return t->options.overlap ? "blocking: this MPI serves no thread of its own"
                            : "blocking: --overlap off";
}

/* What can be known before any event is loaded. */
static ls_status check_options(const ls_training *t, ls_error *error) {
  const ls_settings *s = t->settings;
  LS_TRY(check_overlap(t, error));
  if (t->options.optimizer == LS_ADAM && s->momentum != 0)
    return ls_fail(error, LS_USAGE, "--momentum is sgd's: leave it out with --optimizer adam");
  if (s->validation_labels && !s->validation_count)
    return ls_fail(error, LS_USAGE, "--validation-labels needs events: name them by --validation");
  if (s->validation_count && !s->validation_labels && !ls_labels_is_rule(s->labels))
    return ls_fail(error, LS_USAGE,
                   "--labels %s is of the events of --data: those of --validation need "
                   "--validation-labels",
                   s->labels);
  if (ls_comm_rank(t->comm)) return LS_OK;
  LS_TRY(ls_output_wanted(s, "--save-weights", s->save_weights, error));
  return ls_output_is_no_input(s, t->job.events.dataset, "--save-weights", s->save_weights, error);
}

static ls_status load_training(ls_training *t, ls_error *error) {
  ls_sharing sharing;
  LS_TRY(check_options(t, error));
  LS_TRY(ls_training_check_checkpoint(t, error));
  LS_TRY(ls_trainer_sharing(&t->options, t->comm, &sharing, error));
  return ls_events_load(t->settings, &t->job.events, own_event, &sharing, "loading", t->talks,
                        &t->store, &t->load, error);
}

/* --store node: the stores of a node's ranks become one. */
static ls_status share_store(ls_training *t, ls_error *error) {
  t->stored_bytes = ls_store_get_statistics(t->store).stored_bytes;
  if (!t->settings->store || strcmp(t->settings->store, "node") != 0) return LS_OK;
  LS_TRY(ls_node_new(t->comm, &t->node, error));
  return ls_store_share(&t->store, t->node, error);
}

static ls_status load_validation(ls_training *t, ls_error *error) {
  const ls_settings *s = t->settings;
  if (!s->validation_count) return LS_OK;
  ls_settings own = *s;
  if (s->validation_labels) own.labels = s->validation_labels;
  ls_events events;
  ls_load_times times;
  const ls_network_spec *spec = &t->job.spec;
  LS_TRY(ls_events_open(&own, s->validation, s->validation_count, ls_network_classes(spec), &events,
                        error));
  ls_round_robin deal = {(size_t)ls_comm_rank(t->comm), (size_t)ls_comm_size(t->comm)};
  int size = events.policy.size, planes = ls_events_planes(&events);
  ls_status status =
      ls_output_is_no_input(s, events.dataset, "--save-weights", s->save_weights, error);
  if (status == LS_OK && (planes != spec->planes || size != spec->height))
    status =
        ls_fail(error, LS_MISMATCH,
                "--validation makes images of %d x %d x %d, --data of %d x %d x %d; give --size "
                "and --plane",
                size, size, planes, spec->height, spec->width, spec->planes);
  if (status == LS_OK)
    status = ls_events_load(s, &events, ls_event_round_robin, &deal, "loading validation", t->talks,
                            &t->validation, &times, error);
  ls_events_close(&events);
  return status;
}

static ls_status read_weights(ls_training *t, ls_error *error) {
  if (!t->settings->weights) return LS_OK;
  LS_TRY(ls_keras_weights_read(t->settings->weights, &t->job.spec,
                               ls_trainer_parameters(t->trainer), error));
  return ls_trainer_parameters_changed(t->trainer, error);
}

static ls_status make_trainer(ls_training *t, ls_error *error) {
  LS_TRY(ls_trainer_new(&t->options, t->store, t->comm, &t->trainer, error));
  size_t bytes = ls_trainer_steps_per_epoch(t->trainer) * sizeof *t->results;
  ls_status status = ls_allocate((void **)&t->results, bytes, "the times of an epoch", error);
  if (status == LS_OK) status = read_weights(t, error);
  return ls_comm_agree(t->comm, status, error);
}

static void print_start(const ls_training *t) {
  const ls_network_spec *spec = &t->job.spec;
  ls_store_statistics stored = ls_store_get_statistics(t->store);
  const char *whose = t->node ? "this node" : "rank 0";
  printf("%zu events of %d x %d x %d, network of %zu parameters, backend %s\n", t->options.events,
         spec->height, spec->width, spec->planes, ls_network_parameter_count(spec),
         t->job.backend_name);
  printf("%d ranks x %d threads, global batch %zu; communication: %s\n", ls_comm_size(t->comm),
         t->job.options.threads, ls_trainer_global_batch(&t->options, t->comm), communication(t));
  printf("loaded %zu events on %s in %.2f s: %.1f MB raw, %.2f MB kept\n", stored.images, whose,
         t->load.wall, (double)stored.raw_bytes / 1e6, (double)stored.stored_bytes / 1e6);
}

/* Once the run's folder is there, where the weights may go too. */
static ls_status try_outputs(const ls_training *t, ls_error *error) {
  const char *path = t->settings->save_weights;
  if (!path || ls_comm_rank(t->comm)) return LS_OK;
  LS_TRY(ls_keras_weights_available(path, error));
  return ls_output_try(path, error);
}

/* All but the job and the record. */
static ls_status build(ls_training *t, ls_error *error) {
  fill_options(t);
  LS_TRY(ls_comm_agree(t->comm, load_training(t, error), error));
  LS_TRY(share_store(t, error));
  LS_TRY(ls_comm_agree(t->comm, load_validation(t, error), error));
  t->options.stop = ls_stop_request_watch();
  return make_trainer(t, error);
}

static ls_train_record_facts facts_of(const ls_training *t) {
  return (ls_train_record_facts){.settings = t->settings,
                                 .job = &t->job,
                                 .comm = t->comm,
                                 .stored_bytes = t->stored_bytes,
                                 .load = t->load,
                                 .begun = t->begun,
                                 .global_batch = ls_trainer_global_batch(&t->options, t->comm),
                                 .seed = t->options.seed,
                                 .model = ls_trainer_model(t->trainer),
                                 .communication = communication(t),
                                 .stop = t->options.stop};
}

ls_status ls_training_prepare(const ls_settings *settings, ls_comm *comm, ls_training *t,
                              ls_error *error) {
  *t = (ls_training){.settings = settings,
                     .comm = comm,
                     .checkpoint_step = UINT64_MAX,
                     .begun = ls_seconds(),
                     .talks = ls_comm_rank(comm) == 0 && !settings->json};
  LS_TRY(ls_job_open(settings, comm, &t->job, error));
  ls_error kernels;
  LS_TRY(ls_comm_agree(comm, ls_train_record_check(&t->job, &kernels, error), error));
  LS_TRY(build(t, error));
  ls_train_record_facts facts = facts_of(t);
  facts.kernels = &kernels;
  LS_TRY(ls_train_record_open(&facts, &t->record, error));
  LS_TRY(ls_comm_agree(comm, try_outputs(t, error), error));
  if (t->talks) print_start(t);
  LS_TRY(ls_training_resume(t, error));
  t->last_checkpoint = ls_seconds();
  return LS_OK;
}

ls_status ls_training_prepare_part(const ls_training_part *part, ls_training *t, ls_error *error) {
  *t = (ls_training){.settings = part->settings,
                     .comm = part->comm,
                     .job = *part->job,
                     .job_is_borrowed = 1,
                     .checkpoint_step = UINT64_MAX,
                     .begun = ls_seconds()};
  LS_TRY(build(t, error));
  ls_train_record_facts facts = facts_of(t);
  facts.is_part = 1;
  facts.shared = part->record;
  facts.configuration = part->configuration;
  facts.kind = part->kind;
  facts.no_history = !part->history;
  return ls_train_record_open(&facts, &t->record, error);
}

/* One step; its times go to the record at the end of the epoch. */
static ls_status train_step(ls_training *t, ls_step_result *r, ls_error *error) {
  ls_checkpoint_state *p = &t->position;
  LS_TRY(ls_trainer_step(t->trainer, p->epoch, p->step, r, error));
  p->step++;
  p->total_steps++;
  p->epoch_loss += r->loss * (double)r->images;
  p->epoch_correct += r->accuracy * (double)r->images;
  p->epoch_images += (double)r->images;
  p->wall_seconds += r->wall_seconds;
  t->step_seconds += r->wall_seconds;
  t->own_images += r->local_images;
  t->stopped = r->stop;
  return LS_OK;
}

/* The steps of an epoch that are left, at most up to total step number limit. */
static ls_status train_epoch(ls_training *t, size_t limit, ls_error *error) {
  ls_checkpoint_state *p = &t->position;
  size_t steps = ls_trainer_steps_per_epoch(t->trainer), done = 0, before = p->total_steps;
  ls_progress progress;
  ls_train_record_epoch_event(t->record, LS_EVENT_START, (int)p->epoch);
  ls_progress_start(&progress, "training", "steps", t->talks);
  while (p->step < steps && p->total_steps < limit && !t->stopped) {
    ls_step_result *r = &t->results[done++];
    LS_TRY(train_step(t, r, error));
    ls_training_checkpoint(t, 0);
    char note[64];
    snprintf(note, sizeof note, "epoch %llu, loss %.4f", (unsigned long long)p->epoch + 1, r->loss);
    ls_progress_at(&progress, p->step, steps, note);
  }
  ls_progress_end(&progress);
  ls_train_record_epoch_event(t->record, LS_EVENT_STOP, (int)p->epoch);
  return ls_train_record_epoch(t->record, (int)p->epoch, before, done, t->results, error);
}

static ls_status warm_up(ls_training *t, size_t steps, ls_error *error) {
  size_t most = ls_trainer_steps_per_epoch(t->trainer), done = 0;
  while (done < steps && done < most && !t->stopped)
    LS_TRY(train_step(t, &t->results[done++], error));
  return ls_train_record_epoch(t->record, 0, 0, done, t->results, error);
}

static ls_status start_again(ls_training *t, ls_error *error) {
  ls_optimizer *optimizer = ls_trainer_optimizer(t->trainer);
  size_t bytes = ls_network_parameter_count(&t->job.spec) * sizeof(float);
  memset(optimizer->first, 0, bytes);
  if (optimizer->second) memset(optimizer->second, 0, bytes);
  optimizer->steps = 0;
  t->position = (ls_checkpoint_state){0};
  t->step_seconds = 0;
  t->own_images = 0;
  ls_network_initialise(&t->job.spec, t->options.seed, ls_trainer_parameters(t->trainer));
  ls_status status = t->settings->weights ? read_weights(t, error)
                                          : ls_trainer_parameters_changed(t->trainer, error);
  return ls_comm_agree(t->comm, status, error);
}

ls_status ls_training_restart(ls_training *t, int repetition, size_t warmup, ls_error *error) {
  if (warmup) {
    LS_TRY(start_again(t, error));
    ls_train_record_repetition(t->record, repetition, 1);
    LS_TRY(warm_up(t, warmup, error));
  }
  ls_train_record_repetition(t->record, repetition, 0);
  return start_again(t, error);
}

static ls_status evaluate_into(ls_training *t, ls_history_row *row, ls_error *error) {
  row->validation_loss = row->validation_accuracy = NAN;
  if (!t->validation) return LS_OK;
  ls_evaluation evaluation;
  double seconds;
  ls_status status =
      ls_train_record_evaluate(t->record, ls_trainer_model(t->trainer), t->validation, 0, 1,
                               (int)t->position.epoch, &evaluation, &seconds, error);
  t->stopped = status == LS_STOPPED;
  if (status != LS_OK) return t->stopped ? LS_OK : status;
  row->validation_loss = evaluation.loss;
  row->validation_accuracy = evaluation.accuracy;
  t->position.wall_seconds += seconds;
  ls_evaluation_destroy(&evaluation);
  return LS_OK;
}

static void print_epoch(const ls_history_row *row, double events_per_second) {
  printf("%6d %8zu %12.6f %8.2f%%", row->epoch, row->step, row->loss, 100 * row->accuracy);
  if (isnan(row->validation_loss))
    printf(" %12s %9s", "-", "-");
  else
    printf(" %12.6f %8.2f%%", row->validation_loss, 100 * row->validation_accuracy);
  if (events_per_second > 0)
    printf(" %10.3g\n", events_per_second);
  else
    printf(" %10s\n", "-"); /* resumed after its last step */
  fflush(stdout);
}

/* Evaluation and history of an epoch, whole or cut short, that trained for seconds on images. */
static ls_status close_epoch(ls_training *t, double images, double seconds, ls_error *error) {
  ls_checkpoint_state *p = &t->position;
  ls_history_row row = {.epoch = (int)p->epoch + 1,
                        .step = p->total_steps,
                        .loss = p->epoch_loss / p->epoch_images,
                        .accuracy = p->epoch_correct / p->epoch_images,
                        .learning_rate = t->settings->lr};
  if (p->step < ls_trainer_steps_per_epoch(t->trainer))
    LS_TRY(ls_trainer_average_now(t->trainer, error));
  LS_TRY(ls_trainer_check_equal(t->trainer, error));
  LS_TRY(evaluate_into(t, &row, error));
  if (t->stopped) return LS_OK; /* on resume the epoch is evaluated again */
  row.wall_seconds = p->wall_seconds;
  ls_train_record_history(t->record, &row);
  if (t->talks) print_epoch(&row, images > 0 ? images / seconds : 0);
  return LS_OK;
}

ls_status ls_training_run(ls_training *t, ls_error *error) {
  const ls_settings *s = t->settings;
  ls_checkpoint_state *p = &t->position;
  size_t limit = s->steps ? (size_t)s->steps : SIZE_MAX;
  long epochs = s->epochs == LS_UNSET ? (s->steps ? LONG_MAX : 10) : s->epochs;
  if (t->talks)
    printf("\n%6s %8s %12s %9s %12s %9s %10s\n", "epoch", "step", "loss", "accuracy", "val loss",
           "val acc", "events/s");
  while ((long)p->epoch < epochs && p->total_steps < limit && !t->stopped) {
    double seconds = p->wall_seconds, images = p->epoch_images;
    LS_TRY(train_epoch(t, limit, error));
    if (t->stopped) break;
    LS_TRY(close_epoch(t, p->epoch_images - images, p->wall_seconds - seconds, error));
    if (t->stopped) break;
    if (p->step < ls_trainer_steps_per_epoch(t->trainer)) break; /* --steps reached inside it */
    p->epoch++;
    p->step = 0;
    p->epoch_loss = p->epoch_correct = p->epoch_images = 0;
  }
  ls_training_checkpoint(t, 1);
  return LS_OK;
}

ls_status ls_training_confusion(ls_training *t, ls_error *error) {
  ls_evaluation evaluation;
  const char *set = t->validation ? "validation" : "training";
  /* The ranks of a node that share a store take turns with its records. */
  int shared = t->node && !t->validation;
  size_t first = shared ? (size_t)ls_node_rank(t->node) : 0;
  size_t every = shared ? (size_t)ls_node_size(t->node) : 1;
  LS_TRY(ls_train_record_evaluate(t->record, ls_trainer_model(t->trainer),
                                  t->validation ? t->validation : t->store, first, every, -1,
                                  &evaluation, NULL, error));
  const char *names[LS_MAX_CLASSES];
  ls_job_class_names(&t->job, names);
  ls_train_record_confusion(t->record, set, names, &evaluation);
  if (t->talks) ls_confusion_print(&evaluation, names, set);
  ls_evaluation_destroy(&evaluation);
  return LS_OK;
}

/* A failure is told at the end: the record of the run is worth as much without the file. */
static void save_weights(ls_training *t) {
  if (!t->settings->save_weights || ls_comm_rank(t->comm)) return;
  ls_keras_weights_write(t->settings->save_weights, &t->job.spec, ls_trainer_parameters(t->trainer),
                         &t->weights_error);
}

/* What is said, and returned, once all results are there. */
static ls_status verdict(const ls_training *t, ls_error *error) {
  const char *folder = t->settings->checkpoint;
  if (t->weights_error.status != LS_OK)
    return ls_fail(error, t->weights_error.status, "the weights were not saved: %s",
                   t->weights_error.message);
  if (t->checkpoint_error.status != LS_OK)
    return ls_fail(error, t->checkpoint_error.status, "the last checkpoint failed: %.600s",
                   t->checkpoint_error.message);
  if (t->stopped)
    return ls_fail(error, LS_STOPPED, "stopped by a signal after step %llu; %s%s",
                   (unsigned long long)t->position.total_steps,
                   folder ? "to go on: --resume " : "without --checkpoint it cannot go on",
                   folder ? folder : "");
  return LS_OK;
}

ls_status ls_training_finish(ls_training *t, ls_error *error) {
  if (!t->stopped) LS_TRY(ls_training_confusion(t, error));
  save_weights(t);
  if (t->stopped) ls_train_record_invalidate(t->record, "stopped by a signal");
  ls_train_record *record = t->record;
  t->record = NULL;
  ls_status status = ls_train_record_finish(record, ls_trainer_parameters(t->trainer), error);
  if (status != LS_OK && !(t->stopped && status == LS_VALUE)) return status;
  return ls_comm_agree(t->comm, verdict(t, error), error);
}
