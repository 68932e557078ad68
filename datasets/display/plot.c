#define _POSIX_C_SOURCE 200809L
#include "datasets/display/plot.h"

#include "base/output_file.h"
#include "datasets/display/colours.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME = 256, WORDS = 400, MOST_CRISP = 50000, LINE = 180 };

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

/* What gnuplot needs, in a folder of its own. */
typedef struct workshop {
  char folder[NAME];
  char cells[NAME + 16], script[NAME + 16], words[NAME + 16];
} workshop;

static ls_status open_workshop(workshop *w, ls_error *error) {
  const char *temporary = getenv("TMPDIR");
  *w = (workshop){0};
  if (!temporary || !*temporary || strlen(temporary) > NAME - 32) temporary = "/tmp";
  snprintf(w->folder, sizeof w->folder, "%s/larscale-display-XXXXXX", temporary);
  if (!mkdtemp(w->folder)) {
    ls_status status = ls_fail(error, LS_IO, "%s: no folder can be made there: %s; set TMPDIR",
                               temporary, strerror(errno));
    w->folder[0] = 0;
    return status;
  }
  snprintf(w->cells, sizeof w->cells, "%s/cells", w->folder);
  snprintf(w->script, sizeof w->script, "%s/script", w->folder);
  snprintf(w->words, sizeof w->words, "%s/words", w->folder);
  return LS_OK;
}

static void close_workshop(const workshop *w) {
  if (!w->folder[0]) return;
  unlink(w->cells);
  unlink(w->script);
  unlink(w->words);
  rmdir(w->folder);
}

static ls_status finish(FILE *stream, const char *path, ls_error *error) {
  int bad = ferror(stream);
  if (fclose(stream) || bad)
    return ls_fail(error, LS_IO, "%s: cannot be written: free some space, or set TMPDIR", path);
  return LS_OK;
}

static ls_status begin(FILE **stream, const char *path, ls_error *error) {
  *stream = fopen(path, "wb");
  return *stream ? LS_OK
                 : ls_fail(error, LS_IO, "%s: cannot be written: %s", path, strerror(errno));
}

static ls_status write_cells(const char *path, const ls_event_view *view, ls_error *error) {
  FILE *stream = NULL;
  LS_TRY(begin(&stream, path, error));
  for (int p = 0; p < view->planes; p++)
    fwrite(view->panel[p].cells, sizeof(float), (size_t)view->columns * (size_t)view->rows, stream);
  return finish(stream, path, error);
}

/* As gnuplot reads it: in single quotes nothing means anything but the quote itself, doubled. */
static void put_text(FILE *stream, const char *name, const char *text) {
  fprintf(stream, "%s = '", name);
  for (; *text; text++) {
    if (*text == '\'') fputc('\'', stream);
    fputc(*text, stream);
  }
  fputs("'\n", stream);
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

static ls_status write_script(const workshop *w, const char *output, const char *terminal,
                              const ls_event_view *view, const ls_caption *caption,
                              ls_error *error) {
  FILE *stream = NULL;
  char second[512], third[512], all[800];
  LS_TRY(begin(&stream, w->script, error));
  snprintf(all, sizeof all, "%s%s", caption->facts, caption->truth);
  break_line(all, LINE, second, third, sizeof second);
  if (strlen(third) > LINE) snprintf(third + LINE - 3, 4, "...");
  fprintf(stream, "set terminal %s\n", terminal);
  put_text(stream, "target", output);
  fputs("set output target\n", stream);
  put_palette(stream, ls_colours_of(view->negative));
  put_text(stream, "cells", w->cells);
  put_text(stream, "title", caption->title);
  put_text(stream, "second", second);
  put_text(stream, "third", third);
  put_text(stream, "footnote", caption->footnote);
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
    put_text(stream, name, caption->heading[p]);
  }
  fputs(ls_plot_script, stream);
  return finish(stream, w->script, error);
}

/* gnuplot's last line of complaint. */
static void read_words(const char *path, char words[WORDS]) {
  FILE *stream = fopen(path, "r");
  char line[WORDS];
  snprintf(words, WORDS, "it says nothing");
  if (!stream) return;
  while (fgets(line, sizeof line, stream)) {
    line[strcspn(line, "\n")] = 0;
    if (line[strspn(line, " ^")]) snprintf(words, WORDS, "%s", line + strspn(line, " "));
  }
  fclose(stream);
}

extern char **environ;

static ls_status run_gnuplot(const workshop *w, ls_error *error) {
  char program[] = "gnuplot", script[sizeof w->script], words[WORDS];
  char *const arguments[] = {program, script, NULL};
  posix_spawn_file_actions_t actions;
  pid_t child = -1;
  int answer = 0, failed = posix_spawn_file_actions_init(&actions);
  if (failed) return ls_fail(error, LS_MEMORY, "no memory to start gnuplot");
  snprintf(script, sizeof script, "%s", w->script);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, w->words, O_WRONLY | O_CREAT, 0600);
  failed = posix_spawnp(&child, program, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed)
    return ls_fail(error, LS_UNAVAILABLE,
                   "gnuplot, which draws the picture, cannot be started: %s; install it (Debian: "
                   "gnuplot-nox) or let --out end in .html",
                   strerror(failed));
  while (waitpid(child, &answer, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(answer) && WEXITSTATUS(answer) == 0) return LS_OK;
  read_words(w->words, words);
  return ls_fail(error, LS_INTERNAL, "gnuplot could not draw the event: %s", words);
}

static ls_status draw(const workshop *w, const char *output, const char *terminal,
                      const ls_event_view *view, const ls_caption *caption, ls_error *error) {
  LS_TRY(write_cells(w->cells, view, error));
  LS_TRY(write_script(w, output, terminal, view, caption, error));
  LS_TRY(run_gnuplot(w, error));
  if (access(output, F_OK))
    return ls_fail(error, LS_IO, "%s: gnuplot wrote no file; check the folder and free space",
                   output);
  return LS_OK;
}

ls_status ls_plot_event(const char *path, const ls_event_view *view, const ls_caption *caption,
                        ls_error *error) {
  workshop w;
  char *target = NULL, *temporary = NULL;
  LS_TRY(ls_output_try(path, error)); /* gnuplot would not say which file and why */
  LS_TRY(open_workshop(&w, error));
  ls_status status = ls_output_names(path, &target, &temporary, error);
  if (status == LS_OK) status = draw(&w, temporary, terminal_of(path), view, caption, error);
  if (status == LS_OK)
    status = ls_output_rename(temporary, target, error);
  else if (temporary)
    unlink(temporary);
  close_workshop(&w);
  free(target);
  free(temporary);
  return status;
}
