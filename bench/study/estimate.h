/* How long a study will take, and how much disk and memory: from a trial on this machine. */
#ifndef LS_BENCH_STUDY_ESTIMATE_H
#define LS_BENCH_STUDY_ESTIMATE_H

#include "bench/study/plan.h"
#include "bench/study/process.h"

enum { LS_STUDY_LOADS = 4 };

/* What the trial measured. Seconds are of one event with all cores of this machine; load: with one
 * core, of the config's first load-time lines, mean over the codecs and forms that they ask for;
 * prepare: the same of a training. */
typedef struct ls_study_rates {
  double simulate, validate, load[LS_STUDY_LOADS], prepare, train, evaluate;
  double dense;  /* of a step of the roofline's dense image, if there is such a stage */
  double start;  /* of a driver, until it measures */
  double disk;   /* bytes of an event in its file */
  double store;  /* bytes of an event in memory, at most */
  double memory; /* bytes of a process that trains */
} ls_study_rates;

/* Makes config->probe events, looks at them, loads them and trains on them once, in
 * folder/probe; what was measured there before is not measured again. */
ls_status ls_study_probe(const ls_plan *plan, const ls_process_watch *watch, ls_study_rates *rates,
                         ls_error *error);

/* Fills in each stage's seconds. disk, memory: bytes of the whole study. */
void ls_study_estimate(ls_plan *plan, const ls_study_rates *rates, double *disk, double *memory);

#endif
