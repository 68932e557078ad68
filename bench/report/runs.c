#define _POSIX_C_SOURCE 200809L
#include "bench/report/runs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH = 4096, DEEPEST = 8 };

/* A longer path is none that can be opened. */
static int is_run(const char *folder) {
  char path[PATH + 64];
  snprintf(path, sizeof path, "%s/RESULT", folder);
  if (!access(path, F_OK)) return 1;
  for (int t = 0; t < LS_TABLES; t++) {
    snprintf(path, sizeof path, "%s/%s", folder, ls_table_files[t]);
    if (!access(path, F_OK)) return 1;
  }
  return 0;
}

static int is_there_already(const ls_report_runs *runs, const char *folder) {
  struct stat one, other;
  if (stat(folder, &one)) return 0;
  for (size_t r = 0; r < runs->count; r++)
    if (!stat(runs->run[r].folder, &other) && one.st_dev == other.st_dev &&
        one.st_ino == other.st_ino)
      return 1;
  return 0;
}

static ls_status add_run(ls_report_runs *runs, const char *folder, ls_error *error) {
  if (is_there_already(runs, folder)) return LS_OK;
  ls_report_run *grown = realloc(runs->run, (runs->count + 1) * sizeof *grown);
  if (!grown) return ls_fail(error, LS_MEMORY, "no memory for the runs");
  runs->run = grown;
  return ls_report_run_read(folder, &grown[runs->count++], error);
}

static ls_status look_into(ls_report_runs *runs, const char *folder, int depth, ls_error *error);

static ls_status look_at(ls_report_runs *runs, const char *folder, const char *name, int depth,
                         ls_error *error) {
  char path[PATH];
  struct stat facts;
  if (name[0] == '.') return LS_OK;
  if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path) return LS_OK;
  if (lstat(path, &facts) || !S_ISDIR(facts.st_mode)) return LS_OK;
  return look_into(runs, path, depth + 1, error);
}

static ls_status look_into(ls_report_runs *runs, const char *folder, int depth, ls_error *error) {
  if (is_run(folder)) return add_run(runs, folder, error);
  if (depth > DEEPEST) return LS_OK;
  struct dirent **entries;
  int count = scandir(folder, &entries, NULL, alphasort);
  if (count < 0)
    return ls_fail(error, LS_IO, "%s: this folder cannot be read: %s", folder, strerror(errno));
  ls_status status = LS_OK;
  for (int e = 0; e < count; e++) {
    if (status == LS_OK) status = look_at(runs, folder, entries[e]->d_name, depth, error);
    free(entries[e]);
  }
  free(entries);
  return status;
}

ls_status ls_report_runs_read(char *const *folders, size_t count, ls_report_runs *runs,
                              ls_error *error) {
  *runs = (ls_report_runs){0};
  for (size_t f = 0; f < count; f++) {
    char folder[PATH - 1024];
    struct stat facts;
    snprintf(folder, sizeof folder, "%s", folders[f]);
    for (size_t end = strlen(folder); end > 1 && folder[end - 1] == '/';) folder[--end] = 0;
    if (stat(folder, &facts) || !S_ISDIR(facts.st_mode))
      return ls_fail(error, LS_USAGE, "%s: there is no such folder; name a run's", folder);
    size_t before = runs->count;
    LS_TRY(look_into(runs, folder, 0, error));
    if (runs->count == before && !is_run(folder))
      return ls_fail(error, LS_USAGE, "%s: holds no run (a folder with RESULT or samples.csv)",
                     folder);
  }
  return LS_OK;
}

void ls_report_runs_destroy(ls_report_runs *runs) {
  for (size_t r = 0; r < runs->count; r++) ls_report_run_destroy(&runs->run[r]);
  free(runs->run);
  *runs = (ls_report_runs){0};
}
