#define _DEFAULT_SOURCE
#include "bench/study/estimate.h"

#include "base/input_file.h"
#include "base/output_file.h"
#include "bench/report/csv.h"

#include <cjson/cJSON.h>

#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAST_TIMES = 6 };             /* of an adaptive number of repetitions */
enum { INVALID = 1, SUSPICIOUS = 4 }; /* exit codes of the program */

/* The trial's numbers by name, for its file. */
static const struct {
  const char *name;
  size_t offset;
} numbers[] = {
    {"simulate_s", offsetof(ls_study_rates, simulate)},
    {"validate_s", offsetof(ls_study_rates, validate)},
    {"load_1_s", offsetof(ls_study_rates, load[0])},
    {"load_2_s", offsetof(ls_study_rates, load[1])},
    {"load_3_s", offsetof(ls_study_rates, load[2])},
    {"load_4_s", offsetof(ls_study_rates, load[3])},
    {"prepare_s", offsetof(ls_study_rates, prepare)},
    {"train_s", offsetof(ls_study_rates, train)},
    {"evaluate_s", offsetof(ls_study_rates, evaluate)},
    {"dense_s", offsetof(ls_study_rates, dense)},
    {"start_s", offsetof(ls_study_rates, start)},
    {"disk_bytes", offsetof(ls_study_rates, disk)},
    {"store_bytes", offsetof(ls_study_rates, store)},
    {"memory_bytes", offsetof(ls_study_rates, memory)},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static double *number_of(ls_study_rates *rates, int n) {
  return (double *)(void *)((char *)rates + numbers[n].offset);
}

static int read_rates(const char *path, ls_study_rates *rates) {
  char text[4096];
  FILE *stream;
  ls_error error = {0};
  if (access(path, F_OK) || ls_input_stream(path, &stream, &error) != LS_OK) return 0;
  text[fread(text, 1, sizeof text - 1, stream)] = 0;
  fclose(stream);
  cJSON *json = cJSON_Parse(text);
  int found = 0;
  for (int n = 0; n < NUMBERS; n++) {
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(json, numbers[n].name);
    if (!cJSON_IsNumber(number)) continue;
    *number_of(rates, n) = number->valuedouble;
    found++;
  }
  cJSON_Delete(json);
  return found == NUMBERS;
}

static ls_status write_rates(const char *path, ls_study_rates *rates, ls_error *error) {
  ls_output_file file;
  LS_TRY(ls_output_open(&file, path, error));
  for (int n = 0; n < NUMBERS; n++)
    fprintf(file.stream, "%s\"%s\": %.6g", n ? ",\n " : "{", numbers[n].name, *number_of(rates, n));
  fputs("}\n", file.stream);
  return ls_output_commit(&file, error);
}

static double folder_bytes(const char *folder) {
  DIR *open = opendir(folder);
  double bytes = 0;
  for (struct dirent *entry; open && (entry = readdir(open));) {
    char path[LS_STUDY_PATH + 512];
    struct stat facts;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (!stat(path, &facts) && S_ISREG(facts.st_mode)) bytes += (double)facts.st_size;
  }
  if (open) closedir(open);
  return bytes;
}

/* Mean over the rows of a quantity in a run's summary.csv of their median (per event: over the
 * events of one) or of 1 / events_per_s; NaN: there are none. */
static ls_status mean_of(const char *folder, const char *quantity, const char *column, double *mean,
                         ls_error *error) {
  const char *const required[] = {"quantity", column, NULL};
  char path[LS_STUDY_PATH + 64];
  ls_csv *csv;
  double sum = 0, rows = 0;
  snprintf(path, sizeof path, "%s/summary.csv", folder);
  LS_TRY(ls_csv_open(path, required, &csv, error));
  size_t is = (size_t)ls_csv_find(csv, "quantity"), at = (size_t)ls_csv_find(csv, column);
  ls_status status = LS_OK;
  for (int found = 1; status == LS_OK && found;) {
    status = ls_csv_next(csv, &found, error);
    if (status != LS_OK || !found || strcmp(ls_csv_cell(csv, is), quantity) != 0) continue;
    sum += strtod(ls_csv_cell(csv, at), NULL);
    rows++;
  }
  ls_csv_close(csv);
  *mean = rows > 0 ? sum / rows : NAN;
  return status;
}

/* The largest store of a run of load-time, all ranks together. */
static double largest_store(const char *folder) {
  char path[LS_STUDY_PATH + 64];
  const char *const required[] = {"bytes_mem", NULL};
  ls_csv *csv;
  ls_error error = {0};
  double largest = 0;
  snprintf(path, sizeof path, "%s/samples.csv", folder);
  if (ls_csv_open(path, required, &csv, &error) != LS_OK) return 0;
  size_t at = (size_t)ls_csv_find(csv, "bytes_mem");
  for (int found = 1; ls_csv_next(csv, &found, &error) == LS_OK && found;)
    largest = fmax(largest, strtod(ls_csv_cell(csv, at), NULL));
  ls_csv_close(csv);
  return largest;
}

typedef struct probing {
  const ls_plan *plan;
  const ls_process_watch *watch;
  char folder[LS_STUDY_PATH + 8];
  char words[LS_STUDY_ARGUMENTS][LS_STUDY_PATH + 64];
  char *list[LS_STUDY_ARGUMENTS];
  size_t count;
} probing;

static void word(probing *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void word(probing *p, const char *format, ...) {
  if (p->count == LS_STUDY_ARGUMENTS) return; /* plan.c has refused so many */
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(p->words[p->count], sizeof p->words[0], format, arguments);
  va_end(arguments);
  p->list[p->count] = p->words[p->count];
  p->count++;
}

static void words_of(probing *p, const ls_study_line *line) {
  for (size_t w = 0; w < line->count; w++) word(p, "%s", line->words[w]);
}

/* as_good: another exit code than 0 that will do. */
static ls_status run(probing *p, int as_good, ls_process_outcome *outcome, ls_error *error) {
  const char *command[LS_STUDY_COMMAND];
  char number[16];
  LS_TRY(ls_plan_command(p->plan, 1, p->list, p->count, command, number, error));
  p->count = 0;
  LS_TRY(ls_process_run(command, p->watch, outcome, error));
  if (*p->watch->stop) return ls_fail(error, LS_STOPPED, "stopped by a signal");
  if (!outcome->exit_code || outcome->exit_code == as_good) return LS_OK;
  return ls_fail(error, outcome->exit_code == 77 ? LS_UNAVAILABLE : LS_VALUE,
                 "the trial ended with exit code %d: %.300s (all of it: %s)", outcome->exit_code,
                 outcome->last, p->watch->log);
}

static ls_status probe_data(probing *p, ls_study_rates *rates, ls_error *error) {
  const ls_study_config *c = p->plan->config;
  ls_process_outcome outcome;
  char data[LS_STUDY_PATH + 32];
  snprintf(data, sizeof data, "%s/data", p->folder);
  word(p, "simulate");
  words_of(p, &c->simulate);
  word(p, "--events=%ld", c->probe);
  word(p, "--seed=3");
  word(p, "--out=%s", data);
  LS_TRY(run(p, 0, &outcome, error));
  rates->simulate = outcome.seconds / (double)c->probe;
  rates->disk = folder_bytes(data) / (double)c->probe;
  word(p, "validate");
  word(p, "--data=%s", data);
  LS_TRY(run(p, SUSPICIOUS, &outcome, error)); /* so few events lack a class */
  rates->validate = outcome.seconds / (double)c->probe;
  return LS_OK;
}

/* Of a row whose events_per_s is known. */
static ls_status seconds_an_event(const char *folder, const char *quantity, double *seconds,
                                  ls_error *error) {
  double rate;
  LS_TRY(mean_of(folder, quantity, "events_per_s", &rate, error));
  *seconds = 1 / rate;
  return LS_OK;
}

static ls_status probe_training(probing *p, int number, ls_study_rates *rates, ls_error *error) {
  char folder[LS_STUDY_PATH + 32];
  ls_process_outcome outcome;
  snprintf(folder, sizeof folder, "%s/train-%d", p->folder, number);
  word(p, "train");
  word(p, "--data=%s/data", p->folder);
  word(p, "--validation=%s/data", p->folder);
  words_of(p, &p->plan->config->image);
  word(p, "--batch=%d",
       p->plan->config->probe < 4 ? 1 : 4); /* updates cost little, as in a study */
  words_of(p, &p->plan->config->train);
  word(p, "--epochs=1");
  word(p, "--out=%s", folder);
  LS_TRY(run(p, 0, &outcome, error));
  LS_TRY(seconds_an_event(folder, "step", &rates->train, error));
  LS_TRY(seconds_an_event(folder, "eval", &rates->evaluate, error));
  LS_TRY(seconds_an_event(folder, "load", &rates->prepare, error));
  double events = (double)p->plan->config->probe;
  rates->start =
      outcome.seconds - events * (rates->train + 2 * rates->evaluate + 2 * rates->prepare);
  if (!(rates->start > 0)) rates->start = 0;
  rates->memory = outcome.peak_memory;
  return LS_OK;
}

/* As the config's load-time line number which (from 0 on) would. */
static ls_status probe_loading(probing *p, const ls_study_line *line, int which, int number,
                               ls_study_rates *rates, ls_error *error) {
  char folder[LS_STUDY_PATH + 32];
  ls_process_outcome outcome;
  double events = (double)p->plan->config->probe;
  snprintf(folder, sizeof folder, "%s/load-%d-%d", p->folder, number, which + 1);
  word(p, "bench");
  word(p, "load-time");
  word(p, "--data=%s/data", p->folder);
  words_of(p, &p->plan->config->image);
  words_of(p, line);
  word(p, "--nodes=1");
  word(p, "--repetitions=1");
  word(p, "--cache=warm");
  word(p, "--out=%s", folder);
  LS_TRY(run(p, INVALID, &outcome, error)); /* one repetition is too few for a result */
  LS_TRY(mean_of(folder, "load", "median_s", &rates->load[which], error));
  rates->load[which] /= events;
  rates->store = fmax(rates->store, largest_store(folder) / events);
  return LS_OK;
}

static ls_status probe_loadings(probing *p, int number, ls_study_rates *rates, ls_error *error) {
  const ls_study_config *c = p->plan->config;
  int which = 0;
  for (size_t s = 0; s < c->stage_count && which < LS_STUDY_LOADS; s++)
    if (!strcmp(c->stages[s].key, "load-time"))
      LS_TRY(probe_loading(p, &c->stages[s], which++, number, rates, error));
  return LS_OK;
}

/* As the config's first roofline would, warm-up included. */
static ls_status probe_roofline(probing *p, ls_study_rates *rates, ls_error *error) {
  ls_process_outcome outcome;
  const ls_study_config *c = p->plan->config;
  for (size_t s = 0; s < c->stage_count; s++) {
    if (strcmp(c->stages[s].key, "roofline") != 0) continue;
    word(p, "step");
    word(p, "--dense");
    words_of(p, &c->stages[s]);
    word(p, "--repetitions=1");
    word(p, "--warmup=1");
    LS_TRY(run(p, 0, &outcome, error));
    rates->dense = outcome.seconds / 2;
    return LS_OK;
  }
  return LS_OK;
}

/* The first number for which the trial's folders are not there yet: an interrupted trial is begun
 * anew, and leaves what it has. */
static int free_number(const probing *p) {
  for (int number = 1;; number++) {
    char train[LS_STUDY_PATH + 32], load[LS_STUDY_PATH + 32];
    snprintf(train, sizeof train, "%s/train-%d", p->folder, number);
    snprintf(load, sizeof load, "%s/load-%d-1", p->folder, number);
    if (access(train, F_OK) && access(load, F_OK)) return number;
  }
}

ls_status ls_study_probe(const ls_plan *plan, const ls_process_watch *watch, ls_study_rates *rates,
                         ls_error *error) {
  char path[LS_STUDY_PATH + 32];
  *rates = (ls_study_rates){0};
  snprintf(path, sizeof path, "%s/probe/rates.json", plan->folder);
  if (read_rates(path, rates)) return LS_OK;
  probing *p = calloc(1, sizeof *p);
  if (!p) return ls_fail(error, LS_MEMORY, "no memory for the trial");
  p->plan = plan;
  p->watch = watch;
  snprintf(p->folder, sizeof p->folder, "%s/probe", plan->folder);
  int number = free_number(p);
  ls_status status = probe_data(p, rates, error);
  if (status == LS_OK) status = probe_training(p, number, rates, error);
  if (status == LS_OK) status = probe_loadings(p, number, rates, error);
  if (status == LS_OK) status = probe_roofline(p, rates, error);
  if (status == LS_OK) status = write_rates(path, rates, error);
  free(p);
  return status;
}

static size_t words_in(const char *list, size_t without) {
  if (!list) return without;
  size_t count = 1;
  for (const char *c = list; *c; c++) count += *c == ',';
  return count;
}

/* Of all repetitions, of which one takes so many seconds: those asked for, else the fewest that
 * make an interval, unless --max-seconds are over before. */
static double repeated(const ls_settings *s, double seconds) {
  if (s->repetitions) return (double)s->repetitions * seconds;
  return fmin(LEAST_TIMES * seconds, s->max_seconds + seconds);
}

/* The images of a training on so many nodes. */
static double images_of(const ls_plan *plan, const ls_stage *stage, long nodes) {
  const ls_settings *s = &stage->settings;
  int is_strong = !s->scaling || strcmp(s->scaling, "strong") == 0;
  double batch = (double)(s->batch * s->accumulate) * (double)(is_strong ? stage->ranks : nodes);
  if (s->global_batch) batch = (double)s->global_batch;
  double of_epochs = (double)plan->config->events * (double)(s->epochs > 0 ? s->epochs : 10);
  return s->steps ? fmin((double)s->steps * batch, of_epochs) : of_epochs;
}

/* One point of a sweep on nodes of the stage's ranks; load: seconds of an event, of load-time. */
static double point_seconds(const ls_plan *plan, const ls_stage *stage, long nodes,
                            const ls_study_rates *r, double load) {
  const ls_settings *s = &stage->settings;
  double events = (double)plan->config->events;
  double together = fmin((double)nodes, (double)plan->cores);
  if (stage->command == &ls_command_load_time) {
    double curves = (double)words_in(s->codec, 1) * (double)words_in(s->store_form, 2);
    double caches = (double)words_in(s->cache_states, 2), once = events * load / together;
    return curves * (caches * repeated(s, once) + once);
  }
  /* Each rank has its share of the cores. */
  double share = (double)stage->ranks / (double)nodes;
  if (stage->command == &ls_command_loss_vs_batch) {
    double of_epoch = events * r->train + (double)plan->config->validation * r->evaluate;
    return (double)s->seeds *
           (events * r->prepare + (double)(s->epochs > 0 ? s->epochs : 10) * of_epoch);
  }
  double modes = s->overlap ? 1 : 2;
  double once = images_of(plan, stage, nodes) * r->train * share;
  return modes * (events * r->prepare / together + repeated(s, once) + once);
}

static double stage_seconds(const ls_plan *plan, const ls_stage *s, const ls_study_rates *r,
                            double load) {
  if (s->kind == LS_STAGE_DATA) return (double)s->events * r->simulate;
  if (s->kind == LS_STAGE_VALIDATE) return (double)s->events * r->validate;
  if (s->kind == LS_STAGE_DISPLAY) return 2;
  if (s->command == &ls_command_gpu_speedup) return 0; /* nothing of it was tried */
  if (s->command == &ls_command_step)
    return r->dense * (double)(s->settings.repetitions + s->settings.warmup);
  double seconds = r->start;
  for (const char *at = s->settings.nodes; at && *at;) {
    char *end;
    long nodes = strtol(at, &end, 10);
    if (end == at || nodes < 1) break; /* the driver will say so */
    seconds += point_seconds(plan, s, nodes, r, load);
    at = end + (*end == ',');
  }
  return seconds;
}

void ls_study_estimate(ls_plan *plan, const ls_study_rates *r, double *disk, double *memory) {
  double events = (double)(plan->config->events + plan->config->validation);
  int ranks = 1, loads = -1;
  for (size_t i = 0; i < plan->count; i++) {
    ls_stage *s = &plan->stage[i];
    if (s->command == &ls_command_load_time && loads + 1 < LS_STUDY_LOADS) loads++;
    s->seconds = stage_seconds(plan, s, r, loads < 0 ? 0 : r->load[loads]);
    if (s->ranks > ranks) ranks = s->ranks;
  }
  *disk = events * r->disk + 20e6; /* records, figures and page: some MB */
  *memory = ranks * r->memory + events * r->store;
}
