/* What a run writes: a folder of its own with
 *   samples.csv    raw times, one row per repetition, step, rank and phase; never averages
 *   history.csv    loss and accuracy after each epoch
 *   confusion.csv  the confusion table, in events and in summed scores
 *   env.json       machine, build, libraries, options, data set
 *   RESULT         one line: RESULT VALID, or RESULT INVALID reason=..
 * Columns: core/record/README.md. Each file has a temporary name until ls_record_finish; RESULT is
 * the last to appear, so a folder without it is a run that did not end. */
#ifndef LS_RECORD_RECORD_H
#define LS_RECORD_RECORD_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct cJSON;
typedef struct ls_record ls_record;

/* What is the same in all rows of a run. Texts are copied. */
typedef struct ls_run {
  const char *driver;  /* "train", "evaluate" */
  const char *backend; /* "onednn:rewritten" */
  const char *scaling; /* "single", "strong", "weak" */
  int nodes, ranks, threads;
  size_t local_batch, global_batch;
} ls_run;

/* One row of samples.csv. Numbers below 0 (bytes: 0) mean "does not apply" and leave the cell
 * empty.
 */
typedef struct ls_sample {
  int repetition, epoch, rank;
  int64_t step;
  const char *phase;
  double seconds;
  size_t events;
  uint64_t bytes_disk, bytes_memory;
  const char *cache_state; /* "warm", "cold", "unknown"; NULL: does not apply */
  int warmup;              /* 1: not to be counted */
  const char *kind;        /* "measured", "simulated", "model" */
} ls_sample;

/* One row of history.csv; validation NaN where there is none. */
typedef struct ls_history_row {
  int epoch;
  size_t step;
  double loss, accuracy, validation_loss, validation_accuracy, learning_rate, wall_seconds;
} ls_history_row;

/* folder NULL: a new one, results/<host>/<scaling>/<driver>/<UTC time>-<revision>. A folder that
 * holds a run already is refused. Returns LS_OK, LS_USAGE (holds a run), LS_IO or LS_MEMORY. */
ls_status ls_record_open(const char *folder, const ls_run *run, const char *revision,
                         ls_record **record, ls_error *error);
const char *ls_record_folder(const ls_record *record);

void ls_record_sample(ls_record *record, const ls_sample *sample);
void ls_record_history(ls_record *record, const ls_history_row *row);

/* set: "validation" or "training"; names: one for each class; counts and scores [classes][classes],
 * row = true class. */
void ls_record_confusion(ls_record *record, const char *set, int classes, const char *const *names,
                         const double *counts, const double *scores);

/* Writes env.json (environment stays the caller's), completes every file, and RESULT last: VALID if
 * invalid_reason is NULL. A write error since ls_record_open is found here: LS_IO. Frees the record
 * in any case. */
ls_status ls_record_finish(ls_record *record, const struct cJSON *environment,
                           const char *invalid_reason, ls_error *error);

/* Removes what was written so far, and the folder if it is empty. NULL is allowed. */
void ls_record_discard(ls_record *record);

#endif
