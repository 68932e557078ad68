#include "bench/step_record.h"

#include "base/output_file.h"
#include "bench/environment.h"
#include "bench/kernels/machine_peaks.h"
#include "network/work.h"
#include "record/record.h"
#include "statistics/statistics.h"
#include "statistics/validity.h"
#include "train/kernel_check.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct recording {
  const ls_contest *contest;
  ls_record *record;
  ls_timer timer;
  char invalid[256];
} recording;

static int is_dense(const ls_contestant *one) {
  return !strcmp(one->input->name, "dense");
}

static double layers(const ls_contest *c, const ls_contestant *one, int way, size_t repetition) {
  double seconds = 0;
  for (int l = 0; l < ls_network_layer_count(&c->spec); l++)
    seconds += one->layer_seconds[l][way][repetition];
  return seconds;
}

static void invalidate(recording *r, const char *reason) {
  if (!r->invalid[0]) snprintf(r->invalid, sizeof r->invalid, "%.255s", reason);
}

static void write_step(recording *r, const ls_contestant *one,
                       const ls_configuration *configuration, size_t repetition) {
  static const char *const phases[] = {"forward", "backward", "other"};
  double wall = one->times.seconds[repetition], seconds[3];
  ls_error reason = {0};
  seconds[0] = layers(r->contest, one, 0, repetition);
  seconds[1] = layers(r->contest, one, 1, repetition);
  seconds[2] = wall - seconds[0] - seconds[1];
  if (ls_check_phases(seconds, 3, wall, &r->timer, "a step", &reason) != LS_OK)
    invalidate(r, reason.message);
  for (int p = 0; p < 3; p++) {
    ls_sample sample = {.configuration = configuration,
                        .repetition = (int)repetition + 1,
                        .epoch = -1,
                        .step = 1,
                        .phase = phases[p],
                        .seconds = seconds[p],
                        .events = (size_t)r->contest->batch,
                        .kind = "measured"};
    ls_record_sample(r->record, &sample);
  }
}

static void write_steps(recording *r, const ls_contestant *one, int series) {
  const ls_contest *c = r->contest;
  ls_configuration configuration = {.backend = one->name,
                                    .scaling = "single",
                                    .nodes = 1,
                                    .ranks = 1,
                                    .threads = c->threads,
                                    .local_batch = (size_t)c->batch,
                                    .global_batch = (size_t)c->batch,
                                    .series = series};
  for (size_t i = 0; i < one->times.count; i++) write_step(r, one, &configuration, i);
  ls_error reason = {0};
  if (ls_check_real_device(one->choice->backend, &reason) != LS_OK) invalidate(r, reason.message);
  if (one->times.count < 6) invalidate(r, "too few repetitions for a 95% interval (6)");
}

/* A line for each layer and way; times are of one image. */
static void write_layers(const ls_contest *c, const ls_contestant *one, double bytes_per_second,
                         FILE *file) {
  static const char *const ways[] = {"forward", "backward"};
  int several = c->choice_count > 1;
  for (int l = 0; l < ls_network_layer_count(&c->spec); l++)
    for (int way = 0; way < 2; way++) {
      ls_work work = ls_network_layer_work(&c->spec, l, way);
      fprintf(file, "%s%s%s %s,%.17g,%.17g,%.9g,%.9g,%.9g,measured\n",
              several ? one->choice->name : "", several ? " " : "",
              ls_network_layer(&c->spec, l).name, ways[way], work.flop, work.bytes,
              ls_median(one->layer_seconds[l][way], one->times.count) / c->batch,
              ls_contest_peak(c, one), bytes_per_second);
    }
}

static ls_status write_roofline(const recording *r, const char *path, ls_error *error) {
  const ls_contest *c = r->contest;
  double bytes_per_second;
  ls_output_file file;
  LS_TRY(ls_peak_copy(c->threads, &bytes_per_second, error));
  LS_TRY(ls_output_open(&file, path, error));
  fputs("kernel,flop,bytes,seconds,peak_flops,peak_bytes_per_s,kind\n", file.stream);
  for (int i = 0; i < c->contestant_count; i++)
    if (is_dense(&c->contestants[i]))
      write_layers(c, &c->contestants[i], bytes_per_second, file.stream);
  return ls_output_commit(&file, error);
}

static ls_status finish(recording *r, const ls_settings *settings, const ls_job *job,
                        const ls_comm *comm, ls_error *error) {
  char folder[4096];
  cJSON *environment;
  LS_TRY(ls_environment_of_run(settings, job, comm, NULL, NULL, &environment, error));
  snprintf(folder, sizeof folder, "%s", ls_record_folder(r->record));
  ls_record *record = r->record;
  r->record = NULL;
  ls_status status =
      ls_record_finish(record, environment, r->invalid[0] ? r->invalid : NULL, error);
  cJSON_Delete(environment);
  LS_TRY(status);
  if (!settings->json)
    printf("\nresults: %s\nRESULT %s%s\n", folder, r->invalid[0] ? "INVALID reason=" : "VALID",
           r->invalid);
  if (!r->invalid[0]) return LS_OK;
  return ls_fail(error, LS_VALUE, "invalid result: %s", r->invalid);
}

ls_status ls_step_record_write(const ls_contest *c, const ls_settings *settings, const ls_job *job,
                               const ls_comm *comm, ls_error *error) {
  ls_run run = {.driver = "step",
                .configuration = {.backend = job->backend_name,
                                  .scaling = "single",
                                  .nodes = 1,
                                  .ranks = 1,
                                  .threads = c->threads}};
  recording r = {.contest = c, .timer = ls_timer_measure()};
  LS_TRY(ls_record_open(settings->out, &run, ls_revision(), &r.record, error));
  for (int i = 0; i < c->contestant_count; i++) write_steps(&r, &c->contestants[i], i);
  char path[4200];
  snprintf(path, sizeof path, "%s/roofline.csv", ls_record_folder(r.record));
  ls_status status = write_roofline(&r, path, error);
  if (status == LS_OK) status = finish(&r, settings, job, comm, error);
  if (status != LS_OK && status != LS_VALUE) unlink(path);
  ls_record_discard(r.record);
  return status;
}
