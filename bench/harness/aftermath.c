#define _GNU_SOURCE /* POSIX_SPAWN_SETSID, pipe2 */
#include "bench/harness/aftermath.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char helper[] = "--after-death-of";
enum { PATH = 4096 + 64 };

void ls_aftermath_prepare(ls_aftermath *a, const char *folder) {
  /* Without the launcher's variables, which would make the helper a rank. */
  char program[] = "larscale", own[32], where[PATH], *nothing[] = {NULL};
  char *words[] = {program, helper, own, where, NULL};
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int ends[2];
  pid_t pid;
  a->word = -1;
  snprintf(own, sizeof own, "%ld", (long)getpid());
  snprintf(where, sizeof where, "%s", folder);
  if (pipe2(ends, O_CLOEXEC)) return;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO);
  posix_spawnattr_init(&attributes);
  /* Out of the process group that the launcher kills. */
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  int failed = posix_spawn(&pid, "/proc/self/exe", &files, &attributes, words, nothing);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  close(ends[0]);
  if (failed)
    close(ends[1]);
  else
    a->word = ends[1];
}

void ls_aftermath_avert(ls_aftermath *a) {
  if (a->word < 0) return;
  ssize_t written = write(a->word, "x", 1); /* a helper that is gone is no loss */
  (void)written;
  close(a->word);
  a->word = -1;
}

/* Cuts off a line that is half there. */
static int cut(const char *path) {
  struct stat facts;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return -1;
  off_t length = fstat(file, &facts) ? 0 : facts.st_size;
  char last = 0;
  while (length > 0 && pread(file, &last, 1, length - 1) == 1 && last != '\n') length--;
  int failed = ftruncate(file, length) || fsync(file);
  close(file);
  return failed;
}

static void complete(const char *folder, const char *pid) {
  /* run.json is whole or not there, as its writer syncs it in one go. */
  static const char *const names[] = {"samples.csv", "history.csv", "confusion.csv",
                                      "events.log",  "summary.csv", "run.json"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    char from[PATH + 64], to[PATH + 64];
    snprintf(from, sizeof from, "%s/%s.partial-%s", folder, names[n], pid);
    snprintf(to, sizeof to, "%s/%s", folder, names[n]);
    if (!cut(from) && access(to, F_OK)) rename(from, to);
  }
}

static void say(const char *folder) {
  static const char text[] = "RESULT INVALID reason=killed before its end: a rank died; the points "
                             "that were finished are kept\n";
  char path[PATH + 64];
  snprintf(path, sizeof path, "%s/RESULT", folder);
  FILE *file = access(path, F_OK) ? fopen(path, "wx") : NULL;
  if (file) {
    fputs(text, file);
    fclose(file);
  }
  fprintf(stderr, "larscale: results: %s\n%s", folder, text);
}

/* Nothing that was recorded yet: as if it had not begun. */
static int holds_rows(const char *folder, const char *pid) {
  char path[PATH + 64];
  struct stat facts;
  snprintf(path, sizeof path, "%s/samples.csv.partial-%s", folder, pid);
  return !stat(path, &facts) && facts.st_size > 0;
}

int ls_aftermath_serve(int argc, char **argv) {
  char word;
  if (argc != 4 || strcmp(argv[1], helper) != 0) return 0;
  signal(SIGTERM, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  if (read(STDIN_FILENO, &word, 1) == 1) return 1;
  if (!holds_rows(argv[3], argv[2])) return 1;
  complete(argv[3], argv[2]);
  say(argv[3]);
  return 1;
}
