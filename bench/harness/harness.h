/* What the four drivers have in common: the job on all ranks, the sweep over node counts, the
 * record of the run, and its end with a verdict. A driver (bench/load_time.c and the like) is a
 * loop over points between ls_harness_open and ls_harness_finish.
 *
 * All ranks call everything together, unless said otherwise; errors are every rank's. */
#ifndef LS_BENCH_HARNESS_HARNESS_H
#define LS_BENCH_HARNESS_HARNESS_H

#include "bench/harness/aftermath.h"
#include "bench/harness/results.h"
#include "bench/harness/sweep.h"
#include "bench/job.h"
#include "bench/options.h"
#include "bench/train_record.h"
#include "comm/comm.h"
#include "record/record.h"
#include "statistics/validity.h"

#include <signal.h>

typedef struct ls_harness {
  const char *driver;
  const ls_settings *settings;
  ls_comm *comm; /* of all ranks */
  ls_job job;
  ls_sweep sweep;
  ls_record *record;   /* of rank 0; NULL on the others */
  ls_results results;  /* of rank 0 */
  struct cJSON *facts; /* of rank 0: what the driver adds to env.json */
  const volatile sig_atomic_t *stop;
  ls_point_place place; /* of the point entered last; of rank 0 */
  int devices;          /* see ls_harness_needs */
  int points;           /* that are complete */
  int stopped;          /* told to stop: the same on all ranks */
  int talks;            /* 1: this rank prints for people */
  double begun;
  ls_timer timer;
  ls_aftermath aftermath; /* of rank 0 */
  uint64_t data_checksum; /* of all images, on rank 0; 0: nothing loaded yet */
} ls_harness;

/* What a driver differs in. */
typedef struct ls_harness_needs {
  const char *driver;
  const char *scaling; /* of the run's folder: "strong", "weak", "single" */
  int network;         /* 1: the backend's kernels are checked against the reference */
  int may_exceed;      /* 1: more nodes than there are can be emulated */
  int devices;         /* 1: each rank has a device of its own, and counts for itself, although the
                          ranks of a host may share a store */
} ls_harness_needs;

/* repetitions 0 (until the interval is narrow enough), for ls_command.defaults. */
void ls_harness_defaults(ls_settings *settings);

/* Opens job, sweep and record. harness is overwritten; on failure nothing is left open. */
ls_status ls_harness_open(const ls_harness_needs *needs, const ls_settings *settings, ls_comm *comm,
                          ls_harness *harness, ls_error *error);

/* A point on the first nodes (of all there are, if there are fewer): *part is the communicator of
 * its ranks, NULL on those that only wait in ls_harness_leave. */
ls_status ls_harness_enter(ls_harness *harness, int nodes, ls_comm **part, ls_error *error);

/* The end of the point: status and error are what its ranks ended with; all ranks get that of the
 * first, which takes part in every point. Frees part. Afterwards harness->stopped is known, and
 * what was recorded is on disk. */
ls_status ls_harness_leave(ls_harness *harness, ls_comm *part, ls_status status, ls_error *error);

/* A new measurement on rank 0; NULL on the others. place and threads are filled in, configuration's
 * own are not looked at, nor its nodes. part's ranks together. */
ls_status ls_harness_measure(ls_harness *harness, ls_comm *part, int nodes, const char *name,
                             const ls_configuration *configuration, const char *kind,
                             ls_measurement **measurement, ls_error *error);

/* One more repetition took seconds on this rank: the slowest rank's counts. *enough: the same on
 * all of part's ranks; also if told to stop. start: ls_seconds() at the point's first repetition.
 */
ls_status ls_harness_repeated(ls_harness *harness, ls_comm *part, ls_measurement *measurement,
                              double seconds, double start, int *enough, ls_error *error);

/* Completes a measurement, on rank 0: summary, verdict, a line for people. */
ls_status ls_harness_measured(ls_harness *harness, ls_error *error);

/* The images that a point's ranks loaded, together all of the data set, must have this checksum, as
 * those of every other point; events: how many they were. Rank 0 alone. */
void ls_harness_check_data(ls_harness *harness, uint64_t checksum, size_t events);

/* The same of what a training loaded; on any rank. */
void ls_harness_note_load(ls_harness *harness, const ls_train_record *record);

/* What makes a training's times invalid (ls_train_record_invalid), once it is over; on any rank. */
void ls_harness_note_verdict(ls_harness *harness, const ls_train_record *record);

/* ls_check_phases, whose reason makes the run invalid. Rank 0 alone. */
void ls_harness_check_phases(ls_harness *harness, const double *seconds, size_t count, double wall,
                             const char *what);

/* Completes the record and prints verdict and folder. status: of the points; with an error nothing
 * is kept, but for a signal's LS_STOPPED and where points are complete. Frees everything in any
 * case. */
ls_status ls_harness_finish(ls_harness *harness, ls_status status, ls_error *error);

#endif
