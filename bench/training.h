/* A training run from options to result: what `larscale train` does, in steps that a driver can
 * call one by one. All ranks call everything together; an error is every rank's, or ends all. */
#ifndef LS_BENCH_TRAINING_H
#define LS_BENCH_TRAINING_H

#include "bench/job.h"
#include "bench/train_record.h"
#include "store/share.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

/* All that a run holds. */
typedef struct ls_training {
  const ls_settings *settings;
  ls_comm *comm;
  ls_job job;
  ls_store *store, *validation;
  ls_node *node;         /* NULL unless the node's ranks share a store */
  uint64_t stored_bytes; /* of this rank's own events */
  ls_load_times load;
  ls_trainer_options options;
  ls_trainer *trainer;
  ls_train_record *record;
  ls_step_result *results;      /* of the steps of one epoch */
  ls_checkpoint_state position; /* where the run stands */
  double begun;                 /* when preparation began */
  double last_checkpoint;       /* when the last one was written, or training began */
  uint64_t checkpoint_step;     /* total steps in the last one; UINT64_MAX: none yet */
  ls_error weights_error;       /* of --save-weights, on rank 0 */
  ls_error checkpoint_error;    /* of rank 0: the run goes on without, and says so at its end */
  int stopped;                  /* told to stop by a signal */
  int talks;                    /* 1: this rank prints for people */
} ls_training;

/* Data, network, stores, trainer, weights or checkpoint, record. training is overwritten; free it
 * with ls_training_free in any case. */
ls_status ls_training_prepare(const ls_settings *settings, ls_comm *comm, ls_training *training,
                              ls_error *error);

/* Epochs and steps as the options say, from the position on, with evaluation after each epoch. */
ls_status ls_training_run(ls_training *training, ls_error *error);

/* Confusion table, weights, record and verdict. LS_STOPPED after a signal. */
ls_status ls_training_finish(ls_training *training, ls_error *error);

/* failed: this rank has an error that the others do not know of; then only the record's unfinished
 * files are removed, and ls_comm_finish must end the run. */
void ls_training_free(ls_training *training, int failed);

#endif
