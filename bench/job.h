/* What train, evaluate and step have in common: a network on a backend, and the events for it. */
#ifndef LS_BENCH_JOB_H
#define LS_BENCH_JOB_H

#include "backends/backend.h"
#include "bench/events.h"
#include "bench/launch.h"
#include "bench/options.h"
#include "comm/comm.h"
#include "network/spec.h"

typedef struct ls_job {
  ls_network_spec spec;
  const ls_backend *backend;
  ls_backend_options options; /* threads, variant and settings as chosen */
  char backend_name[96];      /* "onednn:rewritten": bench/backend_choice.h */
  ls_events events;           /* of --data; none with --dense alone */
  ls_launch launch;
} ls_job;

/* All ranks together; an error is every rank's. Close with ls_job_close. */
ls_status ls_job_open(const ls_settings *settings, ls_comm *comm, ls_job *job, ls_error *error);

/* The same for the events alone: they need not suit the network. */
ls_status ls_job_open_events(const ls_settings *settings, ls_comm *comm, ls_job *job,
                             ls_error *error);
void ls_job_close(ls_job *job); /* a zeroed struct is fine */

/* Names of the classes, one for each, borrowed from the data set. names: as many as the network has
 * classes. */
void ls_job_class_names(const ls_job *job, const char **names);

#endif
