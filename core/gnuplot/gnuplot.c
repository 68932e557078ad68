#define _XOPEN_SOURCE 700
#include "gnuplot/gnuplot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

ls_status ls_gnuplot_open(ls_gnuplot *gnuplot, ls_error *error) {
  const char *temporary = getenv("TMPDIR");
  size_t most = sizeof gnuplot->folder - 32;
  if (!temporary || !*temporary || strlen(temporary) > most) temporary = "/tmp";
  snprintf(gnuplot->folder, sizeof gnuplot->folder, "%s/larscale-figure-XXXXXX", temporary);
  if (mkdtemp(gnuplot->folder)) return LS_OK;
  gnuplot->folder[0] = 0;
  return ls_fail(error, LS_IO, "%s: no folder can be made there: %s; set TMPDIR", temporary,
                 strerror(errno));
}

void ls_gnuplot_close(const ls_gnuplot *gnuplot) {
  if (!gnuplot->folder[0]) return;
  DIR *open = opendir(gnuplot->folder);
  for (struct dirent *entry; open && (entry = readdir(open));) {
    char path[LS_GNUPLOT_PATH];
    ls_gnuplot_path(gnuplot, entry->d_name, path);
    unlink(path); /* "." and ".." stay */
  }
  if (open) closedir(open);
  rmdir(gnuplot->folder);
}

void ls_gnuplot_path(const ls_gnuplot *gnuplot, const char *name, char path[LS_GNUPLOT_PATH]) {
  snprintf(path, LS_GNUPLOT_PATH, "%s/%s", gnuplot->folder, name);
}

ls_status ls_gnuplot_write(const ls_gnuplot *gnuplot, const char *name, FILE **stream,
                           ls_error *error) {
  char path[LS_GNUPLOT_PATH];
  ls_gnuplot_path(gnuplot, name, path);
  *stream = fopen(path, "wb");
  return *stream ? LS_OK
                 : ls_fail(error, LS_IO, "%s: cannot be written: %s", path, strerror(errno));
}

ls_status ls_gnuplot_written(FILE *stream, const char *name, ls_error *error) {
  int bad = ferror(stream);
  if (fclose(stream) || bad)
    return ls_fail(error, LS_IO,
                   "%s, which gnuplot reads, cannot be written: free some space, or set TMPDIR",
                   name);
  return LS_OK;
}

/* In single quotes nothing means anything to gnuplot but the quote itself, doubled. */
void ls_gnuplot_put(FILE *stream, const char *name, const char *text) {
  fprintf(stream, "%s = '", name);
  for (; *text; text++) {
    if (*text == '\'') fputc('\'', stream);
    fputc(*text, stream);
  }
  fputs("'\n", stream);
}

static void read_words(const char *path, char words[LS_GNUPLOT_WORDS]) {
  char line[LS_GNUPLOT_WORDS];
  FILE *stream = fopen(path, "r");
  snprintf(words, LS_GNUPLOT_WORDS, "it says nothing");
  while (stream && fgets(line, sizeof line, stream)) {
    line[strcspn(line, "\n")] = 0;
    if (!line[strspn(line, " ^\t")] || strstr(line, "warning:")) continue;
    snprintf(words, LS_GNUPLOT_WORDS, "%s", line + strspn(line, " "));
  }
  if (stream) fclose(stream);
}

extern char **environ;

static ls_status start(char *script, const char *words, pid_t *child, ls_error *error) {
  char program[] = "gnuplot", defaults[] = "-d";
  char *const arguments[] = {program, defaults, script, NULL};
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions))
    return ls_fail(error, LS_MEMORY, "no memory to start gnuplot");
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, words, O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  int failed = posix_spawnp(child, program, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed)
    return ls_fail(error, LS_UNAVAILABLE,
                   "gnuplot, which draws the figures, cannot be started: %s; install it (Debian: "
                   "gnuplot-nox)",
                   strerror(failed));
  return LS_OK;
}

ls_status ls_gnuplot_run(const ls_gnuplot *gnuplot, const char *script, int *code,
                         char words[LS_GNUPLOT_WORDS], ls_error *error) {
  char script_path[LS_GNUPLOT_PATH], words_path[LS_GNUPLOT_PATH];
  pid_t child = -1;
  int answer = 0;
  ls_gnuplot_path(gnuplot, script, script_path);
  ls_gnuplot_path(gnuplot, "words", words_path);
  LS_TRY(start(script_path, words_path, &child, error));
  while (waitpid(child, &answer, 0) < 0 && errno == EINTR) {
  }
  *code = WIFEXITED(answer) ? WEXITSTATUS(answer) : -1;
  read_words(words_path, words);
  return LS_OK;
}
