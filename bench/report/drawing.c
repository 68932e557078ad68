#define _XOPEN_SOURCE 700
#include "bench/report/drawing.h"

#include "base/input_file.h"
#include "bench/report/plot_scripts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME = 256, PATH = 512, NO_ROWS = 3 }; /* NO_ROWS: plots/style.gnuplot */

struct ls_drawing_room {
  char folder[NAME];
};

static void path_of(const ls_drawing_room *room, const char *name, char path[PATH]) {
  snprintf(path, PATH, "%s/%s", room->folder, name);
}

static ls_status write_file(const char *path, const void *bytes, size_t length, ls_error *error) {
  FILE *stream = fopen(path, "wbx");
  int bad = !stream || fwrite(bytes, 1, length, stream) != length;
  if (stream && fclose(stream)) bad = 1;
  return bad ? ls_fail(error, LS_IO, "%s: cannot be written: %s; free some space, or set TMPDIR",
                       path, strerror(errno))
             : LS_OK;
}

static ls_status fill_room(const ls_drawing_room *room, const ls_report_runs *runs,
                           ls_error *error) {
  char path[PATH], link[32];
  for (const ls_plot_script *s = ls_plot_scripts; s->file; s++) {
    path_of(room, s->file, path);
    LS_TRY(write_file(path, s->bytes, s->length, error));
  }
  for (size_t r = 0; r < runs->count; r++) {
    char *target = realpath(runs->run[r].folder, NULL);
    snprintf(link, sizeof link, "run-%zu", r + 1);
    path_of(room, link, path);
    int failed = !target || symlink(target, path);
    free(target);
    if (failed)
      return ls_fail(error, LS_IO, "%s: no link to it can be made in %s: %s", runs->run[r].folder,
                     room->folder, strerror(errno));
  }
  return LS_OK;
}

ls_status ls_drawing_room_open(const ls_report_runs *runs, ls_drawing_room **out, ls_error *error) {
  *out = NULL;
  ls_drawing_room *room = calloc(1, sizeof *room);
  if (!room) return ls_fail(error, LS_MEMORY, "no memory for the figures");
  const char *temporary = getenv("TMPDIR");
  if (!temporary || !*temporary || strlen(temporary) > NAME - 32) temporary = "/tmp";
  snprintf(room->folder, sizeof room->folder, "%s/larscale-report-XXXXXX", temporary);
  if (!mkdtemp(room->folder)) {
    free(room);
    return ls_fail(error, LS_IO, "%s: no folder can be made there: %s; set TMPDIR", temporary,
                   strerror(errno));
  }
  ls_status status = fill_room(room, runs, error);
  if (status != LS_OK) {
    ls_drawing_room_close(room);
    return status;
  }
  *out = room;
  return LS_OK;
}

void ls_drawing_room_close(ls_drawing_room *room) {
  if (!room) return;
  DIR *open = opendir(room->folder);
  for (struct dirent *entry; open && (entry = readdir(open));) {
    char path[PATH];
    path_of(room, entry->d_name, path);
    unlink(path); /* "." and ".." stay */
  }
  if (open) closedir(open);
  rmdir(room->folder);
  free(room);
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

static ls_status write_beginning(const ls_drawing_room *room, const ls_drawing *drawing,
                                 const char *output, ls_error *error) {
  char path[PATH];
  path_of(room, "figure", path);
  FILE *stream = fopen(path, "wb");
  if (!stream) return ls_fail(error, LS_IO, "%s: cannot be written: %s", path, strerror(errno));
  put_text(stream, "room", room->folder);
  fputs("cd room\n", stream);
  put_text(stream, "runs", drawing->runs);
  put_text(stream, "output", output);
  put_text(stream, "caption", drawing->caption);
  fprintf(stream, "load '%s.gnuplot'\n", drawing->script);
  int bad = ferror(stream);
  if (fclose(stream) || bad)
    return ls_fail(error, LS_IO, "%s: cannot be written: free some space, or set TMPDIR", path);
  return LS_OK;
}

/* The first line of what gnuplot says that is neither a warning nor a pointer at a place. */
static void read_words(const ls_drawing_room *room, char words[LS_WORDS_LENGTH]) {
  char path[PATH], line[LS_WORDS_LENGTH];
  path_of(room, "words", path);
  FILE *stream = fopen(path, "r");
  snprintf(words, LS_WORDS_LENGTH, "it says nothing");
  while (stream && fgets(line, sizeof line, stream)) {
    line[strcspn(line, "\n")] = 0;
    if (!line[strspn(line, " ^\t")] || strstr(line, "warning:")) continue;
    snprintf(words, LS_WORDS_LENGTH, "%s", line + strspn(line, " "));
  }
  if (stream) fclose(stream);
}

extern char **environ;

static ls_status run_gnuplot(const ls_drawing_room *room, int *answer, ls_error *error) {
  char program[] = "gnuplot", defaults[] = "-d", script[PATH], words[PATH];
  char *const arguments[] = {program, defaults, script, NULL};
  posix_spawn_file_actions_t actions;
  pid_t child = -1;
  path_of(room, "figure", script);
  path_of(room, "words", words);
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed) return ls_fail(error, LS_MEMORY, "no memory to start gnuplot");
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, words, O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  failed = posix_spawnp(&child, program, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed)
    return ls_fail(error, LS_UNAVAILABLE,
                   "gnuplot, which draws the figures, cannot be started: %s; install it (Debian: "
                   "gnuplot-nox)",
                   strerror(failed));
  while (waitpid(child, answer, 0) < 0 && errno == EINTR) {
  }
  return LS_OK;
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
                          size_t *length, char words[LS_WORDS_LENGTH], ls_error *error) {
  char output[64], path[PATH];
  int answer = 0;
  *picture = NULL;
  *length = 0;
  words[0] = 0;
  snprintf(output, sizeof output, "picture.%s", drawing->format);
  path_of(room, output, path);
  unlink(path);
  LS_TRY(write_beginning(room, drawing, output, error));
  LS_TRY(run_gnuplot(room, &answer, error));
  if (WIFEXITED(answer) && WEXITSTATUS(answer) == 0)
    return ls_drawing_read(path, picture, length, error);
  read_words(room, words);
  if (WIFEXITED(answer) && WEXITSTATUS(answer) == NO_ROWS) return LS_OK;
  return ls_fail(error, LS_INTERNAL, "gnuplot could not draw %s: %s", drawing->script, words);
}
