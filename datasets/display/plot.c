#define _POSIX_C_SOURCE 200809L
#include "datasets/display/plot.h"

#include "base/output_file.h"
#include "datasets/display/colours.h"
#include "gnuplot/gnuplot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_CRISP = 50000, LINE = 180 };

static const struct {
  const char *end, *terminal;
} kinds[] = {
    {".png", "pngcairo size 1560,640 font 'Sans,11' background '#ffffff'"},
    {".svg", "svg size 1560,640 font 'Sans,11' fontscale 1.25 background '#ffffff'"},
    {".pdf", "pdfcairo size 29cm,11.9cm font 'Sans,11' fontscale 0.58 background '#ffffff'"},
};

static const char *terminal_of(const char *path) {
  size_t length = strlen(path);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    size_t end = strlen(kinds[i].end);
    if (length > end && !strcmp(path + length - end, kinds[i].end)) return kinds[i].terminal;
  }
  return NULL;
}

int ls_plot_draws(const char *path) {
  return terminal_of(path) != NULL;
}

static ls_status write_cells(const ls_gnuplot *gnuplot, const ls_event_view *view,
                             ls_error *error) {
  FILE *stream = NULL;
  LS_TRY(ls_gnuplot_write(gnuplot, "cells", &stream, error));
  for (int p = 0; p < view->planes; p++)
    fwrite(view->panel[p].cells, sizeof(float), (size_t)view->columns * (size_t)view->rows, stream);
  return ls_gnuplot_written(stream, "cells", error);
}

static void put_palette(FILE *stream, const ls_colours *colours) {
  fputs("set palette defined (", stream);
  for (int i = 0; i < colours->count; i++)
    fprintf(stream, "%s%d '#%02x%02x%02x'", i ? ", " : "", i, colours->rgb[i][0],
            colours->rgb[i][1], colours->rgb[i][2]);
  fputs(")\n", stream);
}

/* Puts text into lines of at most so many letters, broken at a comma or blank. */
static void break_line(const char *text, size_t most, char *first, char *rest, size_t size) {
  size_t length = strlen(text), cut = length;
  if (length > most)
    for (cut = most; cut > most / 2 && text[cut] != ' ';) cut--;
  snprintf(first, size, "%.*s", (int)cut, text);
  snprintf(rest, size, "%s", text + cut + (text[cut] == ' '));
}

/* Vector pictures of few points. */
static int is_crisp(const char *terminal, const ls_event_view *view) {
  return strncmp(terminal, "png", 3) != 0 && view->filled <= MOST_CRISP;
}

static ls_status write_script(const ls_gnuplot *gnuplot, const char *output, const char *terminal,
                              const ls_event_view *view, const ls_caption *caption,
                              ls_error *error) {
  FILE *stream = NULL;
  char second[512], third[512], all[800], cells[LS_GNUPLOT_PATH];
  LS_TRY(ls_gnuplot_write(gnuplot, "script", &stream, error));
  ls_gnuplot_path(gnuplot, "cells", cells);
  snprintf(all, sizeof all, "%s%s", caption->facts, caption->truth);
  break_line(all, LINE, second, third, sizeof second);
  if (strlen(third) > LINE) snprintf(third + LINE - 3, 4, "...");
  fprintf(stream, "set terminal %s\n", terminal);
  ls_gnuplot_put(stream, "target", output);
  fputs("set output target\n", stream);
  put_palette(stream, ls_colours_of(view->negative));
  ls_gnuplot_put(stream, "cells", cells);
  ls_gnuplot_put(stream, "title", caption->title);
  ls_gnuplot_put(stream, "second", second);
  ls_gnuplot_put(stream, "third", third);
  ls_gnuplot_put(stream, "footnote", caption->footnote);
  fprintf(stream, "planes = %d; columns = %d; rows = %d; wires = %d; ticks = %d\n", view->planes,
          view->columns, view->rows, view->wires, view->ticks);
  fprintf(stream, "wires_per_cell = %d; ticks_per_cell = %d; first_tick = %d\n",
          view->wires_per_cell, view->ticks_per_cell, view->first_tick);
  fprintf(stream,
          "scale = %.9g; negative = %d; crisp = %d\narray first_wire[%d]\narray heading[%d]\n",
          view->scale, view->negative, is_crisp(terminal, view), view->planes, view->planes);
  for (int p = 0; p < view->planes; p++) {
    char name[32];
    snprintf(name, sizeof name, "heading[%d]", p + 1);
    fprintf(stream, "first_wire[%d] = %d\n", p + 1, view->panel[p].first_wire);
    ls_gnuplot_put(stream, name, caption->heading[p]);
  }
  fputs(ls_plot_script, stream);
  return ls_gnuplot_written(stream, "script", error);
}

static ls_status draw(const ls_gnuplot *gnuplot, const char *output, const char *terminal,
                      const ls_event_view *view, const ls_caption *caption, ls_error *error) {
  char words[LS_GNUPLOT_WORDS];
  int code;
  LS_TRY(write_cells(gnuplot, view, error));
  LS_TRY(write_script(gnuplot, output, terminal, view, caption, error));
  ls_status status = ls_gnuplot_run(gnuplot, "script", &code, words, error);
  if (status == LS_UNAVAILABLE) return ls_fail_within(error, status, "let --out end in .html");
  LS_TRY(status);
  if (code) return ls_fail(error, LS_INTERNAL, "gnuplot could not draw the event: %s", words);
  if (access(output, F_OK))
    return ls_fail(error, LS_IO, "%s: gnuplot wrote no file; check the folder and free space",
                   output);
  return LS_OK;
}

ls_status ls_plot_event(const char *path, const ls_event_view *view, const ls_caption *caption,
                        ls_error *error) {
  ls_gnuplot gnuplot;
  char *target = NULL, *temporary = NULL;
  LS_TRY(ls_output_try(path, error)); /* gnuplot would not say which file and why */
  LS_TRY(ls_gnuplot_open(&gnuplot, error));
  ls_status status = ls_output_names(path, &target, &temporary, error);
  if (status == LS_OK) status = draw(&gnuplot, temporary, terminal_of(path), view, caption, error);
  if (status == LS_OK)
    status = ls_output_rename(temporary, target, error);
  else if (temporary)
    unlink(temporary);
  ls_gnuplot_close(&gnuplot);
  free(target);
  free(temporary);
  return status;
}
