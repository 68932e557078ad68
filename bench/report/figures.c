#define _POSIX_C_SOURCE 200809L
#include "bench/report/figures.h"

#include "base/output_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 4096, MOST_DRIVERS = 3, MOST_WORDS = 65536 };

/* A script of plots/. It is given the runs of these drivers that hold the table; if others is 1 and
 * there are none, any run that holds it. */
typedef struct figure_kind {
  const char *script, *title;
  ls_report_table table;
  const char *drivers[MOST_DRIVERS + 1];
  int others;
  int each_run; /* 1: a figure for each run */
  const char *meaning;
} figure_kind;

static const figure_kind kinds[] = {
    {"load_time",
     "Load time against nodes",
     LS_TABLE_SUMMARY,
     {"load-time"},
     0,
     0,
     "Both axes are logarithmic: halving the time at twice the nodes is a straight line parallel "
     "to "
     "the ideal one. A line that bends up is held back by what does not shrink with the nodes, "
     "such "
     "as a file system that all share."},
    {"cpu_speedup",
     "Training against CPU nodes",
     LS_TABLE_SUMMARY,
     {"cpu-speedup"},
     0,
     0,
     "Upper panel: how many times as fast as the base case; the grey line is ideal. Lower panel: "
     "that "
     "speed-up for each rank. Where a bar reaches the ideal line, the two cannot be told apart."},
    {"gpu_speedup",
     "Training against GPUs",
     LS_TABLE_SUMMARY,
     {"gpu-speedup"},
     0,
     0,
     "As the figure of CPU nodes, for devices; decompression and the move to the device are "
     "included."},
    {"loss_vs_batch",
     "Loss against epochs and time",
     LS_TABLE_HISTORY,
     {"loss-vs-batch"},
     1,
     0,
     "Upper panel: what an epoch brings; lower panel: what a second brings. A larger global batch "
     "makes fewer steps of an epoch. Bands that overlap are no difference."},
    {"phases",
     "Where the time goes",
     LS_TABLE_SAMPLES,
     {"load-time", "cpu-speedup", "gpu-speedup"},
     1,
     0,
     "The height of a bar is the mean time; its parts are the phases. What grows with the nodes is "
     "the cost of scaling, mostly allreduce: communication not hidden behind the backward pass, "
     "and "
     "waiting for the slowest rank."},
    {"roofline",
     "Roofline",
     LS_TABLE_ROOFLINE,
     {NULL},
     1,
     0,
     "A kernel cannot be above the line. Under the slope the memory is what limits it, under the "
     "level the arithmetic; the distance to the line is what could be gained."},
    {"confusion",
     "Confusion table",
     LS_TABLE_CONFUSION,
     {NULL},
     1,
     1,
     "A row is a true class; its cells say where its scores went. A perfect network has a dark "
     "diagonal and nothing beside it."},
};

static int is_of(const ls_report_run *run, const figure_kind *kind, int any) {
  if (!run->tables[kind->table].rows) return 0;
  if (any) return 1;
  for (int d = 0; kind->drivers[d]; d++)
    if (!strcmp(run->driver, kind->drivers[d])) return 1;
  return 0;
}

/* Adds to a list of words, each once, the rest as "..". */
static void add_word(char *list, size_t size, const char *word, const char *between) {
  size_t length = strlen(list);
  if (!*word || strstr(list, word)) return;
  if (length + strlen(word) + 8 > size) word = "..";
  if (strstr(list, "..")) return;
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

/* Words for gnuplot, and the caption: what is common to the runs once, what differs listed. */
static void choose(const ls_report_runs *runs, const figure_kind *kind, size_t only, char *words,
                   char *caption, size_t size) {
  char machines[400] = "", dates[160] = "", revisions[160] = "", invalid[160] = "", text[96];
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
    if (!run->valid) add_word(invalid, sizeof invalid, ls_report_run_name(run), ", ");
  }
  snprintf(caption, size, "%s; %s; revision %s", *machines ? machines : "machine unknown",
           *dates ? dates : "date unknown", *revisions ? revisions : "unknown");
  if (kind->each_run && only < runs->count)
    append(caption, size, "; run ", ls_report_run_name(&runs->run[only]));
  if (*invalid) append(caption, size, "; NOT VALID: ", invalid);
}

static ls_status save(const char *folder, const char *name, const char *format, const char *bytes,
                      size_t length, ls_error *error) {
  char path[PATH];
  ls_output_file file;
  snprintf(path, sizeof path, "%s/%s.%s", folder, name, format);
  LS_TRY(ls_output_open(&file, path, error));
  ls_output_write(&file, bytes, length);
  return ls_output_commit(&file, error);
}

static ls_status draw_formats(const ls_drawing_room *room, ls_drawing *drawing, const char *folder,
                              ls_figure *figure, ls_error *error) {
  static const char *const formats[] = {"svg", "png", "pdf"};
  for (int f = 0; f < (folder ? 3 : 1); f++) {
    char *picture, words[LS_WORDS_LENGTH];
    size_t length;
    drawing->format = formats[f];
    LS_TRY(ls_drawing_draw(room, drawing, &picture, &length, words, error));
    if (!picture) {
      snprintf(figure->why, sizeof figure->why, "%s", words);
      return LS_OK;
    }
    ls_status status = LS_OK;
    if (folder) status = save(folder, figure->name, formats[f], picture, length, error);
    if (f == 0)
      figure->picture = picture, figure->length = length;
    else
      free(picture);
    if (status != LS_OK) return status;
  }
  return LS_OK;
}

static ls_status draw(const ls_drawing_room *room, const ls_report_runs *runs,
                      const figure_kind *kind, size_t only, int number, const char *folder,
                      ls_figures *figures, ls_error *error) {
  ls_figure *figure = &figures->figure[figures->count++];
  *figure = (ls_figure){.title = kind->title, .meaning = kind->meaning};
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
    status = draw_formats(room, &drawing, folder, figure, error);
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
                           const figure_kind *kind, const char *folder, ls_figures *figures,
                           ls_error *error) {
  int number = 0;
  for (size_t r = 0; r < runs->count && number < LS_MOST_CONFUSIONS; r++)
    if (is_of(&runs->run[r], kind, 1))
      LS_TRY(draw(room, runs, kind, r, ++number, folder, figures, error));
  return number ? LS_OK : draw(room, runs, kind, runs->count, 1, folder, figures, error);
}

ls_status ls_figures_draw(const ls_report_runs *runs, const char *folder, ls_figures *figures,
                          ls_error *error) {
  *figures = (ls_figures){0};
  ls_drawing_room *room;
  if (folder) LS_TRY(ls_make_folder(folder, error));
  LS_TRY(ls_drawing_room_open(runs, &room, error));
  ls_status status = LS_OK;
  for (size_t k = 0; status == LS_OK && k < sizeof kinds / sizeof *kinds; k++)
    status = kinds[k].each_run ? draw_each(room, runs, &kinds[k], folder, figures, error)
                               : draw(room, runs, &kinds[k], 0, 1, folder, figures, error);
  ls_drawing_room_close(room);
  return status;
}

void ls_figures_destroy(ls_figures *figures) {
  for (size_t f = 0; f < figures->count; f++) free(figures->figure[f].picture);
  *figures = (ls_figures){0};
}
