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
  int job_is_borrowed;
  double step_seconds; /* of the steps since the start, or the restart, on this rank */
  size_t own_images;   /* in these steps */
} ls_training;

/* One training among others of a driver. */
typedef struct ls_training_part {
  const ls_settings *settings; /* of this training; no --resume, --checkpoint, --save-weights */
  ls_comm *comm;               /* of its ranks */
  const ls_job *job;           /* opened by these and perhaps more ranks; borrowed */
  ls_record *record;           /* of rank 0; NULL on the others */
  const ls_configuration *configuration;
  const char *kind;
  int history; /* 1: history.csv is written */
} ls_training_part;

/* Data, network, stores, trainer, weights or checkpoint, record. training is overwritten; free it
 * with ls_training_free in any case. */
ls_status ls_training_prepare(const ls_settings *settings, ls_comm *comm, ls_training *training,
                              ls_error *error);

/* The same of a part; it prints nothing. */
ls_status ls_training_prepare_part(const ls_training_part *part, ls_training *training,
                                   ls_error *error);

/* Back to the initial weights and the first step, for repetition number repetition (from 1 on).
 * warmup: so many steps, of one epoch at most, are done and recorded as not to be counted. */
ls_status ls_training_restart(ls_training *training, int repetition, size_t warmup,
                              ls_error *error);

/* Epochs and steps as the options say, from the position on, with evaluation after each epoch. */
ls_status ls_training_run(ls_training *training, ls_error *error);

/* The table over the validation events, else the training events; into the record, and printed for
 * people. */
ls_status ls_training_confusion(ls_training *training, ls_error *error);

/* Confusion table, weights, record and verdict. LS_STOPPED after a signal. */
ls_status ls_training_finish(ls_training *training, ls_error *error);

/* failed: this rank has an error that the others do not know of; then only the record's unfinished
 * files are removed, and ls_comm_finish must end the run. */
void ls_training_free(ls_training *training, int failed);

#endif
