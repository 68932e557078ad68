#define _DEFAULT_SOURCE
#include "bench/study/plan.h"

#include "bench/devices.h"
#include "machine/processors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ls_status add(ls_stage *s, ls_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static ls_status add(ls_stage *s, ls_error *error, const char *format, ...) {
  char word[LS_STUDY_PATH + 64];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(word, sizeof word, format, arguments);
  va_end(arguments);
  if (s->count + 1 == LS_STUDY_ARGUMENTS)
    return ls_fail(error, LS_USAGE, "stage %s has too many words", s->name);
  s->words[s->count] = strdup(word);
  if (!s->words[s->count]) return ls_fail(error, LS_MEMORY, "no memory for the study");
  s->count++;
  return LS_OK;
}

static ls_status add_line(ls_stage *s, const ls_study_line *line, ls_error *error) {
  for (size_t w = 0; w < line->count; w++) LS_TRY(add(s, error, "%s", line->words[w]));
  return LS_OK;
}

/* The words as the command itself will read them; first: how many of them name it. */
static ls_status understand(const ls_plan *plan, ls_stage *s, size_t number, size_t first,
                            ls_error *error) {
  s->settings = ls_settings_default();
  if (s->command->defaults) s->command->defaults(&s->settings);
  ls_error own = {0};
  ls_status status =
      ls_options_parse((int)(s->count - first + 1), (const char **)s->words + first - 1,
                       s->command->groups, &s->settings, &own);
  if (status == LS_OK) return LS_OK;
  return ls_fail(error, status, "%s:%zu: %s", plan->config->source, number, own.message);
}

static ls_stage *begin(ls_plan *plan, ls_stage_kind kind, const ls_command *command,
                       const char *name) {
  ls_stage *s = &plan->stage[plan->count++];
  int before = 0;
  for (size_t i = 0; i + 1 < plan->count; i++) {
    size_t length = strlen(name);
    const char *other = plan->stage[i].name;
    before += !strncmp(other, name, length) &&
              (!other[length] ||
               (other[length] == '-' && other[length + 1] >= '0' && other[length + 1] <= '9'));
  }
  s->kind = kind;
  s->command = command;
  s->ranks = 1;
  if (before)
    snprintf(s->name, sizeof s->name, "%s-%d", name, before + 1);
  else
    snprintf(s->name, sizeof s->name, "%s", name);
  return s;
}

static ls_status add_data(ls_plan *plan, const char *name, const char *set, long events, int seed,
                          const char *what, ls_error *error) {
  ls_stage *s = begin(plan, LS_STAGE_DATA, &ls_command_simulate, name);
  snprintf(s->what, sizeof s->what, "%ld events %s", events, what);
  s->events = (size_t)events;
  LS_TRY(add(s, error, "simulate"));
  LS_TRY(add_line(s, &plan->config->simulate, error));
  LS_TRY(add(s, error, "--events"));
  LS_TRY(add(s, error, "%ld", events));
  LS_TRY(add(s, error, "--seed"));
  LS_TRY(add(s, error, "%d", seed));
  LS_TRY(add(s, error, "--out"));
  LS_TRY(add(s, error, "%s/data/%s", plan->folder, set));
  return understand(plan, s, plan->config->simulate.number, 1, error);
}

static ls_status add_validate(ls_plan *plan, ls_error *error) {
  ls_stage *s = begin(plan, LS_STAGE_VALIDATE, &ls_command_validate, "validate");
  s->events = (size_t)(plan->config->events + plan->config->validation);
  snprintf(s->what, sizeof s->what, "whether these %zu events are good", s->events);
  LS_TRY(add(s, error, "validate"));
  LS_TRY(add(s, error, "--data"));
  LS_TRY(add(s, error, "%s/data/train", plan->folder));
  LS_TRY(add(s, error, "%s/data/validation", plan->folder));
  return understand(plan, s, 0, 1, error);
}

static ls_status add_display(ls_plan *plan, const ls_study_line *line, ls_error *error) {
  ls_stage *s = begin(plan, LS_STAGE_DISPLAY, &ls_command_display, "display");
  snprintf(s->what, sizeof s->what, "a picture of an event");
  LS_TRY(add(s, error, "display"));
  LS_TRY(add(s, error, "--data"));
  LS_TRY(add(s, error, "%s/data/train", plan->folder));
  LS_TRY(add_line(s, line, error));
  if (!line->count) LS_TRY(add(s, error, "--event=0"));
  return understand(plan, s, line->number, 1, error);
}

static ls_status add_roofline(ls_plan *plan, const ls_study_line *line, ls_error *error) {
  ls_stage *s = begin(plan, LS_STAGE_BENCH, &ls_command_step, "roofline");
  snprintf(s->what, sizeof s->what, "each layer against this machine's peaks");
  LS_TRY(add(s, error, "step"));
  LS_TRY(add(s, error, "--dense"));
  LS_TRY(add_line(s, line, error));
  return understand(plan, s, line->number, 1, error);
}

/* The config's numbers of nodes up to most; the largest of them. */
static long list_nodes(const ls_study_config *c, long most, char *list, size_t size) {
  long largest = 0;
  list[0] = 0;
  for (size_t n = 0; n < c->node_count && c->nodes[n] <= most; n++) {
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%ld", used ? "," : "", c->nodes[n]);
    largest = c->nodes[n];
  }
  return largest;
}

/* The last number of a list of nodes; what is wrong with it the driver says. */
static long last_of(const char *list) {
  const char *comma = strrchr(list, ',');
  return strtol(comma ? comma + 1 : list, NULL, 10);
}

static ls_status add_nodes(ls_plan *plan, ls_stage *s, long most, const ls_study_line *line,
                           ls_error *error) {
  char list[1024];
  long largest;
  for (size_t w = 0; w < line->count; w++)
    if (!strncmp(line->words[w], "--nodes", 7)) return LS_OK;
  largest = list_nodes(plan->config, most, list, sizeof list);
  if (!largest)
    return ls_fail(error, LS_USAGE,
                   "%s: the fewest nodes are %ld, and %ld can be started here; see 'ranks'",
                   plan->config->source, plan->config->nodes[0], most);
  if (s->command != &ls_command_gpu_speedup &&
      largest != plan->config->nodes[plan->config->node_count - 1])
    plan->left_out = 1;
  LS_TRY(add(s, error, "--nodes"));
  return add(s, error, "%s", list);
}

static const ls_command *driver_of(const char *key) {
  static const ls_command *const drivers[] = {&ls_command_load_time, &ls_command_cpu_speedup,
                                              &ls_command_gpu_speedup, &ls_command_loss_vs_batch};
  for (size_t d = 0; d < sizeof drivers / sizeof *drivers; d++)
    if (!strcmp(drivers[d]->name + strlen("bench "), key)) return drivers[d];
  return NULL;
}

/* Ranks of one machine are virtual nodes: a batch of several is emulated faster by one process that
 * has all cores. */
static void choose_ranks(const ls_plan *plan, ls_stage *s, long most) {
  long wanted = s->settings.nodes ? last_of(s->settings.nodes) : plan->ranks;
  int alone = s->command == &ls_command_loss_vs_batch && !plan->config->launcher.count;
  long there = alone ? 1 : most < plan->ranks ? most : plan->ranks;
  s->ranks = (int)(wanted < there ? wanted : there);
  if (s->ranks < 1) s->ranks = 1;
}

/* Devices of this machine, which has as many as the launcher's are thought to have. Without any: 1,
 * for the driver to say so. */
static long most_devices(const ls_plan *plan) {
  const ls_backend *backend;
  ls_error error = {0};
  int devices = 0;
  if (plan->config->launcher.count) return plan->ranks;
  (void)ls_devices_find(NULL, &backend, &devices, &error);
  return devices > 1 ? devices : 1;
}

static ls_status add_driver(ls_plan *plan, const ls_study_line *line, ls_error *error) {
  const ls_command *command = driver_of(line->key);
  ls_stage *s = begin(plan, LS_STAGE_BENCH, command, line->key);
  int emulates = command == &ls_command_loss_vs_batch, loads = command == &ls_command_load_time;
  LS_TRY(add(s, error, "bench"));
  LS_TRY(add(s, error, "%s", line->key));
  LS_TRY(add(s, error, "--data"));
  LS_TRY(add(s, error, "%s/data/train", plan->folder));
  if (emulates) {
    LS_TRY(add(s, error, "--validation"));
    LS_TRY(add(s, error, "%s/data/validation", plan->folder));
  }
  LS_TRY(add_line(s, &plan->config->image, error));
  if (!loads) LS_TRY(add_line(s, &plan->config->train, error));
  LS_TRY(add_line(s, line, error));
  long most = emulates ? 1L << 30 : plan->ranks;
  if (command == &ls_command_gpu_speedup) most = most_devices(plan);
  LS_TRY(add_nodes(plan, s, most, line, error));
  LS_TRY(understand(plan, s, line->number, 2, error));
  choose_ranks(plan, s, most);
  snprintf(s->what, sizeof s->what, "nodes %.60s%s", s->settings.nodes,
           s->settings.scaling && !strcmp(s->settings.scaling, "weak") ? ", weak scaling" : "");
  return LS_OK;
}

static void find_ranks(ls_plan *plan) {
  ls_place place;
  ls_machine_place(&place);
  plan->cores = place.node_cores > 0 ? place.node_cores : 1;
  plan->ranks = plan->config->ranks ? (int)plan->config->ranks : plan->cores;
  if (!strcmp(ls_comm_library(), "none")) plan->ranks = 1;
}

static ls_status find_program(ls_plan *plan, ls_error *error) {
  ssize_t length = readlink("/proc/self/exe", plan->program, sizeof plan->program - 1);
  if (length <= 0) return ls_fail(error, LS_IO, "/proc/self/exe: where is this program?");
  plan->program[length] = 0;
  return LS_OK;
}

ls_status ls_plan_make(const ls_study_config *config, const char *folder, ls_plan *plan,
                       ls_error *error) {
  *plan = (ls_plan){.config = config};
  if (strlen(folder) >= LS_STUDY_FOLDER)
    return ls_fail(error, LS_USAGE, "--out: the name is too long");
  snprintf(plan->folder, sizeof plan->folder, "%s", folder);
  LS_TRY(find_program(plan, error));
  find_ranks(plan);
  LS_TRY(add_data(plan, "simulate", "train", config->events, 1, "to train on", error));
  LS_TRY(add_data(plan, "simulate-validation", "validation", config->validation, 2,
                  "to validate on", error));
  LS_TRY(add_validate(plan, error));
  for (size_t i = 0; i < config->stage_count; i++) {
    const ls_study_line *line = &config->stages[i];
    if (driver_of(line->key))
      LS_TRY(add_driver(plan, line, error));
    else if (!strcmp(line->key, "roofline"))
      LS_TRY(add_roofline(plan, line, error));
    else
      LS_TRY(add_display(plan, line, error));
  }
  return LS_OK;
}

void ls_plan_free(ls_plan *plan) {
  for (size_t i = 0; i < plan->count; i++) {
    ls_stage *s = &plan->stage[i];
    while (s->count) free(s->words[--s->count]);
    ls_settings_destroy(&s->settings);
  }
  plan->count = 0;
}

ls_status ls_plan_command(const ls_plan *plan, int ranks, char *const *words, size_t count,
                          const char *command[LS_STUDY_COMMAND], char number[16], ls_error *error) {
  static const char *const usual[] = {"mpirun", "-np", "{ranks}", "--bind-to", "none"};
  const ls_study_line *own = &plan->config->launcher;
  const char *const *launcher = own->count ? own->words : usual;
  size_t of_launcher = own->count ? own->count : sizeof usual / sizeof *usual, used = 0;
  snprintf(number, 16, "%d", ranks);
  if (count + of_launcher + 2 > LS_STUDY_COMMAND)
    return ls_fail(error, LS_USAGE, "%s: too many words in a line", plan->config->source);
  for (size_t w = 0; ranks > 1 && w < of_launcher; w++)
    command[used++] = strcmp(launcher[w], "{ranks}") != 0 ? launcher[w] : number;
  command[used++] = plan->program;
  for (size_t w = 0; w < count; w++) command[used++] = words[w];
  command[used] = NULL;
  return LS_OK;
}
