#define _XOPEN_SOURCE 700
#include "bench/report/drawing.h"

#include "base/input_file.h"
#include "bench/report/plot_scripts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NO_ROWS = 3 }; /* NO_ROWS: plots/style.gnuplot */

struct ls_drawing_room {
  ls_gnuplot gnuplot;
};

static ls_status copy_script(const ls_drawing_room *room, const ls_plot_script *script,
                             ls_error *error) {
  FILE *stream = NULL;
  LS_TRY(ls_gnuplot_write(&room->gnuplot, script->file, &stream, error));
  fwrite(script->bytes, 1, script->length, stream);
  return ls_gnuplot_written(stream, script->file, error);
}

static ls_status fill_room(const ls_drawing_room *room, const ls_report_runs *runs,
                           ls_error *error) {
  char path[LS_GNUPLOT_PATH], link[32];
  for (const ls_plot_script *s = ls_plot_scripts; s->file; s++) LS_TRY(copy_script(room, s, error));
  for (size_t r = 0; r < runs->count; r++) {
    char *target = realpath(runs->run[r].folder, NULL);
    snprintf(link, sizeof link, "run-%zu", r + 1);
    ls_gnuplot_path(&room->gnuplot, link, path);
    int failed = !target || symlink(target, path);
    free(target);
    if (failed)
      return ls_fail(error, LS_IO, "%s: no link to it can be made in %s: %s", runs->run[r].folder,
                     room->gnuplot.folder, strerror(errno));
  }
  return LS_OK;
}

ls_status ls_drawing_room_open(const ls_report_runs *runs, ls_drawing_room **out, ls_error *error) {
  *out = NULL;
  ls_drawing_room *room = calloc(1, sizeof *room);
  if (!room) return ls_fail(error, LS_MEMORY, "no memory for the figures");
  ls_status status = ls_gnuplot_open(&room->gnuplot, error);
  if (status == LS_OK) status = fill_room(room, runs, error);
  if (status != LS_OK) {
    ls_drawing_room_close(room);
    return status;
  }
  *out = room;
  return LS_OK;
}

void ls_drawing_room_close(ls_drawing_room *room) {
  if (!room) return;
  ls_gnuplot_close(&room->gnuplot);
  free(room);
}

static ls_status write_beginning(const ls_drawing_room *room, const ls_drawing *drawing,
                                 const char *output, ls_error *error) {
  FILE *stream = NULL;
  LS_TRY(ls_gnuplot_write(&room->gnuplot, "figure", &stream, error));
  ls_gnuplot_put(stream, "room", room->gnuplot.folder);
  fputs("cd room\n", stream);
  ls_gnuplot_put(stream, "runs", drawing->runs);
  ls_gnuplot_put(stream, "output", output);
  ls_gnuplot_put(stream, "caption", drawing->caption);
  fprintf(stream, "load '%s.gnuplot'\n", drawing->script);
  return ls_gnuplot_written(stream, "figure", error);
}

ls_status ls_drawing_read(const char *path, char **picture, size_t *length, ls_error *error) {
  FILE *stream;
  struct stat facts;
  *picture = NULL;
  LS_TRY(ls_input_stream(path, &stream, error));
  if (fstat(fileno(stream), &facts) || facts.st_size == 0) {
    fclose(stream);
    return ls_fail(error, LS_FORMAT, "%s: there is nothing in this picture", path);
  }
  *length = (size_t)facts.st_size;
  *picture = malloc(*length);
  int whole = *picture && fread(*picture, 1, *length, stream) == *length;
  fclose(stream);
  if (whole) return LS_OK;
  free(*picture);
  *picture = NULL;
  return ls_fail(error, LS_MEMORY, "%s: no memory to read it", path);
}

ls_status ls_drawing_draw(const ls_drawing_room *room, const ls_drawing *drawing, char **picture,
                          size_t *length, char words[LS_GNUPLOT_WORDS], ls_error *error) {
  char output[64], path[LS_GNUPLOT_PATH];
  int code;
  *picture = NULL;
  *length = 0;
  words[0] = 0;
  snprintf(output, sizeof output, "picture.%s", drawing->format);
  ls_gnuplot_path(&room->gnuplot, output, path);
  unlink(path);
  LS_TRY(write_beginning(room, drawing, output, error));
  LS_TRY(ls_gnuplot_run(&room->gnuplot, "figure", &code, words, error));
  if (code == 0) return ls_drawing_read(path, picture, length, error);
  if (code == NO_ROWS) return LS_OK;
  return ls_fail(error, LS_INTERNAL, "gnuplot could not draw %s: %s", drawing->script, words);
}
