/* A subcommand of the program: one file command_NAME.c, one line in larscale.c. */
#ifndef LS_BENCH_COMMAND_H
#define LS_BENCH_COMMAND_H

#include "bench/options.h"
#include "comm/comm.h"

typedef struct ls_command {
  const char *name;                /* one word, or two: "bench load-time" */
  const char *summary;             /* one line, for the list of commands */
  const char *details;             /* a paragraph, for --help */
  const char *example;             /* one or more command lines, for --help */
  void (*defaults)(ls_settings *); /* NULL, or what differs from ls_settings_default */
  int ranks;                       /* 1: may be started with several ranks; 0: refuses them */
  /* Called on every rank. An error that only this rank knows of ends the others too. */
  ls_status (*run)(const ls_settings *settings, ls_comm *comm, ls_error *error);
  const ls_option_group *groups[LS_MOST_GROUPS]; /* NULL-terminated */
} ls_command;

extern const ls_command ls_command_info, ls_command_inspect, ls_command_convert, ls_command_train,
    ls_command_evaluate, ls_command_step, ls_command_load, ls_command_synthetic,
    ls_command_simulate, ls_command_validate, ls_command_display, ls_command_results,
    ls_command_load_time, ls_command_cpu_speedup, ls_command_gpu_speedup, ls_command_loss_vs_batch,
    ls_command_report, ls_command_study;

#endif
