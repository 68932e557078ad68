/* larscale bench loss-vs-batch: do the larger batches of more nodes reach a better loss?
 *
 * Question of the study (figure 4): loss against epochs for several node counts, that is batch
 * sizes.
 *
 * Usage: larscale bench loss-vs-batch --nodes 1,4,14 --seeds 3 --data train --validation test
 *
 * Measured: loss and accuracy (training and validation) after each epoch, with steps and time, for
 * the global batch of N nodes: N x ranks of a node x --batch x --accumulate; for each of --seeds
 * seeds of initial weights and shuffling. Ends with the confusion table of the largest batch, last
 * seed.
 *
 * Emulated: the batch of more nodes than there are is accumulated by those there are. With the
 * reproducible sum that is the same training, bit for bit, so its losses are real; its times are
 * not those of N nodes: kind is "emulated" instead of "measured".
 *
 * Page: bench/drivers/loss-vs-batch.md. */
#include "bench/command.h"
#include "bench/harness/harness.h"
#include "bench/training.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* One training. */
typedef struct trial {
  int nodes;      /* whose batch it is */
  int real_nodes; /* that do the work */
  size_t global_batch;
  long seed;
  int is_last; /* the largest batch, last seed: its table is the run's */
} trial;

static const char *kind_of(const trial *t) {
  return t->real_nodes == t->nodes ? "measured" : "emulated";
}

/* Checksum of the weights into env.json: two runs with the same one trained the same. */
static void note_weights(ls_harness *h, const trial *t, ls_training *training) {
  if (!h->record || training->stopped) return;
  char text[32];
  size_t bytes = ls_network_parameter_count(&h->job.spec) * sizeof(float);
  snprintf(text, sizeof text, "%016" PRIx64,
           (uint64_t)XXH3_64bits(ls_trainer_parameters(training->trainer), bytes));
  cJSON *list = cJSON_GetObjectItem(h->facts, "trainings"), *entry = cJSON_CreateObject();
  if (!list) list = cJSON_AddArrayToObject(h->facts, "trainings");
  cJSON_AddItemToArray(list, entry);
  cJSON_AddNumberToObject(entry, "nodes", t->nodes);
  cJSON_AddNumberToObject(entry, "global_batch", (double)t->global_batch);
  cJSON_AddNumberToObject(entry, "seed", (double)t->seed);
  cJSON_AddStringToObject(entry, "kind", kind_of(t));
  cJSON_AddStringToObject(entry, "binding", h->place.text);
  cJSON_AddBoolToObject(entry, "oversubscribed", h->place.crowded);
  cJSON_AddStringToObject(entry, "weights_checksum", text);
}

static ls_status train(ls_harness *h, const trial *t, ls_training *training, ls_error *error) {
  training->talks = h->talks;
  if (h->talks)
    printf("\nglobal batch %zu (--nodes %d, %s), seed %ld\n", t->global_batch, t->nodes, kind_of(t),
           t->seed);
  LS_TRY(ls_training_run(training, error));
  h->stopped = training->stopped;
  note_weights(h, t, training);
  if (!t->is_last || h->stopped) return LS_OK;
  return ls_training_confusion(training, error);
}

static ls_status measure(ls_harness *h, ls_comm *part, const trial *t, ls_error *error) {
  ls_settings settings = *h->settings;
  settings.global_batch = (long)t->global_batch;
  settings.seed = t->seed;
  size_t ranks = (size_t)ls_comm_size(part);
  ls_configuration configuration = {.backend = h->job.backend_name,
                                    .scaling = "single",
                                    .nodes = t->nodes,
                                    .ranks = ls_comm_size(part),
                                    .threads = h->job.options.threads,
                                    .local_batch = (t->global_batch + ranks - 1) / ranks,
                                    .global_batch = t->global_batch};
  ls_training_part one = {.settings = &settings,
                          .comm = part,
                          .job = &h->job,
                          .record = h->record,
                          .configuration = &configuration,
                          .kind = kind_of(t),
                          .history = 1};
  ls_training training;
  ls_status status = ls_training_prepare_part(&one, &training, error);
  if (status == LS_OK) {
    ls_harness_note_load(h, training.record);
    status = train(h, t, &training, error);
    if (status == LS_OK) ls_harness_note_verdict(h, training.record);
  }
  ls_training_free(&training, status != LS_OK && !error->shared);
  return status;
}

static ls_status sweep(ls_harness *h, ls_error *error) {
  const ls_sweep *s = &h->sweep;
  const ls_settings *settings = h->settings;
  int ranks_of_node = ls_sweep_ranks(s, 1);
  size_t of_rank = (size_t)settings->batch * (size_t)settings->accumulate;
  for (int i = 0; i < s->count; i++)
    for (long seed = 0; seed < settings->seeds && !h->stopped; seed++) {
      int nodes = s->counts[i];
      trial t = {.nodes = nodes,
                 .real_nodes = nodes < s->nodes ? nodes : s->nodes,
                 .global_batch = (size_t)nodes * (size_t)ranks_of_node * of_rank,
                 .seed = settings->seed + seed,
                 .is_last = i == s->count - 1 && seed == settings->seeds - 1};
      ls_comm *part;
      LS_TRY(ls_harness_enter(h, t.real_nodes, &part, error));
      ls_status status = part ? measure(h, part, &t, error) : LS_OK;
      LS_TRY(ls_harness_leave(h, part, status, error));
    }
  return LS_OK;
}

/* What emulation rests on. */
static ls_status check(const ls_settings *s, ls_error *error) {
  if (s->global_batch)
    return ls_fail(error, LS_USAGE,
                   "--global-batch: here it is --nodes x --batch x --accumulate; leave it out");
  if ((s->share && strcmp(s->share, "slots") != 0) ||
      (s->reduction && strcmp(s->reduction, "reproducible") != 0) ||
      (s->average && strcmp(s->average, "gradients") != 0))
    return ls_fail(error, LS_USAGE,
                   "batches of nodes are emulated exactly only with --share slots, --reduction "
                   "reproducible and --average gradients, the defaults: leave them out");
  return LS_OK;
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  ls_harness_needs needs = {
      .driver = "loss-vs-batch", .scaling = "single", .network = 1, .may_exceed = 1};
  ls_harness harness;
  LS_TRY(ls_comm_agree(comm, check(settings, error), error));
  LS_TRY(ls_harness_open(&needs, settings, comm, &harness, error));
  return ls_harness_finish(&harness, sweep(&harness, error), error);
}

const ls_command ls_command_loss_vs_batch = {
    .name = "bench loss-vs-batch",
    .summary = "loss and accuracy against epochs for the batches of N nodes",
    .details =
        "Trains with the global batches of 1, 4, 14 .. nodes, several seeds each, and records "
        "loss\n"
        "and accuracy after every epoch. Nodes that are not there are emulated exactly by\n"
        "accumulation: real in loss, not in time. The record's files: results/README.md; what it\n"
        "means: bench/drivers/loss-vs-batch.md.",
    .example = "  larscale bench loss-vs-batch --nodes 1,4,14 --data 'train/*.h5' --validation "
               "'test/*.h5'",
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_network, &ls_options_training,
               &ls_options_ranks, &ls_options_store, &ls_options_seeds, &ls_options_bench},
};
