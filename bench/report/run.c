#define _POSIX_C_SOURCE 200809L
#include "bench/report/run.h"

#include "base/input_file.h"
#include "base/text.h"
#include "bench/report/csv.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096, MOST_JSON = 16 << 20 };

const char *const ls_table_files[LS_TABLES] = {"summary.csv", "samples.csv", "history.csv",
                                               "confusion.csv", "roofline.csv"};
const char *const ls_kind_names[LS_KINDS] = {"measured", "emulated", "simulated", "model"};

/* What the figures and the page read. */
static const char *const required[LS_TABLES][12] = {
    {"driver", "backend", "scaling", "nodes", "ranks", "cache_state", "kind", "quantity",
     "median_s", "speedup", "efficiency", NULL},
    {"driver", "backend", "nodes", "ranks", "epoch", "step", "phase", "time_s", "warmup", "kind",
     NULL},
    {"epoch", "loss", "wall_s", NULL},
    {"set", "true_class", "predicted_class", "events", "score_sum", NULL},
    {"kernel", "flop", "bytes", "seconds", "peak_flops", "peak_bytes_per_s", "kind", NULL},
};

static ls_status keep_row(ls_table *table, const ls_csv *csv, int names, ls_error *error) {
  size_t columns = ls_csv_columns(csv), used = names ? 0 : table->rows + 1;
  if (!(used & (used + 1)) || !table->cells) { /* grows in powers of two */
    char **grown = realloc(table->cells, 2 * (used + 1) * columns * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "no memory for the tables of a run");
    table->cells = grown;
  }
  for (size_t c = 0; c < columns; c++) {
    char *cell = strdup(names ? ls_csv_name(csv, c) : ls_csv_cell(csv, c));
    if (!cell) {
      while (c) free(table->cells[used * columns + --c]);
      return ls_fail(error, LS_MEMORY, "no memory for the tables of a run");
    }
    ls_text_make_printable(cell);
    table->cells[used * columns + c] = cell;
  }
  table->columns = columns;
  return LS_OK;
}

static void count_kind(ls_report_run *run, const char *kind) {
  for (int k = 0; k < LS_KINDS; k++) run->kinds[k] += !strcmp(kind, ls_kind_names[k]);
}

static ls_status read_rows(ls_report_run *run, int t, ls_csv *csv, ls_error *error) {
  ls_table *table = &run->tables[t];
  int driver = ls_csv_find(csv, "driver"), kind = ls_csv_find(csv, "kind");
  if (t != LS_TABLE_SAMPLES) LS_TRY(keep_row(table, csv, 1, error));
  table->columns = ls_csv_columns(csv);
  for (int found = 1; found;) {
    LS_TRY(ls_csv_next(csv, &found, error));
    if (!found) break;
    if (t != LS_TABLE_SAMPLES) LS_TRY(keep_row(table, csv, 0, error));
    table->rows++;
    if (kind >= 0) count_kind(run, ls_csv_cell(csv, (size_t)kind));
    if (driver >= 0 && !run->driver[0])
      snprintf(run->driver, sizeof run->driver, "%s", ls_csv_cell(csv, (size_t)driver));
  }
  return LS_OK;
}

static ls_status read_table(ls_report_run *run, int t, ls_error *error) {
  char path[PATH];
  snprintf(path, sizeof path, "%s/%s", run->folder, ls_table_files[t]);
  if (access(path, F_OK)) return LS_OK;
  ls_csv *csv;
  LS_TRY(ls_csv_open(path, required[t], &csv, error));
  ls_status status = read_rows(run, t, csv, error);
  ls_csv_close(csv);
  return status;
}

static ls_status read_environment(ls_report_run *run, ls_error *error) {
  char path[PATH];
  FILE *stream;
  snprintf(path, sizeof path, "%s/env.json", run->folder);
  if (access(path, F_OK)) return LS_OK;
  LS_TRY(ls_input_stream(path, &stream, error));
  char *text = malloc(MOST_JSON);
  size_t length = text ? fread(text, 1, MOST_JSON, stream) : 0;
  fclose(stream);
  if (!text) return ls_fail(error, LS_MEMORY, "%s: no memory to read it", path);
  const char *end = text;
  run->environment = cJSON_ParseWithLengthOpts(text, length, &end, 0);
  size_t line = 1;
  for (const char *c = text; c < end && c < text + length; c++) line += *c == '\n';
  free(text);
  if (run->environment) return LS_OK;
  return ls_fail(error, LS_FORMAT, "%s:%zu: is no JSON from there on", path, line);
}

static const char unavailable[] = "RESULT UNAVAILABLE reason=";

static ls_status read_verdict(ls_report_run *run, ls_error *error) {
  char path[PATH];
  FILE *stream;
  int found;
  snprintf(path, sizeof path, "%s/RESULT", run->folder);
  if (access(path, F_OK)) return LS_OK;
  LS_TRY(ls_input_stream(path, &stream, error));
  ls_status status =
      ls_input_line(stream, path, 1, run->verdict, sizeof run->verdict, &found, error);
  fclose(stream);
  if (status != LS_OK) return status;
  run->valid = !strcmp(run->verdict, "RESULT VALID");
  run->unavailable = !strncmp(run->verdict, unavailable, strlen(unavailable));
  if (!run->valid && !run->unavailable &&
      strncmp(run->verdict, "RESULT INVALID", strlen("RESULT INVALID")) != 0)
    return ls_fail(error, LS_FORMAT, "%s:1: neither RESULT VALID nor RESULT INVALID or UNAVAILABLE",
                   path);
  ls_text_make_printable(run->verdict);
  return LS_OK;
}

ls_status ls_report_run_read(const char *folder, ls_report_run *run, ls_error *error) {
  *run = (ls_report_run){.folder = strdup(folder)};
  if (!run->folder) return ls_fail(error, LS_MEMORY, "no memory for the runs");
  LS_TRY(read_verdict(run, error));
  LS_TRY(read_environment(run, error));
  for (int t = 0; t < LS_TABLES; t++) LS_TRY(read_table(run, t, error));
  return LS_OK;
}

void ls_report_run_destroy(ls_report_run *run) {
  for (int t = 0; t < LS_TABLES; t++) {
    ls_table *table = &run->tables[t];
    for (size_t c = 0; table->cells && c < (table->rows + 1) * table->columns; c++)
      free(table->cells[c]);
    free(table->cells);
  }
  cJSON_Delete(run->environment);
  free(run->folder);
  *run = (ls_report_run){0};
}

const char *ls_report_run_name(const ls_report_run *run) {
  const char *slash = strrchr(run->folder, '/');
  return slash && slash[1] ? slash + 1 : run->folder;
}

void ls_report_run_fact(const ls_report_run *run, const char *path, char *text, size_t size) {
  const cJSON *at = run->environment;
  text[0] = 0;
  while (at && *path) {
    char name[64];
    size_t length = strcspn(path, ".");
    snprintf(name, sizeof name, "%.*s", (int)length, path);
    at = cJSON_GetObjectItemCaseSensitive(at, name);
    path += length + (path[length] == '.');
  }
  if (at && cJSON_IsString(at))
    snprintf(text, size, "%s", at->valuestring);
  else if (at && cJSON_IsNumber(at))
    snprintf(text, size, "%.15g", at->valuedouble);
  ls_text_make_printable(text);
}
