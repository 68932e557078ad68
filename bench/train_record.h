/* The record of a training or evaluation run: what core/record writes on rank 0, fed by all ranks,
 * and the verdict VALID or INVALID. */
#ifndef LS_BENCH_TRAIN_RECORD_H
#define LS_BENCH_TRAIN_RECORD_H

#include "bench/job.h"
#include "record/record.h"
#include "train/evaluation.h"
#include "train/trainer.h"

#include <signal.h>

typedef struct ls_train_record ls_train_record;

/* All borrowed until the record is finished. */
typedef struct ls_train_record_facts {
  const char *driver; /* NULL: "train" */
  const ls_settings *settings;
  const ls_job *job;
  ls_comm *comm;
  uint64_t stored_bytes; /* of this rank's events */
  ls_load_times load;
  double begun;        /* ls_seconds() when the run's preparation began */
  size_t global_batch; /* 0: no training */
  const ls_model *model;
  const char *communication;         /* how gradients come together; NULL: no training */
  const volatile sig_atomic_t *stop; /* NULL, or set when evaluation shall end early (LS_STOPPED) */
  const ls_error *kernels; /* what ls_train_record_check found; NULL: checked when opened */
  /* One training among others of a record that is open: then no folder is made, the kernels are
   * not checked again, and ls_train_record_finish is not called. */
  int is_part;
  ls_record *shared;                     /* rank 0; NULL on the others */
  const ls_configuration *configuration; /* of its rows; NULL: the run's */
  const char *kind;                      /* of its rows; NULL: "measured" */
  int no_history;                        /* 1: history.csv is not written */
  uint64_t seed;
} ls_train_record_facts;

/* The functions below are called by all ranks together, unless said otherwise; errors are every
 * rank's. */

/* Checks the job's kernels against the reference. LS_OK too if they differ, which is not this
 * call's error but in difference (else empty), and will make the result invalid. Before a run takes
 * its memory this needs none on top of it. */
ls_status ls_train_record_check(const ls_job *job, ls_error *difference, ls_error *error);

/* Checks the backend's kernels, opens the run's folder on rank 0, writes the times of loading. */
ls_status ls_train_record_open(const ls_train_record_facts *facts, ls_train_record **record,
                               ls_error *error);

/* Rows of one epoch's steps; first_step: updates before it. */
ls_status ls_train_record_epoch(ls_train_record *record, int epoch, size_t first_step, size_t steps,
                                const ls_step_result *results, ls_error *error);

/* An epoch (from 0 on) begins or ends; for events.log. */
void ls_train_record_epoch_event(ls_train_record *record, ls_event_type type, int epoch);

/* The rows from now on are of this repetition (from 1 on; at first: 1); warmup: not to be counted.
 */
void ls_train_record_repetition(ls_train_record *record, int repetition, int warmup);

/* Of a part: the wall time of this rank's steps of a whole training, and the images in it. */
ls_status ls_train_record_train(ls_train_record *record, double seconds, size_t images,
                                ls_error *error);

/* The time of a checkpoint after total step number step; rank 0 only. */
void ls_train_record_checkpoint(ls_train_record *record, uint64_t epoch, uint64_t step,
                                double seconds);

/* Evaluates the ranks' stores together (first, every: see ls_evaluate) and writes the phase eval.
 * epoch -1: after the last; seconds NULL: not wanted. */
ls_status ls_train_record_evaluate(ls_train_record *record, ls_model *model, const ls_store *store,
                                   size_t first, size_t every, int epoch, ls_evaluation *evaluation,
                                   double *seconds, ls_error *error);

/* These two may be called by any rank; only rank 0 writes. */
void ls_train_record_history(ls_train_record *record, const ls_history_row *row);
void ls_train_record_confusion(ls_train_record *record, const char *set, const char *const *names,
                               const ls_evaluation *evaluation);

/* Sum of the checksums of all images, over all ranks; rank 0 only. */
uint64_t ls_train_record_data_checksum(const ls_train_record *record);

/* The result will be INVALID for this reason, unless there is one already. */
void ls_train_record_invalidate(ls_train_record *record, const char *reason);

/* Why the result would be invalid, "" if it would not; events that were loaded, of all ranks. Rank
 * 0 only. */
const char *ls_train_record_invalid(const ls_train_record *record);
size_t ls_train_record_events(const ls_train_record *record);

/* Completes the files and prints the verdict and where the results are (--json: as an object, with
 * the last epoch and a checksum of the weights). Frees the record in any case. LS_VALUE if the
 * result is invalid. */
ls_status ls_train_record_finish(ls_train_record *record, const float *parameters, ls_error *error);
void ls_train_record_discard(ls_train_record *record); /* NULL is allowed */

#endif
