#define _POSIX_C_SOURCE 200809L
#include "bench/past_runs.h"

#include "base/input_file.h"
#include "base/text.h"
#include "bench/report/csv.h"

#include <cjson/cJSON.h>

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH = 4096, DEEPEST = 12, MOST_JSON = 16 << 20 };

static const char *const columns[] = {"backend",  "scaling",     "nodes",        "ranks",
                                      "threads",  "local_batch", "global_batch", "cache_state",
                                      "kind",     "quantity",    "driver",       "n",
                                      "median_s", "ci95_lo",     "ci95_hi",      NULL};
enum { CONFIGURATION = 10 }; /* of them, from the first on, tell points apart */

static const char *cell(const ls_csv *csv, const char *name) {
  return ls_csv_cell(csv, (size_t)ls_csv_find(csv, name));
}

static double number(const ls_csv *csv, const char *name) {
  const char *text = cell(csv, name);
  return *text ? strtod(text, NULL) : NAN;
}

#define COPY(field, text)                                                                          \
  do {                                                                                             \
    snprintf(field, sizeof field, "%s", text);                                                     \
    ls_text_make_printable(field);                                                                 \
  } while (0)

static void fill_point(const ls_csv *csv, ls_past_point *p) {
  size_t used = 0, size = sizeof p->configuration;
  for (int c = 0; c < CONFIGURATION && used < size; c++)
    used += (size_t)snprintf(p->configuration + used, size - used, "%s%s", c ? "," : "",
                             cell(csv, columns[c]));
  COPY(p->backend, cell(csv, "backend"));
  COPY(p->scaling, cell(csv, "scaling"));
  COPY(p->quantity, cell(csv, "quantity"));
  COPY(p->cache_state, cell(csv, "cache_state"));
  COPY(p->kind, cell(csv, "kind"));
  p->nodes = strtol(cell(csv, "nodes"), NULL, 10); /* whole numbers: the reader checked them */
  p->ranks = strtol(cell(csv, "ranks"), NULL, 10);
  p->threads = strtol(cell(csv, "threads"), NULL, 10);
  p->local_batch = strtol(cell(csv, "local_batch"), NULL, 10);
  p->global_batch = strtol(cell(csv, "global_batch"), NULL, 10);
  p->n = number(csv, "n");
  p->median = number(csv, "median_s");
  p->low = number(csv, "ci95_lo");
  p->high = number(csv, "ci95_hi");
}

static ls_status read_points(ls_csv *csv, ls_past_run *run, ls_error *error) {
  for (int found = 1;;) {
    LS_TRY(ls_csv_next(csv, &found, error));
    if (!found) return LS_OK;
    ls_past_point *grown = realloc(run->points, (run->point_count + 1) * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "no memory for the runs");
    run->points = grown;
    COPY(run->driver, cell(csv, "driver"));
    fill_point(csv, &grown[run->point_count++]);
  }
}

/* "" where the folder has no such file. */
static void make_path(const ls_past_run *run, const char *name, char *path) {
  if ((size_t)snprintf(path, PATH, "%s/%s", run->folder, name) >= PATH || access(path, F_OK))
    path[0] = 0;
}

static ls_status read_summary(ls_past_run *run, ls_error *error) {
  char path[PATH];
  make_path(run, "summary.csv", path);
  if (!path[0]) return LS_OK;
  ls_csv *csv;
  LS_TRY(ls_csv_open(path, columns, &csv, error));
  ls_status status = read_points(csv, run, error);
  ls_csv_close(csv);
  return status;
}

static ls_status read_verdict(ls_past_run *run, ls_error *error) {
  char path[PATH];
  make_path(run, "RESULT", path);
  static const char invalid[] = "RESULT INVALID reason=",
                    unavailable[] = "RESULT UNAVAILABLE reason=";
  snprintf(run->verdict, sizeof run->verdict, "UNFINISHED");
  if (!path[0]) return LS_OK;
  FILE *file;
  LS_TRY(ls_input_stream(path, &file, error));
  char line[sizeof run->verdict];
  int found = 0;
  ls_status status = ls_input_line(file, path, 1, line, sizeof line, &found, error);
  fclose(file);
  if (status != LS_OK) return status;
  if (!found || (strcmp(line, "RESULT VALID") != 0 && strstr(line, invalid) != line &&
                 strstr(line, unavailable) != line))
    return ls_fail(error, LS_FORMAT,
                   "%s:1: neither RESULT VALID nor RESULT INVALID or UNAVAILABLE with a reason",
                   path);
  COPY(run->verdict, line + strlen("RESULT "));
  return LS_OK;
}

static ls_status read_whole(const char *path, char **text, ls_error *error) {
  FILE *file;
  LS_TRY(ls_input_stream(path, &file, error));
  struct stat facts;
  size_t size = fstat(fileno(file), &facts) ? 0 : (size_t)facts.st_size;
  *text = size < MOST_JSON ? malloc(size + 1) : NULL;
  if (*text) (*text)[fread(*text, 1, size, file)] = 0;
  fclose(file);
  return *text ? LS_OK : ls_fail(error, LS_MEMORY, "%s: too large", path);
}

static const char *fact(const cJSON *object, const char *part, const char *key) {
  const cJSON *inner = part ? cJSON_GetObjectItem(object, part) : object;
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(inner, key));
  return text ? text : "";
}

static ls_status read_environment(ls_past_run *run, ls_error *error) {
  char path[PATH], *text;
  make_path(run, "env.json", path);
  if (!path[0]) return LS_OK;
  LS_TRY(read_whole(path, &text, error));
  const char *end = text;
  cJSON *environment = cJSON_ParseWithOpts(text, &end, 1);
  size_t line = 1;
  for (const char *c = text; c < end; c++) line += *c == '\n';
  free(text);
  if (!environment) return ls_fail(error, LS_FORMAT, "%s:%zu: is no JSON from here on", path, line);
  COPY(run->date, fact(environment, NULL, "time_utc"));
  COPY(run->host, fact(environment, "machine", "host"));
  COPY(run->cpu, fact(environment, "machine", "cpu"));
  COPY(run->revision, fact(environment, "program", "revision"));
  cJSON_Delete(environment);
  return LS_OK;
}

/* As much as there is; the first damage is kept. */
static void read_run(ls_past_run *run) {
  ls_error error[3] = {{0}};
  (void)read_verdict(run, &error[0]);
  (void)read_environment(run, &error[1]);
  (void)read_summary(run, &error[2]);
  for (int part = 2; part >= 0; part--)
    if (error[part].status != LS_OK) run->damage = error[part];
}

static ls_status add_run(ls_past_runs *runs, const char *folder, ls_error *error) {
  ls_past_run *grown = realloc(runs->run, (runs->count + 1) * sizeof *grown);
  char *name = strdup(folder);
  if (grown) runs->run = grown;
  if (!grown || !name) {
    free(name);
    return ls_fail(error, LS_MEMORY, "no memory for the runs");
  }
  grown[runs->count] = (ls_past_run){.folder = name};
  read_run(&grown[runs->count++]);
  return LS_OK;
}

/* Finished, damaged or under way: samples.csv is there from the start. */
static int is_run(struct dirent *const *entries, int count) {
  for (int e = 0; e < count; e++) {
    const char *name = entries[e]->d_name;
    if (!strcmp(name, "RESULT") || !strcmp(name, "samples.csv") || !strcmp(name, "summary.csv") ||
        !strncmp(name, "samples.csv.partial-", strlen("samples.csv.partial-")))
      return 1;
  }
  return 0;
}

static ls_status look_into(ls_past_runs *runs, const char *folder, int depth, ls_error *error);

/* Links are not followed: no run is found twice, and no circle. */
static ls_status look_at(ls_past_runs *runs, const char *folder, const char *name, int depth,
                         ls_error *error) {
  char path[PATH];
  struct stat facts;
  if (name[0] == '.' || depth == DEEPEST) return LS_OK;
  if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path) return LS_OK;
  if (lstat(path, &facts) || !S_ISDIR(facts.st_mode)) return LS_OK;
  return look_into(runs, path, depth + 1, error);
}

static ls_status look_into(ls_past_runs *runs, const char *folder, int depth, ls_error *error) {
  struct dirent **entries;
  int count = scandir(folder, &entries, NULL, alphasort);
  if (count < 0)
    return ls_fail(error, LS_IO, "%s: this folder cannot be read: %s", folder, strerror(errno));
  ls_status status = LS_OK;
  if (is_run(entries, count)) status = add_run(runs, folder, error);
  for (int e = 0; e < count; e++) {
    if (status == LS_OK) status = look_at(runs, folder, entries[e]->d_name, depth, error);
    free(entries[e]);
  }
  free(entries);
  return status;
}

ls_status ls_past_runs_find(char *const *folders, size_t count, ls_past_runs *runs,
                            ls_error *error) {
  *runs = (ls_past_runs){0};
  for (size_t f = 0; f < count; f++) {
    char folder[PATH];
    struct stat facts;
    if ((size_t)snprintf(folder, sizeof folder, "%s", folders[f]) >= sizeof folder ||
        stat(folder, &facts) || !S_ISDIR(facts.st_mode))
      return ls_fail(error, LS_USAGE, "%s: there is no such folder; name a run's, or one with runs",
                     folders[f]);
    for (size_t end = strlen(folder); end > 1 && folder[end - 1] == '/';) folder[--end] = 0;
    LS_TRY(look_into(runs, folder, 0, error));
  }
  return LS_OK;
}

void ls_past_runs_free(ls_past_runs *runs) {
  for (size_t r = 0; r < runs->count; r++) {
    free(runs->run[r].folder);
    free(runs->run[r].points);
  }
  free(runs->run);
  *runs = (ls_past_runs){0};
}
