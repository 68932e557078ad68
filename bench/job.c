#include "bench/job.h"

#include "bench/backend_choice.h"
#include "bench/same_ranks.h"
#include "bench/threads.h"

#include <stdio.h>
#include <string.h>

static ls_status choose_backend(const ls_settings *settings, ls_job *job, ls_error *error) {
  ls_backend_choice choice;
  LS_TRY(ls_backend_from_text(settings, settings->backend, &choice, error));
  job->backend = choice.backend;
  job->options = choice.options;
  snprintf(job->backend_name, sizeof job->backend_name, "%s", choice.name);
  return LS_OK;
}

/* The events decide what the network's input is; without any, the options do. */
static ls_status open_events(const ls_settings *settings, ls_job *job, ls_error *error) {
  if (settings->dense && !settings->data_count) {
    job->spec.height = job->spec.width = settings->size == LS_UNSET ? 3600 : (int)settings->size;
    job->spec.planes = settings->plane && !strcmp(settings->plane, "all") ? LS_MAX_PLANES : 1;
    return LS_OK;
  }
  LS_TRY(ls_events_open(settings, settings->data, settings->data_count,
                        ls_network_classes(&job->spec), &job->events, error));
  job->spec.height = job->spec.width = job->events.policy.size;
  job->spec.planes = ls_events_planes(&job->events);
  return LS_OK;
}

static ls_status open_locally(const ls_settings *settings, ls_job *job, ls_error *error) {
  job->spec = ls_network_study(1, 1);
  if (settings->network) LS_TRY(ls_network_read(&job->spec, settings->network, error));
#ifndef _OPENMP
  if (settings->threads > 1)
    return ls_fail(error, LS_UNAVAILABLE, "--threads %ld: this build has no OpenMP",
                   settings->threads);
#endif
  LS_TRY(choose_backend(settings, job, error));
  return open_events(settings, job, error);
}

/* A rank has a device for itself: the one with its number among the ranks of its node. */
static ls_status choose_device(ls_comm *comm, ls_job *job, ls_error *error) {
  if (!job->backend->device_count) return LS_OK;
  int ranks = ls_comm_node_size(comm), devices = job->backend->device_count();
  job->options.device = ls_comm_node_rank(comm);
  if (ranks <= devices) return LS_OK;
  return ls_fail(error, LS_USAGE,
                 "%d ranks on a node with %d devices: start one rank for each device, and let each "
                 "rank see all of them (CUDA_VISIBLE_DEVICES)",
                 ranks, devices);
}

static ls_status choose_threads(const ls_settings *settings, ls_comm *comm, ls_job *job,
                                ls_error *error) {
  LS_TRY(ls_launch_open(comm, ls_launch_wanted_threads(settings->threads), &job->launch, error));
  job->options.threads = job->launch.threads;
  LS_TRY(ls_comm_agree(comm, ls_threads_start(job->options.threads, error), error));
  ls_launch_print(&job->launch, !settings->json);
  return LS_OK;
}

static ls_status open_on_all(const ls_settings *settings, ls_comm *comm, int network, ls_job *job,
                             ls_error *error) {
  *job = (ls_job){0};
  ls_comm_set_time_limit(comm, settings->time_limit);
  ls_status status = open_locally(settings, job, error);
  if (status == LS_OK && network) status = ls_network_check(&job->spec, error);
  if (status == LS_OK) status = choose_device(comm, job, error);
  status = ls_comm_agree(comm, status, error);
  if (status == LS_OK) status = ls_same_input(comm, settings, job, error);
  if (status == LS_OK) status = choose_threads(settings, comm, job, error);
  if (status != LS_OK) ls_job_close(job);
  return status;
}

ls_status ls_job_open(const ls_settings *settings, ls_comm *comm, ls_job *job, ls_error *error) {
  return open_on_all(settings, comm, 1, job, error);
}

ls_status ls_job_open_events(const ls_settings *settings, ls_comm *comm, ls_job *job,
                             ls_error *error) {
  return open_on_all(settings, comm, 0, job, error);
}

void ls_job_close(ls_job *job) {
  ls_events_close(&job->events);
  ls_launch_destroy(&job->launch);
}

void ls_job_class_names(const ls_job *job, const char **names) {
  for (int c = 0; c < ls_network_classes(&job->spec); c++)
    names[c] = ls_dataset_class_name(job->events.dataset, c);
}
