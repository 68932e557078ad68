#include "bench/training_checkpoint.h"

#include "base/clock.h"
#include "bench/environment.h"

#include <inttypes.h>
#include <stdio.h>

enum { MOST_FACTS = 16 };

ls_status ls_training_check_checkpoint(ls_training *t, ls_error *error) {
  const ls_settings *s = t->settings;
  if (!s->checkpoint && (s->checkpoint_steps || s->checkpoint_minutes > 0))
    return ls_fail(error, LS_USAGE,
                   "--checkpoint-steps and --checkpoint-minutes need --checkpoint DIR");
  if (!s->checkpoint && !s->resume) return LS_OK;
  if (t->options.average != LS_AVERAGE_GRADIENTS)
    return ls_fail(
        error, LS_USAGE,
        "--checkpoint and --resume go with --average gradients: with averaged weights each "
        "rank has an optimiser state of its own");
  if (s->resume && s->weights)
    return ls_fail(error, LS_USAGE, "--resume brings its own weights: leave --weights out");
  if (!s->checkpoint || ls_comm_rank(t->comm)) return LS_OK;
  return ls_checkpoint_prepare(s->checkpoint, s->resume, error);
}

typedef struct facts {
  ls_fact list[MOST_FACTS];
  size_t count;
} facts;

static char *add_fact(facts *f, const char *name) {
  f->list[f->count].name = name;
  return f->list[f->count++].value;
}

/* Not given is the backend's default, which its version tells. */
static void add_settings(const ls_backend_options *options, facts *f) {
  const char *const settings[][2] = {
      {"isa", options->isa}, {"winograd", options->winograd}, {"skip", options->skip}};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    if (settings[i][1]) snprintf(add_fact(f, settings[i][0]), LS_FACT_LENGTH, "%s", settings[i][1]);
}

/* What the weights depend on. Number of ranks and threads are not among them, unless the way of
 * summing or sharing makes them matter. */
static void collect_facts(const ls_training *t, facts *f) {
  const ls_trainer_options *o = &t->options;
  char version[200] = "";
  o->backend->version(version, sizeof version);
  f->count = 0;
  snprintf(add_fact(f, "data"), LS_FACT_LENGTH, "%016" PRIx64,
           ls_train_record_data_checksum(t->record));
  snprintf(add_fact(f, "events"), LS_FACT_LENGTH, "%zu", o->events);
  snprintf(add_fact(f, "global batch"), LS_FACT_LENGTH, "%zu", ls_trainer_global_batch(o, t->comm));
  snprintf(add_fact(f, "seed"), LS_FACT_LENGTH, "%" PRIu64, o->seed);
  snprintf(add_fact(f, "shuffle"), LS_FACT_LENGTH, "%s", o->shuffle ? "on" : "off");
  snprintf(add_fact(f, "share"), LS_FACT_LENGTH, "%s",
           o->share == LS_SHARE_SLOTS ? "slots" : "contiguous");
  snprintf(add_fact(f, "reduction"), LS_FACT_LENGTH, "%s",
           o->reduction == LS_REDUCTION_FLOAT ? "float" : "reproducible");
  snprintf(add_fact(f, "optimizer"), LS_FACT_LENGTH, "%s",
           o->optimizer == LS_ADAM ? "adam" : "sgd");
  snprintf(add_fact(f, "lr"), LS_FACT_LENGTH, "%.17g", o->learning_rate);
  snprintf(add_fact(f, "momentum"), LS_FACT_LENGTH, "%.17g", o->momentum);
  snprintf(add_fact(f, "backend"), LS_FACT_LENGTH, "%s:%s, %s", o->backend->name,
           t->job.options.variant, version);
  add_settings(&t->job.options, f);
  if (o->share == LS_SHARE_CONTIGUOUS || o->reduction == LS_REDUCTION_FLOAT)
    snprintf(add_fact(f, "ranks"), LS_FACT_LENGTH, "%d", ls_comm_size(t->comm));
}

static void fill(const ls_training *t, const facts *f, ls_checkpoint *c) {
  ls_optimizer *optimizer = ls_trainer_optimizer(t->trainer);
  *c = (ls_checkpoint){.spec = &t->job.spec,
                       .facts = f->list,
                       .fact_count = f->count,
                       .state = t->position,
                       .parameters = ls_trainer_parameters(t->trainer),
                       .first = optimizer->first,
                       .second = optimizer->second};
  c->state.optimizer_steps = optimizer->steps;
}

static ls_status read_on_root(ls_training *t, ls_error *error) {
  if (ls_comm_rank(t->comm)) return LS_OK;
  const ls_settings *s = t->settings;
  int begins;
  LS_TRY(ls_checkpoint_begins_chain(s->checkpoint, s->resume, &begins, error));
  if (begins) {
    if (t->talks) printf("no checkpoint in %s yet: from the beginning\n", s->resume);
    return LS_OK;
  }
  facts f;
  ls_checkpoint c;
  ls_checkpoint_origin origin;
  collect_facts(t, &f);
  fill(t, &f, &c);
  LS_TRY(ls_checkpoint_read(s->resume, &c, &origin, error));
  t->position = c.state;
  if (origin.warning[0]) fprintf(stderr, "larscale: warning: %s\n", origin.warning);
  if (t->talks)
    printf("resumed from %s: epoch %" PRIu64 ", step %" PRIu64 "\n", origin.path, c.state.epoch + 1,
           c.state.step);
  return LS_OK;
}

ls_status ls_training_resume(ls_training *t, ls_error *error) {
  if (!t->settings->resume) return LS_OK;
  LS_TRY(ls_comm_agree(t->comm, read_on_root(t, error), error));
  ls_optimizer *optimizer = ls_trainer_optimizer(t->trainer);
  size_t bytes = ls_network_parameter_count(&t->job.spec) * sizeof(float);
  LS_TRY(ls_comm_broadcast(t->comm, &t->position, sizeof t->position, 0, error));
  LS_TRY(ls_comm_broadcast(t->comm, ls_trainer_parameters(t->trainer), bytes, 0, error));
  LS_TRY(ls_comm_broadcast(t->comm, optimizer->first, bytes, 0, error));
  if (optimizer->second) LS_TRY(ls_comm_broadcast(t->comm, optimizer->second, bytes, 0, error));
  optimizer->steps = t->position.optimizer_steps;
  return ls_trainer_parameters_changed(t->trainer, error);
}

static int is_due(const ls_training *t) {
  const ls_settings *s = t->settings;
  if (s->checkpoint_steps && t->position.total_steps % (uint64_t)s->checkpoint_steps == 0) return 1;
  /* Neither named: every ten minutes. */
  double minutes = s->checkpoint_minutes > 0 || s->checkpoint_steps ? s->checkpoint_minutes : 10;
  return minutes > 0 && ls_seconds() - t->last_checkpoint >= 60 * minutes;
}

void ls_training_checkpoint(ls_training *t, int now) {
  if (!t->settings->checkpoint || ls_comm_rank(t->comm) || (!now && !is_due(t))) return;
  if (t->checkpoint_step == t->position.total_steps) return;
  facts f;
  ls_checkpoint c;
  ls_error error = {0};
  collect_facts(t, &f);
  fill(t, &f, &c);
  t->last_checkpoint = ls_seconds();
  if (ls_checkpoint_write(t->settings->checkpoint, &c, &error) == LS_OK) {
    ls_train_record_checkpoint(t->record, t->position.epoch, t->position.total_steps,
                               ls_seconds() - t->last_checkpoint);
    t->checkpoint_error = (ls_error){0};
    t->checkpoint_step = t->position.total_steps;
    return;
  }
  int said = t->checkpoint_error.status != LS_OK;
  t->checkpoint_error = error;
  if (said) return;
  fprintf(stderr, "larscale: warning: no checkpoint after step %" PRIu64 ": %s; training goes on\n",
          t->position.total_steps, error.message);
}
