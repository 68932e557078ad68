#include "train/trainer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "network/loss.h"
#include "train/prefetch.h"

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
  float *parameters;
  ls_reduction *gradient_sum; /* NULL if weights are averaged: then own_gradients */
  ls_reduction *weight_sum;
  float *own_gradients, *fetched_gradients; /* a block of the model's; for one that is not plain */
  const float *gradients;                   /* of the last step */
  uint32_t *order;                          /* own events of the epoch, see ls_sharing_order */
  uint32_t *scratch;
  size_t own_events; /* in order */
  ls_prefetch *prefetch;
  uint64_t next_epoch; /* the step that the prefetched images are for */
  size_t next_step;
  /* Of a step, over all ranks: each slot's loss, then correct, images, told to stop. */
  double *sums;
  int classes;
  float logits[LS_MAX_CLASSES], probabilities[LS_MAX_CLASSES], logit_gradient[LS_MAX_CLASSES];
};

/* After the slots' losses in sums. */
enum { SUM_CORRECT, SUM_IMAGES, SUM_STOP, SUMS };

size_t ls_trainer_global_batch(const ls_trainer_options *options, const ls_comm *comm) {
  if (options->global_batch) return options->global_batch;
  return options->batch * options->accumulate * (size_t)ls_comm_size(comm);
}

ls_status ls_trainer_sharing(const ls_trainer_options *options, const ls_comm *comm,
                             ls_sharing *sharing, ls_error *error) {
  return ls_sharing_init(sharing, options->share, options->events,
                         ls_trainer_global_batch(options, comm), ls_comm_rank(comm),
                         ls_comm_size(comm), options->seed, options->shuffle, error);
}

/* The images of this step and of the rest of its epoch, in order. */
static ls_status deal(ls_trainer *t, uint64_t epoch, size_t step, ls_error *error) {
  if (epoch == t->next_epoch && step == t->next_step) return LS_OK;
  t->own_events = ls_sharing_order(&t->sharing, epoch, t->scratch, t->order);
  size_t done = step * t->sharing.slot_count;
  if (done > t->own_events) done = t->own_events;
  t->next_epoch = epoch;
  t->next_step = step;
  return ls_prefetch_start(t->prefetch, t->order + done, t->own_events - done, error);
}

static ls_status build_alone(ls_trainer *t, ls_error *error) {
  const ls_trainer_options *o = &t->options;
  LS_TRY(ls_network_check(&o->spec, error));
  t->classes = ls_network_classes(&o->spec);
  LS_TRY(ls_trainer_sharing(o, t->comm, &t->sharing, error));
  t->parameter_count = ls_network_parameter_count(&o->spec);
  size_t arena = t->parameter_count * sizeof(float);
  LS_TRY(ls_allocate((void **)&t->parameters, arena, "parameters", error));
  size_t steps = ls_sharing_steps(&t->sharing), row = steps * sizeof *t->order;
  LS_TRY(ls_allocate((void **)&t->order, t->sharing.slot_count * row, "the epoch's order", error));
  LS_TRY(ls_allocate((void **)&t->scratch, row, "the epoch's order", error));
  LS_TRY(ls_allocate((void **)&t->sums, (t->sharing.global_batch + SUMS) * sizeof *t->sums,
                     "losses", error));
  LS_TRY(ls_optimizer_init(&t->optimizer, o->optimizer, o->learning_rate, o->momentum,
                           t->parameter_count, error));
  LS_TRY(ls_model_new(o->backend, &o->backend_options, &o->spec, 1, &t->model, error));
  if (o->average != LS_AVERAGE_GRADIENTS) {
    LS_TRY(ls_block_allocate(ls_model_home(t->model), (void **)&t->own_gradients, arena,
                             "gradients", error));
    if (!ls_block_is_plain(ls_model_home(t->model)))
      LS_TRY(ls_allocate((void **)&t->fetched_gradients, arena, "gradients", error));
  }
  LS_TRY(ls_prefetch_new(t->store, o->prefetch_threads, (size_t)o->prefetch_threads + 1,
                         &t->prefetch, error));
  ls_network_initialise(&o->spec, o->seed, t->parameters);
  t->next_step = SIZE_MAX; /* nothing was dealt yet */
  LS_TRY(deal(t, 0, 0, error));
  return ls_model_set_parameters(t->model, t->parameters, error);
}

/* Averaged weights are a sum over as many slots as ranks, one each. */
static ls_status build_together(ls_trainer *t, ls_error *error) {
  const ls_trainer_options *o = &t->options;
  if (o->average == LS_AVERAGE_GRADIENTS)
    return ls_reduction_new(o->reduction, o->overlap, &o->spec, &t->sharing,
                            ls_model_home(t->model), t->comm, &t->gradient_sum, error);
  ls_sharing one_each;
  size_t ranks = (size_t)ls_comm_size(t->comm);
  LS_TRY(ls_sharing_init(&one_each, LS_SHARE_SLOTS, ranks, ranks, ls_comm_rank(t->comm), (int)ranks,
                         0, 0, error));
  return ls_reduction_new(o->reduction, 0, &o->spec, &one_each, (ls_block_home){0}, t->comm,
                          &t->weight_sum, error);
}

ls_status ls_trainer_new(const ls_trainer_options *options, const ls_store *store, ls_comm *comm,
                         ls_trainer **out, ls_error *error) {
  *out = NULL;
  ls_trainer *t = calloc(1, sizeof *t);
  ls_status status = t ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for a trainer");
  if (t) {
    t->options = *options;
    t->store = store;
    t->comm = comm;
    status = build_alone(t, error);
  }
  status = ls_comm_agree(comm, status, error);
  if (t && status == LS_OK) status = build_together(t, error);
  if (status != LS_OK) {
    ls_trainer_free(t);
    return status;
  }
  *out = t;
  return LS_OK;
}

void ls_trainer_free(ls_trainer *t) {
  if (!t) return;
  ls_reduction_free(t->gradient_sum);
  ls_reduction_free(t->weight_sum);
  if (t->model) ls_block_free(ls_model_home(t->model), t->own_gradients);
  ls_model_free(t->model);
  ls_optimizer_destroy(&t->optimizer);
  ls_prefetch_free(t->prefetch);
  ls_free(t->parameters);
  ls_free(t->fetched_gradients);
  ls_free(t->order);
  ls_free(t->scratch);
  ls_free(t->sums);
  free(t);
}

size_t ls_trainer_steps_per_epoch(const ls_trainer *t) {
  return ls_sharing_steps(&t->sharing);
}
int ls_trainer_overlaps(const ls_trainer *t) {
  return t->gradient_sum && ls_reduction_overlaps(t->gradient_sum);
}
float *ls_trainer_parameters(ls_trainer *t) {
  return t->parameters;
}
ls_optimizer *ls_trainer_optimizer(ls_trainer *t) {
  return &t->optimizer;
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

static void layer_done(void *context, int layer) {
  ls_trainer *t = context;
  if (t->gradient_sum) ls_reduction_layer_done(t->gradient_sum, layer);
}

/* The own image number i of the step, the next in order; its loss goes to its slot's place in the
 * sums. */
static ls_status train_image(ls_trainer *t, size_t i, float scale, ls_step_result *result,
                             ls_error *error) {
  double since = ls_seconds();
  const ls_image *image;
  LS_TRY(ls_prefetch_next(t->prefetch, &image, error));
  lap(&result->seconds[LS_STEP_DECOMPRESS], &since);
  int label = image->label;
  unsigned long long event = image->event;
  if (label < 0 || label >= t->classes)
    return ls_fail(error, LS_MISMATCH,
                   "event %llu has label %d but the network has %d classes; give labels that fit",
                   event, label, t->classes);
  LS_TRY(ls_model_forward(t->model, image, t->logits, error));
  ls_softmax(t->logits, t->classes, t->probabilities);
  double loss = ls_cross_entropy(t->logits, t->classes, label);
  ls_cross_entropy_gradient(t->probabilities, t->classes, label, scale, t->logit_gradient);
  lap(&result->seconds[LS_STEP_FORWARD], &since);
  if (!isfinite(loss))
    return ls_fail(error, LS_VALUE,
                   "the loss of event %llu is %s; check the event, or lower --lr or --scale", event,
                   isnan(loss) ? "not a number" : "infinite");
  float *gradients = t->gradient_sum ? ls_reduction_slot(t->gradient_sum) : t->own_gradients;
  LS_TRY(ls_model_backward_by_layer(t->model, t->logit_gradient, gradients, layer_done, t, error));
  lap(&result->seconds[LS_STEP_BACKWARD], &since);
  double *after = t->sums + t->sharing.global_batch;
  t->sums[t->sharing.first_slot + i] = loss;
  after[SUM_CORRECT] += largest(t->logits, t->classes) == label;
  after[SUM_IMAGES] += 1;
  return LS_OK;
}

static ls_status train_own_images(ls_trainer *t, size_t step, ls_step_result *result,
                                  ls_error *error) {
  const ls_sharing *s = &t->sharing;
  size_t images = ls_sharing_present(s, s->rank, step);
  size_t mean_over = t->gradient_sum ? ls_sharing_batch(s, step) : images;
  if (t->own_gradients)
    LS_TRY(ls_block_fill(ls_model_home(t->model), t->own_gradients, 0,
                         t->parameter_count * sizeof(float), error));
  for (size_t i = 0; i < images; i++)
    LS_TRY(train_image(t, i, 1.0f / (float)mean_over, result, error));
  result->local_images = images;
  return LS_OK;
}

/* All ranks know that the step failed on some: the first one's error becomes everyone's. */
static ls_status end_together(ls_trainer *t, ls_status status, ls_error *error) {
  if (ls_comm_size(t->comm) == 1 && status != LS_OK) return ls_fail_within(error, status, "rank 0");
  LS_TRY(ls_comm_agree(t->comm, status, error));
  return ls_fail(error, LS_INTERNAL, "the loss is not finite but no rank says why");
}

/* Sums losses over the slots, in their order, on every rank. status: of this rank's own images. */
static ls_status sum_losses(ls_trainer *t, ls_status status, ls_step_result *result,
                            ls_error *error) {
  size_t slots = t->sharing.global_batch;
  double *after = t->sums + slots, loss = 0;
  if (status != LS_OK) t->sums[t->sharing.first_slot] = NAN; /* tells the others, at no cost */
  if (t->options.stop && *t->options.stop) after[SUM_STOP] = 1;
  LS_TRY(ls_comm_sum_doubles(t->comm, t->sums, slots + SUMS, error));
  for (size_t i = 0; i < slots; i++) loss += t->sums[i];
  if (!isfinite(loss)) return end_together(t, status, error);
  result->images = (size_t)after[SUM_IMAGES];
  result->loss = loss / after[SUM_IMAGES];
  result->accuracy = after[SUM_CORRECT] / after[SUM_IMAGES];
  result->stop = after[SUM_STOP] > 0;
  return LS_OK;
}

/* The sum of the gradients goes on also where this rank failed: the others wait for its part. */
static ls_status sum_gradients(ls_trainer *t, ls_status status, ls_step_result *result,
                               ls_error *error) {
  if (!t->gradient_sum) {
    float *fetched;
    if (status != LS_OK) return LS_OK;
    LS_TRY(ls_block_fetch(ls_model_home(t->model), t->own_gradients, t->fetched_gradients,
                          t->parameter_count, &fetched, error));
    t->gradients = fetched;
    return LS_OK;
  }
  if (status != LS_OK) ls_reduction_abandon(t->gradient_sum);
  ls_error of_sum = {0};
  ls_status summed =
      ls_reduction_finish(t->gradient_sum, &t->gradients, &result->communication_seconds, &of_sum);
  if (summed == LS_OK || status != LS_OK) return summed; /* what went wrong first is told */
  if (error) *error = of_sum;
  return summed;
}

static ls_status average_weights(ls_trainer *t, ls_step_result *result, ls_error *error) {
  ls_reduction_begin(t->weight_sum, 0);
  memcpy(ls_reduction_slot(t->weight_sum), t->parameters, t->parameter_count * sizeof(float));
  for (int l = ls_network_layer_count(&t->options.spec) - 1; l >= 0; l--)
    ls_reduction_layer_done(t->weight_sum, l);
  const float *sum;
  LS_TRY(ls_reduction_finish(t->weight_sum, &sum, &result->communication_seconds, error));
  float share = 1.0f / (float)ls_comm_size(t->comm);
  for (size_t i = 0; i < t->parameter_count; i++) t->parameters[i] = share * sum[i];
  return LS_OK;
}

/* Whether all ranks hold the same weights after this step. */
static int weights_are_equal_after(const ls_trainer *t, size_t step) {
  return t->options.average != LS_AVERAGE_WEIGHTS_EACH_EPOCH ||
         step + 1 == ls_sharing_steps(&t->sharing);
}

static ls_status update(ls_trainer *t, size_t step, ls_step_result *result, double *since,
                        ls_error *error) {
  if (t->gradient_sum || result->local_images)
    ls_optimizer_update(&t->optimizer, t->gradients, t->parameters);
  if (t->weight_sum && weights_are_equal_after(t, step)) {
    lap(&result->seconds[LS_STEP_UPDATE], since);
    LS_TRY(average_weights(t, result, error));
    lap(&result->seconds[LS_STEP_ALLREDUCE], since);
  }
  LS_TRY(ls_model_set_parameters(t->model, t->parameters, error));
  lap(&result->seconds[LS_STEP_UPDATE], since);
  return LS_OK;
}

ls_status ls_trainer_step(ls_trainer *t, uint64_t epoch, size_t step, ls_step_result *result,
                          ls_error *error) {
  double start = ls_seconds();
  *result = (ls_step_result){0};
  ls_status status = deal(t, epoch, step, error);
  t->next_step = step + 1;
  result->seconds[LS_STEP_FETCH] = ls_seconds() - start;
  memset(t->sums, 0, (t->sharing.global_batch + SUMS) * sizeof *t->sums);
  if (t->gradient_sum) ls_reduction_begin(t->gradient_sum, step);
  if (status == LS_OK) status = train_own_images(t, step, result, error);
  if (status != LS_OK)
    ls_fail_within(error, status, "epoch %llu, step %zu", (unsigned long long)epoch + 1, step + 1);
  double since = ls_seconds();
  LS_TRY(sum_gradients(t, status, result, error));
  LS_TRY(sum_losses(t, status, result, error));
  lap(&result->seconds[LS_STEP_ALLREDUCE], &since);
  LS_TRY(update(t, step, result, &since, error));
  size_t every = t->options.check_every, number = epoch * ls_sharing_steps(&t->sharing) + step + 1;
  if (every && number % every == 0 && weights_are_equal_after(t, step))
    LS_TRY(ls_trainer_check_equal(t, error));
  result->wall_seconds = ls_seconds() - start;
  result->seconds[LS_STEP_OTHER] = result->wall_seconds;
  for (int p = 0; p < LS_STEP_OTHER; p++) result->seconds[LS_STEP_OTHER] -= result->seconds[p];
  return LS_OK;
}

ls_status ls_trainer_average_now(ls_trainer *t, ls_error *error) {
  if (t->options.average != LS_AVERAGE_WEIGHTS_EACH_EPOCH) return LS_OK;
  ls_step_result ignored;
  LS_TRY(average_weights(t, &ignored, error));
  return ls_model_set_parameters(t->model, t->parameters, error);
}

ls_status ls_trainer_check_equal(ls_trainer *t, ls_error *error) {
  uint64_t mine = XXH3_64bits(t->parameters, t->parameter_count * sizeof(float)), first = mine;
  LS_TRY(ls_comm_broadcast(t->comm, &first, sizeof first, 0, error));
  ls_status status = LS_OK;
  if (mine != first) status = ls_fail(error, LS_INTERNAL, "the weights are not those of rank 0");
  return ls_comm_agree(t->comm, status, error);
}
