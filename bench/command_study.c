/* larscale study: the whole study, from simulated events to the report. */
#include "base/clock.h"
#include "bench/command.h"
#include "bench/stop_request.h"
#include "bench/study/estimate.h"
#include "bench/study/stages.h"
#include "machine/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What is printed of a stage while it works. */
typedef struct telling {
  const char *name;
  double expected;
} telling;

static const char *duration(double seconds, char text[32]) {
  if (seconds < 100)
    snprintf(text, 32, "%.0f s", seconds);
  else if (seconds < 6000)
    snprintf(text, 32, "%.0f min", seconds / 60);
  else
    snprintf(text, 32, "%.1f h", seconds / 3600);
  return text;
}

static void still_at_it(void *context, double seconds) {
  const telling *t = context;
  char so_far[32], expected[32];
  printf(".. %s: %s, of about %s\n", t->name, duration(seconds, so_far),
         duration(t->expected, expected));
  fflush(stdout);
}

static ls_status read_config(const ls_settings *s, ls_study_config *config, ls_error *error) {
  if (s->preset && s->study_file)
    return ls_fail(error, LS_USAGE, "--preset and --file: give one of them");
  if (s->study_file) return ls_study_config_read(s->study_file, config, error);
  size_t length;
  char names[128] = "";
  const char *text = s->preset ? ls_study_preset(s->preset, &length) : NULL;
  ls_study_preset_names(names, sizeof names);
  if (text) return ls_study_config_parse(s->preset, text, length, config, error);
  if (!s->preset)
    return ls_fail(error, LS_USAGE, "which study? Name a --preset (%s) or a --file", names);
  return ls_fail(error, LS_USAGE, "--preset %s: there are %s", s->preset, names);
}

static void choose_folder(const ls_settings *s, char *folder, size_t size) {
  char host[64], name[64];
  if (s->out) {
    snprintf(folder, size, "%s", s->out);
    return;
  }
  const char *file = s->study_file ? strrchr(s->study_file, '/') : NULL;
  ls_machine_name(host, sizeof host);
  snprintf(name, sizeof name, "%s", s->preset ? s->preset : file ? file + 1 : s->study_file);
  if (strrchr(name, '.')) *strrchr(name, '.') = 0;
  snprintf(folder, size, "results/%s/study-%s", host, name);
}

/* Open MPI's mpirun refuses root; better said before hours of work. */
static ls_status check_launcher(const ls_plan *plan, ls_error *error) {
  int several = 0;
  for (size_t i = 0; i < plan->count; i++) several |= plan->stage[i].ranks > 1;
  if (!several || plan->config->launcher.count || geteuid() != 0) return LS_OK;
  if (strncmp(ls_comm_library(), "Open MPI", 8) != 0) return LS_OK;
  if (getenv("OMPI_ALLOW_RUN_AS_ROOT") && getenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")) return LS_OK;
  return ls_fail(error, LS_USAGE,
                 "Open MPI's mpirun refuses root: set OMPI_ALLOW_RUN_AS_ROOT=1 and "
                 "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1, or work as another user");
}

static ls_status check_room(const ls_plan *plan, double disk, double memory, ls_error *error) {
  struct statvfs room;
  double there = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  if (memory > there)
    fprintf(stderr,
            "larscale: warning: about %.1f GB of memory are needed on one machine, this one has "
            "%.1f GB\n",
            memory / 1e9, there / 1e9);
  if (statvfs(plan->folder, &room)) return LS_OK;
  double free_bytes = (double)room.f_bavail * (double)room.f_frsize;
  for (size_t i = 0; i < plan->count; i++)
    if (plan->stage[i].kind == LS_STAGE_DATA && plan->stage[i].done) return LS_OK;
  if (disk < free_bytes) return LS_OK;
  return ls_fail(error, LS_IO,
                 "%s: the study needs about %.2f GB on disk, %.2f GB are free; free some, or name "
                 "another folder with --out",
                 plan->folder, disk / 1e9, free_bytes / 1e9);
}

static void print_plan(const ls_plan *plan, double disk, double memory) {
  double total = 0;
  char text[32];
  printf("%-20s %-44s %5s  %s\n", "stage", "what", "ranks", "about");
  for (size_t i = 0; i < plan->count; i++) {
    const ls_stage *s = &plan->stage[i];
    printf("%-20s %-44.44s %5d  %s\n", s->name, s->what, s->ranks,
           s->done                                 ? "there already"
           : s->command == &ls_command_gpu_speedup ? "not known"
                                                   : duration(s->seconds, text));
    if (!s->done) total += s->seconds;
  }
  printf("%-20s %-44s %5d  %s\n", "report", "figures and page", 1, "5 s");
  if (plan->left_out)
    printf("Of the nodes asked for, those above %d are not there: left out of times, emulated in "
           "losses.\n",
           plan->ranks);
  printf("In all about %s", duration(total + 5, text));
  printf(
      ", %.3g MB on disk, %.3g GB of memory, by a trial of %ld events on this machine (%d cores)."
      "\n",
      disk / 1e6, memory / 1e9, plan->config->probe, plan->cores);
  fflush(stdout);
}

typedef struct tally {
  size_t invalid, unavailable;
} tally;

static ls_status carry_out(ls_plan *plan, const volatile sig_atomic_t *stop, tally *t,
                           ls_error *error) {
  char note[512], text[32], expected[32];
  for (size_t i = 0; i < plan->count; i++) {
    ls_stage *s = &plan->stage[i];
    ls_stage_end end;
    telling words = {s->name, s->seconds};
    ls_process_watch watch = {.echo = 1, .stop = stop, .waiting = still_at_it, .context = &words};
    printf("\n== %zu of %zu: %s (%s)", i + 1, plan->count + 1, s->name, s->what);
    printf(s->done ? ": there already\n" : ", about %s\n", duration(s->seconds, expected));
    if (s->done) continue;
    double start = ls_seconds();
    LS_TRY(ls_stage_run(plan, s, &watch, &end, note, error));
    t->invalid += end == LS_STAGE_INVALID;
    t->unavailable += end == LS_STAGE_UNAVAILABLE;
    printf("-- %s: %s%s%s\n", s->name, duration(ls_seconds() - start, text),
           end == LS_STAGE_DONE ? "" : ", ", end == LS_STAGE_DONE ? "" : note);
  }
  return LS_OK;
}

static ls_status finish(const ls_plan *plan, const volatile sig_atomic_t *stop, const tally *t,
                        double seconds, ls_error *error) {
  char path[LS_STUDY_PATH + 32], text[32];
  ls_process_watch watch = {.echo = 1, .stop = stop};
  printf("\n== %zu of %zu: report\n", plan->count + 1, plan->count + 1);
  LS_TRY(ls_stages_report(plan, &watch, path, error));
  printf("\nstudy: %s, %s\nreport: %s\n", plan->folder, duration(seconds, text), path);
  if (!t->invalid) {
    puts("RESULT VALID");
    return LS_OK;
  }
  printf("RESULT INVALID reason=%zu of the runs are\n", t->invalid);
  return ls_fail(error, LS_VALUE,
                 "%zu runs are invalid (the report says why); the same command measures them again",
                 t->invalid);
}

static ls_status work(const ls_settings *s, ls_plan *plan, ls_error *error) {
  const volatile sig_atomic_t *stop = ls_stop_request_watch();
  double start = ls_seconds(), disk, memory;
  char log[LS_STUDY_PATH + 32];
  ls_study_rates rates;
  tally t = {0};
  ls_stages_find_done(plan);
  printf("study in %s\na trial of %ld events, for an estimate ..\n", plan->folder,
         plan->config->probe);
  snprintf(log, sizeof log, "%s/logs/probe.log", plan->folder);
  ls_process_watch watch = {.log = log, .stop = stop};
  LS_TRY(ls_study_probe(plan, &watch, &rates, error));
  ls_study_estimate(plan, &rates, &disk, &memory);
  print_plan(plan, disk, memory);
  LS_TRY(check_room(plan, disk, memory, error));
  if (s->plan_only) return LS_OK;
  LS_TRY(carry_out(plan, stop, &t, error));
  return finish(plan, stop, &t, ls_seconds() - start, error);
}

static ls_status study(const ls_settings *s, const ls_study_config *config, ls_plan *plan,
                       ls_error *error) {
  char folder[LS_STUDY_FOLDER];
  int lock;
  choose_folder(s, folder, sizeof folder);
  LS_TRY(ls_plan_make(config, folder, plan, error));
  LS_TRY(check_launcher(plan, error));
  ls_status status = ls_study_folder_open(plan, &lock, error);
  if (status == LS_OK) status = work(s, plan, error);
  if (lock >= 0) close(lock);
  return status;
}

static ls_status run(const ls_settings *s, ls_comm *comm, ls_error *error) {
  (void)comm;
  ls_study_config *config = calloc(1, sizeof *config);
  ls_plan *plan = calloc(1, sizeof *plan);
  if (!config || !plan) {
    free(plan);
    free(config);
    return ls_fail(error, LS_MEMORY, "no memory for the study");
  }
  ls_status status = read_config(s, config, error);
  if (status == LS_OK) status = study(s, config, plan, error);
  ls_plan_free(plan);
  free(plan);
  free(config);
  return status;
}

const ls_command ls_command_study = {
    .name = "study",
    .summary = "the whole study: events, checks, all drivers, figures and report",
    .details =
        "Makes events, checks them, runs the drivers of larscale bench, and makes the report, as "
        "a\n"
        "small text says (bench/study/README.md) or a preset: quick takes minutes on two cores,\n"
        "medium hours, paper has the published study's size. A trial of a few events comes first,\n"
        "and says how long all of it will take, and how much disk and memory. A stage whose\n"
        "complete result is there is skipped: after an interruption the same command goes on.",
    .example = "  larscale study --preset quick\n"
               "  larscale study --preset paper --plan\n"
               "  larscale study --file my.study --out /scratch/my-study",
    .run = run,
    .groups = {&ls_options_study},
};
