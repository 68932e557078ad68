/* What a run writes: a folder of its own with
 *   samples.csv    raw times, one row per repetition, step, rank and phase; never averages
 *   summary.csv    of each configuration: medians, intervals, rates, speed-up; made from the
 * samples run.json       the same times in Google Benchmark's schema history.csv    loss and
 * accuracy after each epoch confusion.csv  the confusion table, in events and in summed scores
 *   events.log     when the parts of the run began and ended, as MLPerf logs them
 *   env.json       machine, build, libraries, options, data set
 *   RESULT         one line: RESULT VALID, or RESULT INVALID reason=..
 * Columns and keys: results/README.md. Each file has a temporary name until ls_record_finish;
 * RESULT is the last to appear, so a folder without it is a run that did not end. */
#ifndef LS_RECORD_RECORD_H
#define LS_RECORD_RECORD_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct cJSON;
typedef struct ls_record ls_record;

/* What is measured: one point of a curve. A run may have several (a sweep). */
typedef struct ls_configuration {
  const char
      *backend; /* NAME:VARIANT; of loading CODEC:FORM; more parts where a run compares more */
  const char *scaling;       /* "single", "strong", "weak" */
  int nodes, ranks, threads; /* ranks of all nodes together; threads of one rank */
  size_t local_batch, global_batch;
  int series; /* no column: the configurations of one curve have the same number. The first of them
               * to be recorded is the base of the others' speed-up and efficiency. */
} ls_configuration;

/* Texts are copied. */
typedef struct ls_run {
  const char *driver;             /* "train", "evaluate", "load-time" */
  ls_configuration configuration; /* of rows that do not name their own; scaling names the folder */
} ls_run;

/* One row of samples.csv. Numbers below 0 (bytes: 0) mean "does not apply" and leave the cell
 * empty. */
typedef struct ls_sample {
  const ls_configuration *configuration; /* NULL: the run's; copied when seen for the first time */
  int repetition, epoch, rank;
  int64_t step;
  const char *phase; /* results/README.md says which of them add up to what */
  double seconds;
  size_t events;
  uint64_t bytes_disk, bytes_memory;
  const char *cache_state; /* "warm", "cold", "unknown"; NULL: does not apply */
  int warmup;              /* 1: not to be counted */
  const char *kind;        /* "measured", "simulated", "model"; "emulated": by fewer
                            * nodes, that take longer but compute the same */
} ls_sample;

/* One row of history.csv; validation NaN where there is none. */
typedef struct ls_history_row {
  size_t global_batch; /* 0: nothing is trained */
  uint64_t seed;
  const char *kind; /* "measured"; "emulated": the time is not that of so many nodes, all else is */
  int epoch;
  size_t step;
  double loss, accuracy, validation_loss, validation_accuracy, learning_rate, wall_seconds;
} ls_history_row;

typedef enum ls_event_type { LS_EVENT_START, LS_EVENT_STOP, LS_EVENT_POINT } ls_event_type;

/* One line of events.log. */
typedef struct ls_event {
  ls_event_type type;
  const char *key; /* of an interval: "init", "staging", "run", "epoch", "eval", which becomes
                    * init_start and init_stop; else "seed", "global_batch_size", .. */
  double value;    /* of a point */
  int epoch;       /* from 1 on; 0: does not apply */
  double when;     /* ls_seconds() at that time; 0: now */
} ls_event;

/* folder NULL: a new one, results/<host>/<scaling>/<driver>/<UTC time>-<revision>. A folder that
 * holds a run already is refused. Returns LS_OK, LS_USAGE (holds a run), LS_IO or LS_MEMORY. */
ls_status ls_record_open(const char *folder, const ls_run *run, const char *revision,
                         ls_record **record, ls_error *error);
const char *ls_record_folder(const ls_record *record);

/* In any order. Want of memory is found by ls_record_finish. */
void ls_record_sample(ls_record *record, const ls_sample *sample);
void ls_record_history(ls_record *record, const ls_history_row *row);

/* Intervals lie inside one another: what begins last ends first, else the result is INVALID. Those
 * that are open at the end are ended there, marked as aborted. */
void ls_record_event(ls_record *record, const ls_event *event);

/* set: "validation" or "training"; names: one for each class; counts and scores [classes][classes],
 * row = true class. */
void ls_record_confusion(ls_record *record, const char *set, int classes, const char *const *names,
                         const double *counts, const double *scores);

/* What was recorded so far is on disk afterwards, under the temporary names, summary.csv and
 * run.json made from it included: after each point of a sweep, so that a death keeps those before
 * it. */
void ls_record_sync(ls_record *record);

/* Writes summary.csv and run.json from the samples, env.json (environment stays the caller's),
 * completes every file, and RESULT last: VALID if invalid_reason is NULL. A write error since
 * ls_record_open is found here: LS_IO. Frees the record in any case. */
ls_status ls_record_finish(ls_record *record, const struct cJSON *environment,
                           const char *invalid_reason, ls_error *error);

/* Removes what was written so far, and the folder if it is empty. NULL is allowed. */
void ls_record_discard(ls_record *record);

#endif
