#include "bench/report/csv.h"

#include "base/input_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 64, LINE = 32768 };

typedef struct row {
  char text[LINE];
  char *cells[MOST_COLUMNS];
  size_t count;
} row;

struct ls_csv {
  FILE *stream;
  char *path;
  size_t line; /* number of the present one */
  row names, cells;
};

typedef enum cell_kind { COUNT, NUMBER, KIND, CACHE_STATE } cell_kind;

/* Those that must not be empty are marked. */
static const struct {
  const char *name;
  cell_kind kind;
  int wanted;
} known[] = {
    {"nodes", COUNT, 1},
    {"ranks", COUNT, 1},
    {"threads", COUNT, 0},
    {"local_batch", COUNT, 0},
    {"global_batch", COUNT, 0},
    {"rep", COUNT, 0},
    {"epoch", COUNT, 0},
    {"step", COUNT, 0},
    {"rank", COUNT, 0},
    {"time_s", NUMBER, 1},
    {"events", COUNT, 0},
    {"bytes_disk", COUNT, 0},
    {"bytes_mem", COUNT, 0},
    {"warmup", COUNT, 0},
    {"kind", KIND, 1},
    {"cache_state", CACHE_STATE, 0},
    {"n", COUNT, 1},
    {"median_s", NUMBER, 1},
    {"ci95_lo", NUMBER, 0},
    {"ci95_hi", NUMBER, 0},
    {"min_s", NUMBER, 0},
    {"max_s", NUMBER, 0},
    {"p25", NUMBER, 0},
    {"p75", NUMBER, 0},
    {"p99", NUMBER, 0},
    {"events_per_s", NUMBER, 0},
    {"speedup", NUMBER, 0},
    {"efficiency", NUMBER, 0},
    {"base_ranks", COUNT, 0},
    {"base_time_s", NUMBER, 0},
    {"loss", NUMBER, 0},
    {"accuracy", NUMBER, 0},
    {"val_loss", NUMBER, 0},
    {"val_accuracy", NUMBER, 0},
    {"lr", NUMBER, 0},
    {"wall_s", NUMBER, 1},
    {"score_sum", NUMBER, 1},
    {"flop", NUMBER, 1},
    {"bytes", NUMBER, 1},
    {"seconds", NUMBER, 1},
    {"peak_flops", NUMBER, 1},
    {"peak_bytes_per_s", NUMBER, 1},
};

/* A loss may be infinite or no number: what training did is what is written. */
static int is_number(const char *text) {
  char *end;
  (void)strtod(text, &end);
  return end != text && !*end && text[strspn(text, " \t")] == text[0];
}

static int is_count(const char *text) {
  return *text && strlen(text) < 20 && text[strspn(text, "0123456789")] == 0;
}

static int is_one_of(const char *text, const char *const *choices) {
  for (; *choices; choices++)
    if (!strcmp(text, *choices)) return 1;
  return 0;
}

static const char *complaint(cell_kind kind, const char *text) {
  static const char *const kinds[] = {"measured", "emulated", "simulated", "model", NULL};
  static const char *const states[] = {"warm", "cold", "unknown", NULL};
  switch (kind) {
  case COUNT:
    return is_count(text) ? NULL : "no whole number";
  case NUMBER:
    return is_number(text) ? NULL : "no number";
  case KIND:
    return is_one_of(text, kinds) ? NULL : "none of measured, emulated, simulated, model";
  case CACHE_STATE:
    return is_one_of(text, states) ? NULL : "none of warm, cold, unknown";
  }
  return NULL;
}

static ls_status check_cell(const ls_csv *csv, size_t column, ls_error *error) {
  const char *name = csv->names.cells[column], *text = csv->cells.cells[column], *why = NULL;
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    if (strcmp(known[k].name, name) != 0) continue;
    if (!*text)
      why = known[k].wanted ? "empty" : NULL;
    else
      why = complaint(known[k].kind, text);
  }
  if (!why) return LS_OK;
  return ls_fail(error, LS_FORMAT, "%s:%zu: column %zu (%s) holds '%.60s', which is %s", csv->path,
                 csv->line, column + 1, name, text, why);
}

/* Takes one cell off *text (RFC 4180, but no line breaks within a cell), in place. */
static char *take_cell(char **text, int *last) {
  char *cell = *text, *from = cell, *to = cell;
  if (*from != '"') {
    size_t length = strcspn(from, ",");
    *last = !from[length];
    from[length] = 0;
    *text = from + length + !*last;
    return cell;
  }
  for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
    if (*from == '"') from++;
    *to++ = *from;
  }
  if (*from != '"' || (from[1] && from[1] != ',')) return NULL;
  *last = !from[1];
  *to = 0;
  *text = from + 1 + !*last;
  return cell;
}

static ls_status read_row(ls_csv *csv, row *r, int *found, ls_error *error) {
  r->count = 0;
  csv->line++;
  LS_TRY(ls_input_line(csv->stream, csv->path, csv->line, r->text, LINE, found, error));
  if (!*found) return LS_OK;
  size_t length = strlen(r->text);
  if (length && r->text[length - 1] == '\r') r->text[length - 1] = 0; /* edited elsewhere */
  char *text = r->text;
  for (int last = 0; !last;) {
    if (r->count == MOST_COLUMNS)
      return ls_fail(error, LS_FORMAT, "%s:%zu: more than %d columns", csv->path, csv->line,
                     MOST_COLUMNS);
    char *cell = take_cell(&text, &last);
    if (!cell)
      return ls_fail(error, LS_FORMAT, "%s:%zu: column %zu: a quotation mark does not end",
                     csv->path, csv->line, r->count + 1);
    r->cells[r->count++] = cell;
  }
  return LS_OK;
}

static ls_status check_names(const ls_csv *csv, const char *const *required, ls_error *error) {
  for (size_t i = 0; i < csv->names.count; i++)
    if (ls_csv_find(csv, csv->names.cells[i]) != (int)i)
      return ls_fail(error, LS_FORMAT, "%s:1: column %zu: a second one named '%.60s'", csv->path,
                     i + 1, csv->names.cells[i]);
  for (; required && *required; required++)
    if (ls_csv_find(csv, *required) < 0)
      return ls_fail(error, LS_FORMAT, "%s:1: there is no column %s", csv->path, *required);
  return LS_OK;
}

ls_status ls_csv_open(const char *path, const char *const *required, ls_csv **out,
                      ls_error *error) {
  *out = NULL;
  ls_csv *csv = calloc(1, sizeof *csv);
  size_t length = strlen(path) + 1;
  if (csv) csv->path = malloc(length);
  if (!csv || !csv->path) {
    free(csv);
    return ls_fail(error, LS_MEMORY, "%s: no memory to read it", path);
  }
  memcpy(csv->path, path, length);
  int found = 0;
  ls_status status = ls_input_stream(path, &csv->stream, error);
  if (status == LS_OK) status = read_row(csv, &csv->names, &found, error);
  if (status == LS_OK && !found)
    status = ls_fail(error, LS_FORMAT, "%s: is empty: not even the columns' names", path);
  if (status == LS_OK) status = check_names(csv, required, error);
  if (status != LS_OK) {
    ls_csv_close(csv);
    return status;
  }
  *out = csv;
  return LS_OK;
}

void ls_csv_close(ls_csv *csv) {
  if (!csv) return;
  if (csv->stream) fclose(csv->stream);
  free(csv->path);
  free(csv);
}

size_t ls_csv_columns(const ls_csv *csv) {
  return csv->names.count;
}

const char *ls_csv_name(const ls_csv *csv, size_t column) {
  return csv->names.cells[column];
}

int ls_csv_find(const ls_csv *csv, const char *name) {
  for (size_t i = 0; i < csv->names.count; i++)
    if (!strcmp(csv->names.cells[i], name)) return (int)i;
  return -1;
}

ls_status ls_csv_next(ls_csv *csv, int *found, ls_error *error) {
  LS_TRY(read_row(csv, &csv->cells, found, error));
  if (!*found) return LS_OK;
  if (csv->cells.count != csv->names.count)
    return ls_fail(error, LS_FORMAT, "%s:%zu: %zu columns, but the first line names %zu", csv->path,
                   csv->line, csv->cells.count, csv->names.count);
  for (size_t i = 0; i < csv->cells.count; i++) LS_TRY(check_cell(csv, i, error));
  return LS_OK;
}

const char *ls_csv_cell(const ls_csv *csv, size_t column) {
  return csv->cells.cells[column];
}
