/* What a study does, stage after stage: the command lines of the program that do it. */
#ifndef LS_BENCH_STUDY_PLAN_H
#define LS_BENCH_STUDY_PLAN_H

#include "bench/command.h"
#include "bench/study/config.h"

enum { LS_STUDY_FOLDER = 1024, LS_STUDY_PATH = 2048, LS_STUDY_ARGUMENTS = 2 * LS_STUDY_WORDS + 32 };

typedef enum ls_stage_kind {
  LS_STAGE_DATA,     /* makes events */
  LS_STAGE_VALIDATE, /* looks at them */
  LS_STAGE_BENCH,    /* a driver, or larscale step: a run's folder */
  LS_STAGE_DISPLAY   /* a picture of an event */
} ls_stage_kind;

typedef struct ls_stage {
  ls_stage_kind kind;
  char name[64]; /* unlike all others: "cpu-speedup-2" */
  char what[96]; /* for people */
  const ls_command *command;
  char *words[LS_STUDY_ARGUMENTS]; /* after the program; without --out of a driver; owned */
  size_t count;
  ls_settings settings;       /* what these words say */
  int ranks;                  /* more than 1: by the launcher */
  size_t events;              /* of LS_STAGE_DATA and LS_STAGE_VALIDATE: how many */
  double seconds;             /* about how long it takes; see estimate.h */
  int done;                   /* its complete result is there */
  char folder[LS_STUDY_PATH]; /* of LS_STAGE_BENCH, once there is one: that of its run */
} ls_stage;

typedef struct ls_plan {
  const ls_study_config *config;
  char folder[LS_STUDY_FOLDER]; /* of the study */
  char program[LS_STUDY_PATH];  /* this one's path */
  int cores;                    /* of this machine that the program may use */
  int ranks;                    /* that can be started */
  int left_out;                 /* 1: some of the config's nodes are more than that */
  ls_stage stage[LS_STUDY_LINES + 3];
  size_t count;
} ls_plan;

/* config is borrowed, folder the study's. LS_USAGE: an option that the stage's command does not
 * have (file and line are named), or no number of nodes that there are. Free with ls_plan_free in
 * any case. */
ls_status ls_plan_make(const ls_study_config *config, const char *folder, ls_plan *plan,
                       ls_error *error);
void ls_plan_free(ls_plan *plan);

/* The whole command line of words, with the launcher if ranks is more than 1, NULL-terminated.
 * LS_USAGE: more words than fit. number: room for the number of ranks. */
enum { LS_STUDY_COMMAND = LS_STUDY_ARGUMENTS + LS_STUDY_WORDS + 8 };
ls_status ls_plan_command(const ls_plan *plan, int ranks, char *const *words, size_t count,
                          const char *command[LS_STUDY_COMMAND], char number[16], ls_error *error);

#endif
