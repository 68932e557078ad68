/* Data-parallel training: forward and backward of this rank's images, the sum of all gradients
 * (reduction.h), one update; the same on every rank.
 *
 * The trainer borrows backend, store and comm, and owns parameters, gradients and optimiser state.
 * With reduction reproducible and average gradients, the weights depend on the global batch, the
 * seed and the data, bit for bit, and not on the number of ranks; nor on threads, if the backend's
 * results do not. */
#ifndef LS_TRAIN_TRAINER_H
#define LS_TRAIN_TRAINER_H

#include "comm/comm.h"
#include "store/store.h"
#include "train/model.h"
#include "train/optimizer.h"
#include "train/reduction.h"
#include "train/sharing.h"

#include <signal.h>

typedef struct ls_trainer ls_trainer;

/* What is averaged over the ranks. Weights: every rank steps alone, by the mean gradient of its own
 * images and with an optimiser state of its own; results depend on the number of ranks by nature.
 */
typedef enum ls_average {
  LS_AVERAGE_GRADIENTS,
  LS_AVERAGE_WEIGHTS_EACH_STEP,
  LS_AVERAGE_WEIGHTS_EACH_EPOCH
} ls_average;

typedef struct ls_trainer_options {
  const ls_backend *backend;
  ls_backend_options backend_options;
  ls_network_spec spec;
  ls_optimizer_kind optimizer;
  double learning_rate, momentum;
  size_t batch;        /* images per rank and pass */
  size_t accumulate;   /* passes per update */
  size_t global_batch; /* images per update over all ranks; 0: batch * accumulate * ranks */
  uint64_t seed;       /* initial weights and shuffling */
  int shuffle;
  size_t events; /* in the whole data set */
  ls_share share;
  ls_reduction_kind reduction;
  ls_average average;
  int prefetch_threads; /* events are decompressed ahead by so many threads; 0: when needed */
  int overlap;          /* 1: gradients leave while the backward pass computes */
  size_t check_every;   /* steps between comparisons of the ranks' weights; 0: none */
  /* NULL, or a flag that is set from outside (a signal) when training shall stop: the step then
   * says so on every rank. */
  const volatile sig_atomic_t *stop;
} ls_trainer_options;

/* Phases of a step; they add up to its wall time. */
typedef enum ls_step_phase {
  LS_STEP_FETCH,      /* dealing out the events of an epoch, at its start */
  LS_STEP_DECOMPRESS, /* store to image: waiting for it, where threads work ahead */
  LS_STEP_FORWARD,    /* with the loss */
  LS_STEP_BACKWARD,
  LS_STEP_ALLREDUCE, /* waiting for the sum, and for the slowest rank: what was not hidden */
  LS_STEP_UPDATE,    /* optimiser and packing of the new weights */
  LS_STEP_OTHER,     /* wall time less all of these */
  LS_STEP_PHASES
} ls_step_phase;

typedef struct ls_step_result {
  double loss;     /* mean over the global batch, summed in the order of the slots */
  double accuracy; /* share of the global batch whose largest logit is the label's */
  size_t images, local_images;
  double seconds[LS_STEP_PHASES];
  double wall_seconds;
  double communication_seconds; /* of the gradients, hidden or not; not one of the phases */
  int stop;                     /* 1: some rank was told to stop; the same on every rank */
} ls_step_result;

/* Images per update over all ranks. */
size_t ls_trainer_global_batch(const ls_trainer_options *options, const ls_comm *comm);

/* How this rank's events are chosen; needed before the store can be filled. */
ls_status ls_trainer_sharing(const ls_trainer_options *options, const ls_comm *comm,
                             ls_sharing *sharing, ls_error *error);

/* store: sealed, holding at least this rank's events. Parameters start as ls_network_initialise
 * makes them, the same on every rank. All ranks together. */
ls_status ls_trainer_new(const ls_trainer_options *options, const ls_store *store, ls_comm *comm,
                         ls_trainer **trainer, ls_error *error);
void ls_trainer_free(ls_trainer *trainer); /* all ranks together; NULL is allowed */

size_t ls_trainer_steps_per_epoch(const ls_trainer *trainer);
int ls_trainer_overlaps(const ls_trainer *trainer); /* whether a thread sends the gradients */
float *ls_trainer_parameters(ls_trainer *trainer);
ls_optimizer *ls_trainer_optimizer(ls_trainer *trainer);
ls_model *ls_trainer_model(ls_trainer *trainer); /* for evaluation between steps */

/* After writing into ls_trainer_parameters: hands them to the backend. */
ls_status ls_trainer_parameters_changed(ls_trainer *trainer, ls_error *error);

/* Step number step (0 .. ls_trainer_steps_per_epoch - 1) of epoch (0 ..). All ranks together.
 * LS_VALUE if the loss is not finite, LS_MISMATCH if an event's label is no class, naming step,
 * rank and event: on every rank, whichever it happened on. LS_INTERNAL if the weights of the ranks
 * were compared and differ, naming the rank. */
ls_status ls_trainer_step(ls_trainer *trainer, uint64_t epoch, size_t step, ls_step_result *result,
                          ls_error *error);

/* Where weights are averaged after each epoch only: averages them now, in the middle of one. */
ls_status ls_trainer_average_now(ls_trainer *trainer, ls_error *error);

/* Gradients of the last step's images, averaged over its global batch (with averaged weights: over
 * this rank's images): arena order. */
const float *ls_trainer_gradients(const ls_trainer *trainer);

/* LS_INTERNAL if the ranks do not all hold the same weights, naming the first rank that differs. */
ls_status ls_trainer_check_equal(ls_trainer *trainer, ls_error *error);

#endif
