/* larscale simulate: labelled events, from a particle gun or from deposits of another program. */
#include "bench/command_simulate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "bench/command.h"
#include "bench/json_output.h"
#include "bench/launch.h"
#include "bench/stop_request.h"
#include "bench/threads.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

typedef struct outcome {
  ls_simulation_sums sums;
  double seconds, threads, peak_memory; /* over all ranks: the longest, the sum, the largest */
} outcome;

static double per(double total, double count) {
  return count > 0 ? total / count : 0;
}

static ls_status print_json(const ls_simulation *s, const outcome *o, ls_error *error) {
  const ls_simulation_sums *t = &o->sums;
  double busy = t->transport + t->detector + t->images;
  cJSON *root = cJSON_CreateObject();
  cJSON_AddNumberToObject(root, "events", (double)s->events);
  cJSON_AddNumberToObject(root, "events_made", t->events);
  cJSON_AddNumberToObject(root, "files_made", t->files_made);
  cJSON_AddNumberToObject(root, "files_kept", t->files_kept);
  cJSON_AddNumberToObject(root, "bytes_made", t->bytes);
  cJSON_AddNumberToObject(root, "deposits", t->deposits);
  cJSON_AddNumberToObject(root, "deposits_outside", t->outside);
  cJSON_AddNumberToObject(root, "deposits_untimely", t->untimely);
  cJSON *pixels = cJSON_AddArrayToObject(root, "pixels_per_event");
  for (int p = 0; p < LS_WIRE_PLANES; p++)
    cJSON_AddItemToArray(pixels, cJSON_CreateNumber(per(t->pixels[p], t->events)));
  cJSON_AddNumberToObject(root, "seconds", o->seconds);
  cJSON_AddNumberToObject(root, "threads", o->threads);
  cJSON *ms = cJSON_AddObjectToObject(root, "ms_per_event");
  cJSON_AddNumberToObject(ms, "transport", per(1e3 * t->transport, t->events));
  cJSON_AddNumberToObject(ms, "detector", per(1e3 * t->detector, t->events));
  cJSON_AddNumberToObject(ms, "images", per(1e3 * t->images, t->events));
  cJSON_AddNumberToObject(ms, "writing", per(1e3 * t->writing, t->events));
  cJSON_AddNumberToObject(root, "events_per_second_and_core", per(t->events, busy));
  cJSON_AddNumberToObject(root, "events_per_second", per(t->events, o->seconds));
  cJSON_AddNumberToObject(root, "peak_memory_mb", o->peak_memory / 1e6);
  return ls_json_print(root, error);
}

static void print_text(const ls_simulation *s, const outcome *o) {
  const ls_simulation_sums *t = &o->sums;
  printf("%.0f events made in %.1f s", t->events, o->seconds);
  if (s->settings->out)
    printf(": %.0f files in %s, %.0f were there already", t->files_made, s->settings->out,
           t->files_kept);
  printf("\n");
  if (t->outside > 0 || t->untimely > 0)
    printf("%.0f of %.0f deposits lie outside the detector; %.0f times a plane got one before or "
           "after its ticks\n",
           t->outside, t->deposits, t->untimely);
  if (t->events > 0)
    printf("processor ms an event: transport %.2f, detector %.2f, images %.2f, writing %.2f; %.0f "
           "events/s and core without writing\n",
           per(1e3 * t->transport, t->events), per(1e3 * t->detector, t->events),
           per(1e3 * t->images, t->events), per(1e3 * t->writing, t->events),
           per(t->events, t->transport + t->detector + t->images));
}

/* Rank 0 gets what all ranks made together. */
static ls_status add_ranks(ls_comm *comm, outcome *o, ls_error *error) {
  LS_TRY(ls_comm_sum_doubles(comm, (double *)(void *)&o->sums, sizeof o->sums / sizeof(double),
                             error));
  LS_TRY(ls_comm_sum_doubles(comm, &o->threads, 1, error));
  LS_TRY(ls_comm_max_doubles(comm, &o->seconds, 1, error));
  return ls_comm_max_doubles(comm, &o->peak_memory, 1, error);
}

static ls_status make(const ls_simulation *s, ls_comm *comm, ls_launch *launch, ls_error *error) {
  LS_TRY(ls_launch_open(comm, ls_launch_wanted_threads(s->settings->threads), launch, error));
  LS_TRY(ls_comm_agree(comm, ls_threads_start(launch->threads, error), error));
  ls_launch_print(launch, 0);
  outcome o = {.threads = launch->threads};
  double start = ls_seconds();
  ls_status status =
      ls_simulate_files(s, comm, launch->threads, ls_stop_request_watch(), &o.sums, error);
  LS_TRY(ls_comm_agree(comm, status, error));
  o.seconds = ls_seconds() - start;
  o.peak_memory = (double)ls_memory_peak();
  LS_TRY(add_ranks(comm, &o, error));
  if (ls_comm_rank(comm) != 0) return LS_OK;
  if (s->settings->json) return print_json(s, &o, error);
  print_text(s, &o);
  return LS_OK;
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  ls_simulation simulation;
  ls_launch launch = {0};
  ls_status status = ls_comm_agree(comm, ls_simulation_open(settings, &simulation, error), error);
  if (status == LS_OK) status = make(&simulation, comm, &launch, error);
  ls_launch_destroy(&launch);
  ls_simulation_close(&simulation);
  return status;
}

const ls_command ls_command_simulate = {
    .name = "simulate",
    .summary = "make labelled events of a liquid argon detector",
    .details =
        "A particle gun, transport through liquid argon, and a detector with three wire planes\n"
        "(MicroBooNE; --detector changes it), or from --deposits on with those of another\n"
        "program (HDF5, data set /deposits with columns event, x, y, z [cm], t [us], dE [MeV],\n"
        "dx [cm], track, pdg). Event i depends on the options and the seed alone, not on threads,\n"
        "ranks or files. Files that are complete and made with the same settings are kept: run\n"
        "the same command again after an interruption. With --deposits, events have a class only\n"
        "if --particles names the one that all of them are.",
    .example = "  larscale simulate --events 500 --out simulated\n"
               "  larscale simulate --particles mu- --momentum 0.5:1 --events 10 --out muons\n"
               "  larscale simulate --deposits geant4.h5 --out events --dump electrons.h5\n"
               "  mpirun -np 4 larscale simulate --events 35000 --format packed --out set",
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_simulate},
};
