/* Carries out a study's stages, each once: what is complete stays, what is not begins anew. */
#ifndef LS_BENCH_STUDY_STAGES_H
#define LS_BENCH_STUDY_STAGES_H

#include "bench/study/plan.h"
#include "bench/study/process.h"

/* How a stage ended. */
typedef enum ls_stage_end {
  LS_STAGE_DONE,       /* complete, and valid */
  LS_STAGE_INVALID,    /* a run that says RESULT INVALID; the next start measures it again */
  LS_STAGE_UNAVAILABLE /* exit code 77: this machine or build lacks what is needed */
} ls_stage_end;

/* The study's folder: made, or found to be that of the same text. *lock: keep it until the end.
 * LS_USAGE: it holds another study, or one that is under way; LS_IO. */
ls_status ls_study_folder_open(const ls_plan *plan, int *lock, ls_error *error);

/* Sets done (and folder) of those stages whose complete result is there. */
void ls_stages_find_done(ls_plan *plan);

/* LS_STOPPED after a signal; LS_VALUE: it failed, the message has its own last words. note: what
 * is to be said of an end that is not LS_STAGE_DONE. */
ls_status ls_stage_run(const ls_plan *plan, ls_stage *stage, const ls_process_watch *watch,
                       ls_stage_end *end, char note[512], ls_error *error);

/* The page and the figures, of all runs that there are: always made anew. path: the page's. */
ls_status ls_stages_report(const ls_plan *plan, const ls_process_watch *watch,
                           char path[LS_STUDY_PATH + 32], ls_error *error);

#endif
