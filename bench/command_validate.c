/* larscale validate: tells good event files from bad. */
#include "base/text.h"
#include "bench/command.h"
#include "bench/json_output.h"
#include "bench/progress.h"
#include "bench/stop_request.h"
#include "datasets/validate/validate.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

enum { SHOWN = 10 }; /* findings of a check, for people */
static const char plane_names[] = "UVY";

typedef struct checking {
  ls_progress progress;
  const volatile sig_atomic_t *stop;
} checking;

static int show(void *context, size_t done, size_t total) {
  checking *c = context;
  ls_progress_at(&c->progress, done, total, NULL);
  return *c->stop != 0;
}

static const char *class_name(const ls_validation *v, int label, char text[32]) {
  if (label == LS_DISTRIBUTION_NO_CLASS) return v->classes ? "no class" : "all";
  if (label < v->classes) return v->class_names[label];
  snprintf(text, 32, "class %d", label);
  return text;
}

static void print_distributions(const ls_validation *v) {
  printf("%-12s %8s  p  %-29s %s\n", "class", "events", "pixels: 5%, median, 95%",
         "charge: 5%, median, 95%");
  for (int k = 0; k < LS_DISTRIBUTION_CLASSES; k++) {
    char text[32];
    unsigned long long events = ls_distribution_events(v->distribution, k);
    if (!events && k >= v->classes) continue;
    printf("%-12.12s %8llu", class_name(v, k, text), events);
    if (!events) printf("\n");
    for (int p = 0; events && p < v->geometry.planes; p++) {
      ls_quantiles pixels = ls_distribution_quantiles(v->distribution, k, p, LS_QUANTITY_PIXELS);
      ls_quantiles charge = ls_distribution_quantiles(v->distribution, k, p, LS_QUANTITY_CHARGE);
      if (p) printf("%21s", "");
      printf("  %c %9.0f %9.0f %9.0f %9.3g %9.3g %9.3g\n",
             v->geometry.planes == 1 ? '-' : plane_names[p], pixels.low, pixels.median, pixels.high,
             charge.low, charge.median, charge.high);
    }
  }
}

static void print_finding(const ls_paths *paths, const ls_finding *finding) {
  const char *path = finding->file < 0 ? "" : paths->file[finding->file];
  printf("    ");
  /* A reader's own words begin with the names. */
  if (*path && !strncmp(finding->text, path, strlen(path))) path = "";
  if (*path) {
    printf("%s: ", path);
    if (finding->set[0]) printf("%s: ", finding->set);
    if (finding->event >= 0) printf("event %lld: ", (long long)finding->event);
  }
  printf("%s\n", finding->text);
}

static void print_findings(const ls_validation *v, const ls_paths *paths) {
  for (int check = 0; check < LS_CHECKS; check++) {
    const struct ls_finding_list *list = &v->findings.of[check];
    if (!list->count) continue;
    printf("%s: %s: %llu\n", ls_verdict_name(ls_check_verdict((ls_check)check)),
           ls_check_what((ls_check)check), (unsigned long long)list->count);
    for (size_t i = 0; i < list->listed && i < SHOWN; i++) print_finding(paths, &list->first[i]);
    if (list->count > SHOWN)
      printf("    .. and %llu more\n", (unsigned long long)list->count - SHOWN);
  }
}

static void print_people(const ls_validation *v, const ls_paths *paths) {
  printf("%zu events in %zu of %zu files, %.4g MB", v->events, v->opened, v->files,
         (double)v->stored_bytes / 1e6);
  if (v->format)
    printf("; %s, %s, %d planes of %d ticks x %d wires", v->format,
           v->value_type == LS_VALUE_INT32 ? "int32" : "float32", v->geometry.planes,
           v->geometry.rows, v->geometry.columns);
  printf("\n");
  if (v->events) print_distributions(v);
  if (v->quiet)
    printf("%llu events are without pixels, as they leave hardly any charge by the file's truth\n",
           (unsigned long long)v->quiet);
  print_findings(v, paths);
  printf("verdict: %s\n", ls_verdict_name(ls_findings_verdict(&v->findings)));
}

static cJSON *quantiles_json(const ls_quantiles *q) {
  cJSON *json = cJSON_CreateObject();
  cJSON_AddNumberToObject(json, "minimum", q->least);
  cJSON_AddNumberToObject(json, "q05", q->low);
  cJSON_AddNumberToObject(json, "median", q->median);
  cJSON_AddNumberToObject(json, "q95", q->high);
  cJSON_AddNumberToObject(json, "maximum", q->most);
  cJSON_AddNumberToObject(json, "minimum_event", (double)q->least_event);
  cJSON_AddNumberToObject(json, "maximum_event", (double)q->most_event);
  return json;
}

static cJSON *classes_json(const ls_validation *v) {
  cJSON *list = cJSON_CreateArray();
  for (int k = 0; k < LS_DISTRIBUTION_CLASSES; k++) {
    char text[32];
    uint64_t events = ls_distribution_events(v->distribution, k);
    if (!events && k >= v->classes) continue;
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddItemToArray(list, entry);
    cJSON_AddStringToObject(entry, "class", class_name(v, k, text));
    cJSON_AddNumberToObject(entry, "label", k == LS_DISTRIBUTION_NO_CLASS ? -1 : k);
    cJSON_AddNumberToObject(entry, "events", (double)events);
    cJSON *planes = cJSON_AddArrayToObject(entry, "planes");
    for (int p = 0; p < v->geometry.planes; p++) {
      ls_quantiles pixels = ls_distribution_quantiles(v->distribution, k, p, LS_QUANTITY_PIXELS);
      ls_quantiles charge = ls_distribution_quantiles(v->distribution, k, p, LS_QUANTITY_CHARGE);
      cJSON *plane = cJSON_CreateObject();
      cJSON_AddItemToObject(plane, "pixels", quantiles_json(&pixels));
      cJSON_AddItemToObject(plane, "charge", quantiles_json(&charge));
      cJSON_AddItemToArray(planes, plane);
    }
  }
  return list;
}

static cJSON *finding_json(const ls_paths *paths, ls_check check, const ls_finding *finding) {
  cJSON *json = cJSON_CreateObject();
  cJSON_AddStringToObject(json, "check", ls_check_name(check));
  cJSON_AddStringToObject(json, "makes", ls_verdict_name(ls_check_verdict(check)));
  if (finding->file >= 0)
    cJSON_AddStringToObject(json, "file", paths->file[finding->file]);
  else
    cJSON_AddNullToObject(json, "file");
  if (finding->set[0])
    cJSON_AddStringToObject(json, "set", finding->set);
  else
    cJSON_AddNullToObject(json, "set");
  if (finding->event >= 0)
    cJSON_AddNumberToObject(json, "event", (double)finding->event);
  else
    cJSON_AddNullToObject(json, "event");
  cJSON_AddStringToObject(json, "text", finding->text);
  return json;
}

static ls_status print_json(const ls_validation *v, const ls_paths *paths, ls_error *error) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "verdict", ls_verdict_name(ls_findings_verdict(&v->findings)));
  cJSON_AddNumberToObject(root, "files", (double)v->files);
  cJSON_AddNumberToObject(root, "files_opened", (double)v->opened);
  cJSON_AddNumberToObject(root, "events", (double)v->events);
  cJSON_AddNumberToObject(root, "events_without_charge", (double)v->quiet);
  cJSON_AddNumberToObject(root, "bytes", (double)v->stored_bytes);
  if (v->format) {
    cJSON_AddStringToObject(root, "format", v->format);
    cJSON_AddStringToObject(root, "values", v->value_type == LS_VALUE_INT32 ? "int32" : "float32");
    cJSON_AddNumberToObject(root, "planes", v->geometry.planes);
    cJSON_AddNumberToObject(root, "ticks", v->geometry.rows);
    cJSON_AddNumberToObject(root, "wires", v->geometry.columns);
  }
  cJSON *counts = cJSON_AddObjectToObject(root, "checks");
  for (int check = 0; check < LS_CHECKS; check++)
    cJSON_AddNumberToObject(counts, ls_check_name((ls_check)check),
                            (double)v->findings.of[check].count);
  cJSON *list = cJSON_AddArrayToObject(root, "findings");
  for (int check = 0; check < LS_CHECKS; check++)
    for (size_t i = 0; i < v->findings.of[check].listed; i++)
      cJSON_AddItemToArray(list,
                           finding_json(paths, (ls_check)check, &v->findings.of[check].first[i]));
  cJSON_AddItemToObject(root, "classes", classes_json(v));
  return ls_json_print(root, error);
}

/* The verdict, as rank 0 knows it, is every rank's exit code; it is no error that wants a message.
 */
static ls_status conclude(const ls_validation *v, ls_comm *comm, ls_error *error) {
  int verdict = (int)ls_findings_verdict(&v->findings);
  LS_TRY(ls_comm_broadcast(comm, &verdict, sizeof verdict, 0, error));
  if (verdict == LS_VERDICT_VALID) return LS_OK;
  error->shared = 1;
  return verdict == LS_VERDICT_BROKEN ? LS_BROKEN : LS_SUSPICIOUS;
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  ls_paths paths = {0};
  ls_validation v = {0};
  checking c = {.stop = ls_stop_request_watch()};
  const ls_validation_options options = {
      .labels = settings->labels, .producer = settings->producer, .progress = show, .context = &c};
  ls_status status = LS_OK;
  if (!settings->data_count)
    status = ls_fail(error, LS_USAGE, "no events given: name files, folders or globs");
  for (size_t i = 0; status == LS_OK && i < settings->data_count; i++)
    status = ls_paths_add(&paths, settings->data[i], error);
  if (status == LS_OK) status = ls_paths_check_unique(&paths, error);
  status = ls_comm_agree(comm, status, error);
  if (status == LS_OK) {
    const char *what = ls_comm_size(comm) > 1 ? "checking, this rank's part" : "checking";
    ls_progress_start(&c.progress, what, "events", ls_comm_rank(comm) == 0 && !settings->json);
    status = ls_validate(&paths, &options, comm, &v, error);
    ls_progress_end(&c.progress);
  }
  if (status == LS_OK && ls_comm_rank(comm) == 0) {
    if (settings->json)
      status = print_json(&v, &paths, error);
    else
      print_people(&v, &paths);
  }
  if (status == LS_OK) status = conclude(&v, comm, error);
  ls_validation_destroy(&v);
  ls_paths_destroy(&paths);
  return status;
}

const ls_command ls_command_validate = {
    .name = "validate",
    .summary = "tell good event files from bad",
    .details =
        "Reads every event of every file whole, with all ranks, and says what is wrong, naming\n"
        "file, data set and event. Broken: a file that cannot be opened (cut short, a set "
        "missing,\n"
        "of another type, shape or length), or is of another kind than the first; an event that "
        "is\n"
        "damaged, of no class, or holds NaN or infinity. Suspicious: a file without labels (say\n"
        "--labels if they come from elsewhere), a class without events, an event without pixels "
        "or\n"
        "with those of another. The table shows how pixels and charge are distributed.\n"
        "Exit codes: 0 valid, 4 suspicious, 5 broken; 1, 2, 3 and 77 as of every command, when "
        "there\n"
        "is no verdict.",
    .example = "  larscale validate events/\n"
               "  larscale validate larcv.h5 --labels pdg --json\n"
               "  mpirun -np 8 larscale validate events/*.h5",
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_data, &ls_options_info},
};
