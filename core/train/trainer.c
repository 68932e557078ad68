#include "train/trainer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "network/loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct ls_trainer {
  ls_trainer_options options;
  ls_sharing sharing;
  const ls_store *store;
  ls_comm *comm;
  ls_model *model;
  ls_optimizer optimizer;
  size_t parameter_count;
  float *parameters, *gradients;
  uint32_t *shards;     /* [slot_count][steps]: event of each own slot in each step of the epoch */
  size_t *shard_counts; /* [slot_count] */
  uint64_t shards_epoch;
  ls_image image;
  int classes;
  float logits[LS_MAX_CLASSES], probabilities[LS_MAX_CLASSES], logit_gradient[LS_MAX_CLASSES];
};

/* Sums over one rank's share of a batch. */
typedef struct batch_sums {
  double loss, correct, images;
} batch_sums;

ls_status ls_trainer_sharing(const ls_trainer_options *options, const ls_comm *comm,
                             ls_sharing *sharing, ls_error *error) {
  size_t ranks = (size_t)ls_comm_size(comm);
  return ls_sharing_init(sharing, options->events, options->batch * options->accumulate * ranks,
                         ls_comm_rank(comm), ls_comm_size(comm), options->seed, options->shuffle,
                         error);
}

static void deal_epoch(ls_trainer *t, uint64_t epoch) {
  size_t steps = ls_sharing_steps(&t->sharing);
  for (size_t i = 0; i < t->sharing.slot_count; i++)
    t->shard_counts[i] =
        ls_sharing_shard(&t->sharing, t->sharing.first_slot + i, epoch, t->shards + i * steps);
  t->shards_epoch = epoch;
}

static ls_status build(ls_trainer *t, ls_error *error) {
  const ls_trainer_options *o = &t->options;
  LS_TRY(ls_network_check(&o->spec, error));
  t->classes = ls_network_classes(&o->spec);
  LS_TRY(ls_trainer_sharing(o, t->comm, &t->sharing, error));
  t->parameter_count = ls_network_parameter_count(&o->spec);
  size_t bytes = t->parameter_count * sizeof(float);
  LS_TRY(ls_allocate((void **)&t->parameters, bytes, "parameters", error));
  LS_TRY(ls_allocate((void **)&t->gradients, bytes, "gradients", error));
  size_t slots = t->sharing.slot_count, steps = ls_sharing_steps(&t->sharing);
  LS_TRY(ls_allocate((void **)&t->shards, slots * steps * sizeof *t->shards, "the epoch's order",
                     error));
  LS_TRY(ls_allocate((void **)&t->shard_counts, slots * sizeof *t->shard_counts,
                     "the epoch's order", error));
  LS_TRY(ls_optimizer_init(&t->optimizer, o->optimizer, o->learning_rate, o->momentum,
                           t->parameter_count, error));
  LS_TRY(ls_model_new(o->backend, &o->backend_options, &o->spec, 1, &t->model, error));
  ls_network_initialise(&o->spec, o->seed, t->parameters);
  deal_epoch(t, 0);
  return ls_model_set_parameters(t->model, t->parameters, error);
}

ls_status ls_trainer_new(const ls_trainer_options *options, const ls_store *store, ls_comm *comm,
                         ls_trainer **out, ls_error *error) {
  *out = NULL;
  ls_trainer *t = calloc(1, sizeof *t);
  if (!t) return ls_fail(error, LS_MEMORY, "no memory for a trainer");
  t->options = *options;
  t->store = store;
  t->comm = comm;
  ls_status status = build(t, error);
  if (status != LS_OK) {
    ls_trainer_free(t);
    return status;
  }
  *out = t;
  return LS_OK;
}

void ls_trainer_free(ls_trainer *t) {
  if (!t) return;
  ls_model_free(t->model);
  ls_optimizer_destroy(&t->optimizer);
  ls_image_destroy(&t->image);
  ls_free(t->parameters);
  ls_free(t->gradients);
  ls_free(t->shards);
  ls_free(t->shard_counts);
  free(t);
}

size_t ls_trainer_steps_per_epoch(const ls_trainer *t) {
  return ls_sharing_steps(&t->sharing);
}
float *ls_trainer_parameters(ls_trainer *t) {
  return t->parameters;
}
const float *ls_trainer_gradients(const ls_trainer *t) {
  return t->gradients;
}
ls_model *ls_trainer_model(ls_trainer *t) {
  return t->model;
}

ls_status ls_trainer_parameters_changed(ls_trainer *t, ls_error *error) {
  return ls_model_set_parameters(t->model, t->parameters, error);
}

/* Record number of an event: the store is sorted by event. */
static ls_status find_record(const ls_store *store, uint64_t event, size_t *record,
                             ls_error *error) {
  size_t low = 0, high = ls_store_count(store);
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ls_store_event(store, middle) < event)
      low = middle + 1;
    else
      high = middle;
  }
  *record = low;
  if (low < ls_store_count(store) && ls_store_event(store, low) == event) return LS_OK;
  return ls_fail(error, LS_INTERNAL, "event %llu is not in this rank's store",
                 (unsigned long long)event);
}

static void lap(double *total, double *since) {
  double now = ls_seconds();
  *total += now - *since;
  *since = now;
}

static int largest(const float *values, int count) {
  int best = 0;
  for (int i = 1; i < count; i++)
    if (values[i] > values[best]) best = i;
  return best;
}

/* One image: adds its part of the batch's gradient. */
static ls_status train_image(ls_trainer *t, uint64_t event, float scale, ls_step_result *result,
                             batch_sums *sums, ls_error *error) {
  double since = ls_seconds();
  size_t record;
  LS_TRY(find_record(t->store, event, &record, error));
  lap(&result->seconds[LS_STEP_FETCH], &since);
  LS_TRY(ls_store_get(t->store, record, &t->image, error));
  lap(&result->seconds[LS_STEP_DECOMPRESS], &since);
  int label = t->image.label;
  if (label < 0 || label >= t->classes)
    return ls_fail(error, LS_MISMATCH,
                   "event %llu has label %d but the network has %d classes; give labels that fit",
                   (unsigned long long)event, label, t->classes);
  LS_TRY(ls_model_forward(t->model, &t->image, t->logits, error));
  ls_softmax(t->logits, t->classes, t->probabilities);
  double loss = ls_cross_entropy(t->logits, t->classes, label);
  ls_cross_entropy_gradient(t->probabilities, t->classes, label, scale, t->logit_gradient);
  lap(&result->seconds[LS_STEP_FORWARD], &since);
  if (!isfinite(loss))
    return ls_fail(error, LS_VALUE,
                   "the loss of event %llu is %s; check the event, or lower --lr or --scale",
                   (unsigned long long)event, isnan(loss) ? "not a number" : "infinite");
  LS_TRY(ls_model_backward(t->model, t->logit_gradient, t->gradients, error));
  lap(&result->seconds[LS_STEP_BACKWARD], &since);
  sums->loss += loss;
  sums->correct += largest(t->logits, t->classes) == label;
  sums->images += 1;
  return LS_OK;
}

static ls_status train_local_batch(ls_trainer *t, size_t step, ls_step_result *result,
                                   batch_sums *sums, ls_error *error) {
  size_t steps = ls_sharing_steps(&t->sharing);
  float scale = 1.0f / (float)ls_sharing_batch(&t->sharing, step);
  memset(t->gradients, 0, t->parameter_count * sizeof(float));
  for (size_t i = 0; i < t->sharing.slot_count; i++)
    if (step < t->shard_counts[i])
      LS_TRY(train_image(t, t->shards[i * steps + step], scale, result, sums, error));
  return LS_OK;
}

/* All ranks know that the step failed on some: the first one's error becomes everyone's. */
static ls_status end_together(ls_trainer *t, ls_status status, ls_error *error) {
  if (ls_comm_size(t->comm) == 1 && status != LS_OK) return ls_fail_within(error, status, "rank 0");
  LS_TRY(ls_comm_agree(t->comm, status, error));
  return ls_fail(error, LS_INTERNAL, "the loss is not finite but no rank says why");
}

ls_status ls_trainer_step(ls_trainer *t, uint64_t epoch, size_t step, ls_step_result *result,
                          ls_error *error) {
  double start = ls_seconds();
  *result = (ls_step_result){0};
  if (epoch != t->shards_epoch) deal_epoch(t, epoch);
  batch_sums sums = {0};
  ls_status status = train_local_batch(t, step, result, &sums, error);
  if (status != LS_OK) {
    ls_fail_within(error, status, "epoch %llu, step %zu", (unsigned long long)epoch + 1, step + 1);
    sums.loss = NAN; /* tells the other ranks, at no cost to a step that goes well */
  }
  result->local_images = (size_t)sums.images;
  double since = ls_seconds();
  LS_TRY(ls_comm_sum_doubles(t->comm, &sums.loss, sizeof sums / sizeof(double), error));
  if (!isfinite(sums.loss)) return end_together(t, status, error);
  LS_TRY(ls_comm_sum_floats(t->comm, t->gradients, t->parameter_count, error));
  lap(&result->seconds[LS_STEP_ALLREDUCE], &since);
  ls_optimizer_update(&t->optimizer, t->gradients, t->parameters);
  LS_TRY(ls_model_set_parameters(t->model, t->parameters, error));
  lap(&result->seconds[LS_STEP_UPDATE], &since);
  result->images = (size_t)sums.images;
  result->loss = sums.loss / sums.images;
  result->accuracy = sums.correct / sums.images;
  result->wall_seconds = ls_seconds() - start;
  result->seconds[LS_STEP_OTHER] = result->wall_seconds;
  for (int p = 0; p < LS_STEP_OTHER; p++) result->seconds[LS_STEP_OTHER] -= result->seconds[p];
  return LS_OK;
}

ls_status ls_trainer_check_equal(ls_trainer *t, ls_error *error) {
  uint64_t mine = XXH3_64bits(t->parameters, t->parameter_count * sizeof(float)), first = mine;
  LS_TRY(ls_comm_broadcast(t->comm, &first, sizeof first, 0, error));
  ls_status status = LS_OK;
  if (mine != first) status = ls_fail(error, LS_INTERNAL, "the weights are not those of rank 0");
  return ls_comm_agree(t->comm, status, error);
}
