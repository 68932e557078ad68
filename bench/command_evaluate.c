/* larscale evaluate: loss, accuracy and confusion table of trained weights over events. */
#include "base/clock.h"
#include "base/memory.h"
#include "bench/command.h"
#include "bench/confusion.h"
#include "bench/job.h"
#include "bench/train_record.h"
#include "weights/keras_weights.h"

#include <math.h>
#include <stdio.h>

typedef struct evaluating {
  const ls_settings *settings;
  ls_comm *comm;
  ls_job job;
  ls_store *store;
  ls_load_times load;
  ls_model *model;
  float *parameters;
  ls_train_record *record;
  int talks;
} evaluating;

static ls_status load(evaluating *e, ls_error *error) {
  ls_round_robin deal = {(size_t)ls_comm_rank(e->comm), (size_t)ls_comm_size(e->comm)};
  return ls_events_load(e->settings, &e->job.events, ls_event_round_robin, &deal, "loading",
                        e->talks, &e->store, &e->load, error);
}

static ls_status make_model(evaluating *e, ls_error *error) {
  const ls_network_spec *spec = &e->job.spec;
  if (!e->settings->weights)
    return ls_fail(error, LS_USAGE, "no weights to evaluate: name a file with --weights");
  LS_TRY(ls_allocate((void **)&e->parameters, ls_network_parameter_count(spec) * sizeof(float),
                     "parameters", error));
  LS_TRY(ls_keras_weights_read(e->settings->weights, spec, e->parameters, error));
  LS_TRY(ls_model_new(e->job.backend, &e->job.options, spec, 0, &e->model, error));
  return ls_model_set_parameters(e->model, e->parameters, error);
}

static ls_status evaluate(evaluating *e, ls_error *error) {
  double begun = ls_seconds();
  LS_TRY(ls_job_open(e->settings, e->comm, &e->job, error));
  LS_TRY(ls_comm_agree(e->comm, make_model(e, error), error));
  LS_TRY(ls_comm_agree(e->comm, load(e, error), error));
  ls_train_record_facts facts = {.driver = "evaluate",
                                 .settings = e->settings,
                                 .job = &e->job,
                                 .comm = e->comm,
                                 .stored_bytes = ls_store_get_statistics(e->store).stored_bytes,
                                 .load = e->load,
                                 .begun = begun,
                                 .model = e->model};
  LS_TRY(ls_train_record_open(&facts, &e->record, error));
  ls_evaluation evaluation;
  double seconds;
  LS_TRY(ls_train_record_evaluate(e->record, e->model, e->store, 0, 1, -1, &evaluation, &seconds,
                                  error));
  const char *names[LS_MAX_CLASSES];
  ls_job_class_names(&e->job, names);
  ls_history_row row = {.loss = NAN,
                        .accuracy = NAN,
                        .validation_loss = evaluation.loss,
                        .validation_accuracy = evaluation.accuracy,
                        .learning_rate = NAN,
                        .wall_seconds = seconds};
  ls_train_record_history(e->record, &row);
  ls_train_record_confusion(e->record, "validation", names, &evaluation);
  if (e->talks) ls_confusion_print(&evaluation, names, "validation");
  ls_evaluation_destroy(&evaluation);
  ls_train_record *record = e->record;
  e->record = NULL;
  return ls_train_record_finish(record, e->parameters, error);
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  evaluating e = {
      .settings = settings, .comm = comm, .talks = ls_comm_rank(comm) == 0 && !settings->json};
  ls_status status = evaluate(&e, error);
  ls_train_record_discard(e.record);
  ls_model_free(e.model);
  ls_store_free(e.store);
  ls_free(e.parameters);
  ls_job_close(&e.job);
  return status;
}

const ls_command ls_command_evaluate = {
    .name = "evaluate",
    .summary = "loss, accuracy and confusion table of trained weights",
    .details =
        "Evaluates weights (Keras' .weights.h5, or a legacy .h5 model) on events, shared by the\n"
        "ranks, and prints the confusion table of summed scores as the study does.",
    .example = "  larscale evaluate --data 'test/*.h5' --weights trained.weights.h5",
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_network, &ls_options_store,
               &ls_options_evaluate},
};
