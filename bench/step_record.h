/* The record of a step's contest: results/README.md, with roofline.csv. */
#ifndef LS_BENCH_STEP_RECORD_H
#define LS_BENCH_STEP_RECORD_H

#include "bench/contest.h"
#include "bench/job.h"

/* Writes a run's folder (settings->out) of a contest that has run: the times of every step, and of
 * each layer on dense images its operations, bytes, median time and the peaks of this machine,
 * measured now. Prints folder and verdict, unless --json. LS_USAGE: the contest had no dense
 * images, or the folder holds a run; LS_VALUE: the result is invalid (too few repetitions, phases
 * that do not add up). */
ls_status ls_step_record_write(const ls_contest *contest, const ls_settings *settings,
                               const ls_job *job, const ls_comm *comm, ls_error *error);

#endif
