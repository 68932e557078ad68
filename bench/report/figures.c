#define _POSIX_C_SOURCE 200809L
#include "bench/report/figures.h"

#include "base/output_file.h"
#include "bench/report/figure_kinds.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096, MOST_WORDS = 65536 };

static int is_of(const ls_report_run *run, const ls_figure_kind *kind, int any) {
  if (!run->tables[kind->table].rows) return 0;
  if (any) return 1;
  for (int d = 0; kind->drivers[d]; d++)
    if (!strcmp(run->driver, kind->drivers[d])) return 1;
  return 0;
}

/* Whether a list holds that very word. */
static int holds(const char *list, const char *word, const char *between) {
  size_t length = strlen(word), gap = strlen(between);
  for (const char *at = list; (at = strstr(at, word)); at += length) {
    int begins = at == list || ((size_t)(at - list) >= gap && !strncmp(at - gap, between, gap));
    if (begins && (!at[length] || !strncmp(at + length, between, gap))) return 1;
  }
  return 0;
}

/* Adds to a list of words, each once; those that do not fit as "..". */
static void add_word(char *list, size_t size, const char *word, const char *between) {
  size_t length = strlen(list);
  if (!*word || holds(list, word, between)) return;
  if (length + strlen(word) + 8 > size) word = "..";
  if (holds(list, "..", between)) return;
  snprintf(list + length, size - length, "%s%s", length ? between : "", word);
}

static void add_machine(const ls_report_run *run, char *machines, size_t size) {
  char host[64], cpu[96], cores[24], machine[256];
  ls_report_run_fact(run, "machine.host", host, sizeof host);
  ls_report_run_fact(run, "machine.cpu", cpu, sizeof cpu);
  ls_report_run_fact(run, "machine.cores", cores, sizeof cores);
  if (!*cpu) return;
  snprintf(machine, sizeof machine, "%s%s%s%s, host %s", cpu, *cores ? ", " : "", cores,
           *cores ? " cores" : "", host);
  add_word(machines, size, machine, "; ");
}

static void append(char *text, size_t size, const char *what, const char *more) {
  size_t length = strlen(text);
  snprintf(text + length, size - length, "%s%s", what, more);
}

/* What a reader must know of the points of a sweep (env.json of a driver). */
static void add_warnings(const ls_report_run *run, char *warnings, size_t size) {
  const cJSON *point, *points = cJSON_GetObjectItemCaseSensitive(run->environment, "points");
  cJSON_ArrayForEach(point, points) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(point, "node_is");
    if (cJSON_IsString(node) && !strcmp(node->valuestring, "rank"))
      add_word(warnings, size, "a node is a rank with its cores", "; ");
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(point, "oversubscribed")))
      add_word(warnings, size, "SOME RANKS SHARE CORES", "; ");
  }
}

/* Words for gnuplot, and the caption: what is common to the runs once, what differs listed. */
static void choose(const ls_report_runs *runs, const ls_figure_kind *kind, size_t only, char *words,
                   char *caption, size_t size) {
  char machines[400] = "", dates[160] = "", revisions[160] = "", invalid[160] = "",
       warnings[96] = "", text[96];
  int any = kind->others;
  for (size_t r = 0; any && r < runs->count; r++)
    if (is_of(&runs->run[r], kind, 0)) any = 0;
  words[0] = 0;
  for (size_t r = 0; r < runs->count; r++) {
    const ls_report_run *run = &runs->run[r];
    if (kind->each_run ? r != only : !is_of(run, kind, any)) continue;
    size_t length = strlen(words);
    snprintf(words + length, MOST_WORDS - length, "%srun-%zu", length ? " " : "", r + 1);
    add_machine(run, machines, sizeof machines);
    ls_report_run_fact(run, "time_utc", text, sizeof text);
    text[strcspn(text, "T")] = 0;
    add_word(dates, sizeof dates, text, ", ");
    ls_report_run_fact(run, "program.revision", text, sizeof text);
    add_word(revisions, sizeof revisions, text, ", ");
    add_warnings(run, warnings, sizeof warnings);
    if (!run->valid) add_word(invalid, sizeof invalid, ls_report_run_name(run), ", ");
  }
  snprintf(caption, size, "%s; %s; revision %s", *machines ? machines : "machine unknown",
           *dates ? dates : "date unknown", *revisions ? revisions : "unknown");
  if (kind->each_run && only < runs->count)
    append(caption, size, "; run ", ls_report_run_name(&runs->run[only]));
  if (*warnings) append(caption, size, "; ", warnings);
  if (*invalid) append(caption, size, "; NOT VALID: ", invalid);
}

static void path_of(const ls_figure_files *files, const ls_figure *figure, const char *format,
                    char path[PATH]) {
  snprintf(path, PATH, "%s/%s.%s", files->folder ? files->folder : "", figure->name, format);
}

static ls_status save(const char *path, const char *bytes, size_t length, ls_error *error) {
  ls_output_file file;
  LS_TRY(ls_output_open(&file, path, error));
  ls_output_write(&file, bytes, length);
  return ls_output_commit(&file, error);
}

static ls_status draw_formats(const ls_drawing_room *room, const ls_figure_kind *kind,
                              ls_drawing *drawing, const ls_figure_files *files, ls_figure *figure,
                              ls_error *error) {
  /* The page's own comes first. */
  const char *const formats[] = {kind->bitmap ? "png" : "svg", kind->bitmap ? "svg" : "png", "pdf"};
  for (int f = 0; f < (files->folder ? 3 : 1); f++) {
    char *picture, words[LS_GNUPLOT_WORDS], path[PATH];
    size_t length;
    path_of(files, figure, formats[f], path);
    if (files->folder) LS_TRY(ls_output_check(path, files->overwrite, error));
    drawing->format = formats[f];
    LS_TRY(ls_drawing_draw(room, drawing, &picture, &length, words, error));
    if (!picture) {
      snprintf(figure->why, sizeof figure->why, "%s", words);
      return LS_OK;
    }
    ls_status status = LS_OK;
    if (files->folder) status = save(path, picture, length, error);
    if (f == 0)
      figure->picture = picture, figure->length = length;
    else
      free(picture);
    if (status != LS_OK) return status;
  }
  return LS_OK;
}

static ls_status draw(const ls_drawing_room *room, const ls_report_runs *runs,
                      const ls_figure_kind *kind, size_t only, int number,
                      const ls_figure_files *files, ls_figures *figures, ls_error *error) {
  ls_figure *figure = &figures->figure[figures->count++];
  *figure =
      (ls_figure){.meaning = kind->meaning, .type = kind->bitmap ? "image/png" : "image/svg+xml"};
  snprintf(figure->title, sizeof figure->title, "%s%s%.80s", kind->title,
           kind->each_run && only < runs->count ? " of " : "",
           kind->each_run && only < runs->count ? ls_report_run_name(&runs->run[only]) : "");
  snprintf(figure->name, sizeof figure->name, number > 1 ? "%s-%d" : "%s", kind->script, number);
  char *words = malloc(MOST_WORDS);
  if (!words) return ls_fail(error, LS_MEMORY, "no memory for the figures");
  choose(runs, kind, only, words, figure->caption, sizeof figure->caption);
  ls_status status = LS_OK;
  if (!*words) {
    snprintf(figure->why, sizeof figure->why, "skipped: no run of %s has rows in %s",
             kind->drivers[0] ? kind->drivers[0] : "any driver", ls_table_files[kind->table]);
  } else if (figures->no_gnuplot) {
    snprintf(figure->why, sizeof figure->why, "skipped: gnuplot is not installed");
  } else {
    ls_drawing drawing = {.script = kind->script, .runs = words, .caption = figure->caption};
    status = draw_formats(room, kind, &drawing, files, figure, error);
  }
  if (status == LS_UNAVAILABLE) {
    figures->no_gnuplot = 1;
    snprintf(figure->why, sizeof figure->why, "skipped: gnuplot is not installed");
    if (error) *error = (ls_error){0};
    status = LS_OK;
  }
  figures->drawn += figure->picture != NULL;
  free(words);
  return status;
}

/* One for each run that holds the table, the first ones; none: one that says so. */
static ls_status draw_each(const ls_drawing_room *room, const ls_report_runs *runs,
                           const ls_figure_kind *kind, const ls_figure_files *files,
                           ls_figures *figures, ls_error *error) {
  int number = 0;
  for (size_t r = 0; r < runs->count && number < LS_MOST_CONFUSIONS; r++)
    if (is_of(&runs->run[r], kind, 1))
      LS_TRY(draw(room, runs, kind, r, ++number, files, figures, error));
  return number ? LS_OK : draw(room, runs, kind, runs->count, 1, files, figures, error);
}

/* Into the folder of figures, in those formats that are there. */
static ls_status copy_pictures(const ls_report_run *run, const ls_figure_files *files,
                               const ls_figure *figure, ls_error *error) {
  static const char *const formats[] = {"png", "svg", "pdf"};
  for (int f = 0; f < 3; f++) {
    char from[PATH], to[PATH], *picture;
    size_t length;
    snprintf(from, sizeof from, "%s/event_display.%s", run->folder, formats[f]);
    path_of(files, figure, formats[f], to);
    if (access(from, F_OK)) continue;
    LS_TRY(ls_output_check(to, files->overwrite, error));
    LS_TRY(ls_drawing_read(from, &picture, &length, error));
    ls_status status = save(to, picture, length, error);
    free(picture);
    LS_TRY(status);
  }
  return LS_OK;
}

/* The machine and revision of the run in whose folder the picture is. */
static void caption_of_display(const ls_report_run *run, ls_figure *figure) {
  char machine[256] = "", date[96], revision[96];
  add_machine(run, machine, sizeof machine);
  ls_report_run_fact(run, "time_utc", date, sizeof date);
  date[strcspn(date, "T")] = 0;
  ls_report_run_fact(run, "program.revision", revision, sizeof revision);
  snprintf(figure->caption, sizeof figure->caption,
           "Drawn by larscale display, for the run of: %s; %s; revision %s",
           *machine ? machine : "machine unknown", *date ? date : "date unknown",
           *revision ? revision : "unknown");
}

/* What `larscale display` was told to leave in a run's folder. */
static ls_status add_event_display(const ls_report_run *run, const ls_figure_files *files,
                                   int *number, ls_figures *figures, ls_error *error) {
  static const char *const pictures[][2] = {{"event_display.png", "image/png"},
                                            {"event_display.svg", "image/svg+xml"}};
  if (figures->count == LS_MOST_FIGURES) return LS_OK;
  for (int f = 0; f < 2; f++) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s", run->folder, pictures[f][0]);
    if (access(path, F_OK)) continue;
    ls_figure *figure = &figures->figure[figures->count];
    *figure = (ls_figure){
        .type = pictures[f][1],
        .meaning = "One panel for each wire plane: wire against time, colour for "
                   "charge, where there is charge. The network is given one plane, or all, in its "
                   "own window."};
    ++*number;
    snprintf(figure->name, sizeof figure->name, *number > 1 ? "event_display-%d" : "event_display",
             *number);
    snprintf(figure->title, sizeof figure->title, "An event of the data (%.80s)",
             ls_report_run_name(run));
    caption_of_display(run, figure);
    LS_TRY(ls_drawing_read(path, &figure->picture, &figure->length, error));
    if (files->folder) LS_TRY(copy_pictures(run, files, figure, error));
    figures->count++;
    figures->drawn++;
    return LS_OK;
  }
  return LS_OK;
}

ls_status ls_figures_draw(const ls_report_runs *runs, const ls_figure_files *files,
                          ls_figures *figures, ls_error *error) {
  *figures = (ls_figures){0};
  ls_drawing_room *room;
  if (files->folder) LS_TRY(ls_make_folder(files->folder, error));
  LS_TRY(ls_drawing_room_open(runs, &room, error));
  ls_status status = LS_OK;
  for (const ls_figure_kind *kind = ls_figure_kinds; status == LS_OK && kind->script; kind++)
    status = kind->each_run ? draw_each(room, runs, kind, files, figures, error)
                            : draw(room, runs, kind, 0, 1, files, figures, error);
  ls_drawing_room_close(room);
  int displays = 0;
  for (size_t r = 0; status == LS_OK && r < runs->count; r++)
    status = add_event_display(&runs->run[r], files, &displays, figures, error);
  return status;
}

void ls_figures_destroy(ls_figures *figures) {
  for (size_t f = 0; f < figures->count; f++) free(figures->figure[f].picture);
  *figures = (ls_figures){0};
}
