/* larscale results: what was measured so far: lists the runs in folders, and compares two of them.
 */
#include "bench/command.h"
#include "bench/json_output.h"
#include "bench/past_runs.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NAME stands for every NAME:VARIANT. */
static int is_backend(const char *backend, const char *wanted) {
  size_t length = strlen(wanted);
  return !strncmp(backend, wanted, length) && (!backend[length] || backend[length] == ':');
}

static int has_verdict(const ls_past_run *run, const char *wanted) {
  if (!strcmp(wanted, "valid")) return !strcmp(run->verdict, "VALID");
  if (!strcmp(wanted, "invalid")) return !strncmp(run->verdict, "INVALID", strlen("INVALID"));
  if (!strcmp(wanted, "unavailable"))
    return !strncmp(run->verdict, "UNAVAILABLE", strlen("UNAVAILABLE"));
  return !strcmp(run->verdict, "UNFINISHED");
}

static int is_wanted(const ls_settings *s, const ls_past_run *run) {
  int has_backend = !s->backend;
  for (size_t p = 0; p < run->point_count; p++)
    has_backend |= s->backend && is_backend(run->points[p].backend, s->backend);
  return has_backend && (!s->driver || !strcmp(run->driver, s->driver)) &&
         (!s->host || !strcmp(run->host, s->host)) && (!s->verdict || has_verdict(run, s->verdict));
}

/* "1", or "1-14" where points differ. */
static void range(const ls_past_run *run, size_t field, char *text, size_t size) {
  long least = 0, most = 0;
  for (size_t p = 0; p < run->point_count; p++) {
    long value = *(const long *)(const void *)((const char *)&run->points[p] + field);
    if (!p || value < least) least = value;
    if (!p || value > most) most = value;
  }
  if (!run->point_count)
    snprintf(text, size, "-");
  else if (least == most)
    snprintf(text, size, "%ld", least);
  else
    snprintf(text, size, "%ld-%ld", least, most);
}

/* The first point's, and a sign where there are others. */
static void backends(const ls_past_run *run, char *text, size_t size) {
  int several = 0;
  for (size_t p = 1; p < run->point_count; p++)
    several |= strcmp(run->points[p].backend, run->points[0].backend) != 0;
  snprintf(text, size, "%s%s", run->point_count ? run->points[0].backend : "-",
           several ? ", .." : "");
}

static const char *known(const char *text) {
  return *text ? text : "-";
}

static void print_run(const ls_past_run *run) {
  char backend[160], nodes[48], ranks[48];
  backends(run, backend, sizeof backend);
  range(run, offsetof(ls_past_point, nodes), nodes, sizeof nodes);
  range(run, offsetof(ls_past_point, ranks), ranks, sizeof ranks);
  int word = (int)strcspn(run->verdict, " ");
  printf("%-20s  %-13s  %-24s  %-12s  %6s  %6s  %-10.*s  %s\n", known(run->date),
         known(run->driver), backend, known(run->host), nodes, ranks, word, run->verdict,
         run->folder);
  if (run->verdict[word]) printf("%-20s  %s\n", "", run->verdict + word + 1);
  if (run->damage.status != LS_OK) printf("%-20s  damaged: %s\n", "", run->damage.message);
}

static void add_number(cJSON *object, const char *key, double value) {
  if (isfinite(value))
    cJSON_AddNumberToObject(object, key, value);
  else
    cJSON_AddNullToObject(object, key);
}

static void add_configuration(cJSON *object, const ls_past_point *p) {
  cJSON_AddStringToObject(object, "backend", p->backend);
  cJSON_AddStringToObject(object, "scaling", p->scaling);
  const struct {
    const char *key;
    long value;
  } numbers[] = {{"nodes", p->nodes},
                 {"ranks", p->ranks},
                 {"threads", p->threads},
                 {"local_batch", p->local_batch},
                 {"global_batch", p->global_batch}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    cJSON_AddNumberToObject(object, numbers[i].key, (double)numbers[i].value);
  cJSON_AddStringToObject(object, "cache_state", p->cache_state);
  cJSON_AddStringToObject(object, "kind", p->kind);
  cJSON_AddStringToObject(object, "quantity", p->quantity);
}

static void add_point(cJSON *list, const ls_past_point *p) {
  cJSON *entry = cJSON_CreateObject();
  if (!entry || !cJSON_AddItemToArray(list, entry)) return;
  add_configuration(entry, p);
  add_number(entry, "n", p->n);
  add_number(entry, "median_s", p->median);
  add_number(entry, "ci95_lo", p->low);
  add_number(entry, "ci95_hi", p->high);
}

static cJSON *run_object(const ls_past_run *run) {
  cJSON *entry = cJSON_CreateObject();
  const char *const facts[][2] = {{"folder", run->folder}, {"verdict", run->verdict},
                                  {"driver", run->driver}, {"host", run->host},
                                  {"cpu", run->cpu},       {"revision", run->revision},
                                  {"time_utc", run->date}};
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
    cJSON_AddStringToObject(entry, facts[i][0], facts[i][1]);
  if (run->damage.status != LS_OK) cJSON_AddStringToObject(entry, "damage", run->damage.message);
  return entry;
}

static ls_status print_list_json(const ls_settings *s, const ls_past_runs *runs, ls_error *error) {
  cJSON *list = cJSON_CreateArray();
  for (size_t r = 0; r < runs->count; r++) {
    if (!is_wanted(s, &runs->run[r])) continue;
    cJSON *entry = run_object(&runs->run[r]);
    cJSON *points = cJSON_AddArrayToObject(entry, "points");
    for (size_t p = 0; p < runs->run[r].point_count; p++)
      add_point(points, &runs->run[r].points[p]);
    cJSON_AddItemToArray(list, entry);
  }
  return ls_json_print(list, error);
}

static ls_status print_list(const ls_settings *s, const ls_past_runs *runs, ls_error *error) {
  size_t shown = 0;
  if (s->json) return print_list_json(s, runs, error);
  for (size_t r = 0; r < runs->count; r++) {
    if (!is_wanted(s, &runs->run[r])) continue;
    if (!shown++)
      printf("%-20s  %-13s  %-24s  %-12s  %6s  %6s  %-10s  %s\n", "date (UTC)", "driver", "backend",
             "host", "nodes", "ranks", "verdict", "folder");
    print_run(&runs->run[r]);
  }
  if (!shown) puts("no such runs");
  return LS_OK;
}

/* The first damaged one of those that are wanted makes the exit code. */
static ls_status tell_damage(const ls_settings *s, const ls_past_runs *runs, ls_error *error) {
  for (size_t r = 0; r < runs->count; r++)
    if (runs->run[r].damage.status != LS_OK && (s->compare || is_wanted(s, &runs->run[r]))) {
      const ls_error *damage = &runs->run[r].damage;
      return ls_fail(error, damage->status, "%.700s", damage->message);
    }
  return LS_OK;
}

static const char *judge(const ls_past_ratio *r) {
  if (!r->second) return "only in the first";
  if (!r->first) return "only in the second";
  if (!isfinite(r->low) || !isfinite(r->high)) return "too few times";
  return r->low > 1 ? "slower" : r->high < 1 ? "faster" : "no difference shown";
}

static void print_ratio(const ls_past_ratio *r) {
  const ls_past_point *p = r->first ? r->first : r->second;
  char ratio[48] = "-", interval[96] = "";
  if (isfinite(r->ratio)) snprintf(ratio, sizeof ratio, "%.3f", r->ratio);
  if (isfinite(r->low) && isfinite(r->high))
    snprintf(interval, sizeof interval, "%.3f to %.3f", r->low, r->high);
  printf("%-10s  %-24s  %-7s  %5ld  %5ld  %5ld  %8ld  %-8s", p->quantity, p->backend, p->scaling,
         p->nodes, p->ranks, p->threads, p->global_batch, p->cache_state);
  printf("  %12.6g  %12.6g  %7s  %-16s  %s\n", r->first ? r->first->median : NAN,
         r->second ? r->second->median : NAN, ratio, interval, judge(r));
}

static void print_comparison(const ls_past_run *run, const ls_past_ratio *ratios, size_t count) {
  for (int i = 0; i < 2; i++)
    printf("%s  %s\n        %s, revision %s, %s (%s), %s\n", i ? "second" : "first ", run[i].folder,
           known(run[i].date), known(run[i].revision), known(run[i].host), known(run[i].cpu),
           run[i].verdict);
  if (strcmp(run[0].host, run[1].host) != 0 || strcmp(run[0].cpu, run[1].cpu) != 0)
    puts("They ran on different machines: ratios compare these too.");
  printf("\n%-10s  %-24s  %-7s  %5s  %5s  %5s  %8s  %-8s  %12s  %12s  %7s  %-16s\n", "quantity",
         "backend", "scaling", "nodes", "ranks", "thr.", "batch", "cache", "first, s", "second, s",
         "ratio", "interval");
  for (size_t r = 0; r < count; r++) print_ratio(&ratios[r]);
  puts("\nratio: the second's median over the first's. Its interval is made of the ends of both "
       "medians'\n95% intervals, and holds with at least 90%.");
}

static ls_status print_comparison_json(const ls_past_run *run, const ls_past_ratio *ratios,
                                       size_t count, ls_error *error) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddItemToObject(root, "first", run_object(&run[0]));
  cJSON_AddItemToObject(root, "second", run_object(&run[1]));
  cJSON *list = cJSON_AddArrayToObject(root, "ratios");
  for (size_t r = 0; r < count; r++) {
    cJSON *entry = cJSON_CreateObject();
    if (!entry || !cJSON_AddItemToArray(list, entry)) break;
    add_configuration(entry, ratios[r].first ? ratios[r].first : ratios[r].second);
    add_number(entry, "first_median_s", ratios[r].first ? ratios[r].first->median : NAN);
    add_number(entry, "second_median_s", ratios[r].second ? ratios[r].second->median : NAN);
    add_number(entry, "ratio", ratios[r].ratio);
    add_number(entry, "low", ratios[r].low);
    add_number(entry, "high", ratios[r].high);
    cJSON_AddStringToObject(entry, "judgement", judge(&ratios[r]));
  }
  return ls_json_print(root, error);
}

static ls_status compare(const ls_settings *s, const ls_past_runs *runs, ls_error *error) {
  ls_past_ratio *ratios;
  size_t count;
  if (runs->count != 2)
    return ls_fail(error, LS_USAGE, "--compare wants the folders of two runs; these hold %zu",
                   runs->count);
  LS_TRY(tell_damage(s, runs, error));
  LS_TRY(ls_past_runs_compare(&runs->run[0], &runs->run[1], &ratios, &count, error));
  ls_status status = LS_OK;
  if (s->json)
    status = print_comparison_json(runs->run, ratios, count, error);
  else
    print_comparison(runs->run, ratios, count);
  free(ratios);
  return status;
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  (void)comm;
  char fallback[] = "results", *folders[] = {fallback};
  ls_past_runs runs;
  int given = settings->data_count > 0;
  ls_status status = ls_past_runs_find(given ? settings->data : folders,
                                       given ? settings->data_count : 1, &runs, error);
  if (status == LS_OK && settings->compare)
    status = compare(settings, &runs, error);
  else if (status == LS_OK) {
    status = print_list(settings, &runs, error);
    if (status == LS_OK) status = tell_damage(settings, &runs, error);
  }
  ls_past_runs_free(&runs);
  return status;
}

const ls_command ls_command_results = {
    .name = "results",
    .summary = "list the runs in folders, compare two of them",
    .details =
        "Lists the runs in the folders (default: results): date, driver, backend, machine, nodes,\n"
        "ranks, verdict. --compare sets two runs side by side: for each configuration that both\n"
        "have, the ratio of the medians with an interval. A damaged file is named with line and\n"
        "column, and makes the exit code 1. The files: results/README.md.",
    .example = "  larscale results --driver cpu-speedup --verdict valid\n"
               "  larscale results --compare results/a results/b",
    .run = run,
    .groups = {&ls_options_results},
};
