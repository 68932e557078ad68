#define _POSIX_C_SOURCE 200809L
#include "datasets/paths.h"

#include "datasets/source.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static ls_status add_file(ls_paths *paths, const char *path, ls_error *error) {
  if (paths->count == paths->capacity) {
    size_t capacity = paths->capacity ? 2 * paths->capacity : 16;
    char **grown = realloc(paths->file, capacity * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "no memory for the list of files");
    paths->file = grown, paths->capacity = capacity;
  }
  char *copy = strdup(path);
  if (!copy) return ls_fail(error, LS_MEMORY, "no memory for the list of files");
  paths->file[paths->count++] = copy;
  return LS_OK;
}

static int is_folder(const char *path) {
  struct stat facts;
  return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

/* A file that is no longer what its name says must be reported, not passed over. */
static int is_named_as_events(const char *name) {
  static const char *const endings[] = {".h5", ".hdf5", ".npy"};
  size_t length = strlen(name);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    size_t end = strlen(endings[i]);
    if (length > end && !strcmp(name + length - end, endings[i])) return 1;
  }
  return 0;
}

/* An entry of a folder: taken if it can hold events. */
static ls_status add_entry(ls_paths *paths, const char *folder, const char *name, ls_error *error) {
  size_t length = strlen(folder) + strlen(name) + 2;
  char *path = malloc(length);
  if (!path) return ls_fail(error, LS_MEMORY, "no memory for the list of files");
  size_t end = strlen(folder);
  snprintf(path, length, "%s%s%s", folder, end && folder[end - 1] == '/' ? "" : "/", name);
  struct stat facts;
  int candidate = 0;
  ls_status status = LS_OK;
  if (stat(path, &facts) != 0)
    status = ls_fail(error, LS_IO,
                     "%s: %s; remove it (a link that leads nowhere?), or name the files of the "
                     "folder by a glob",
                     path, strerror(errno));
  else if (S_ISREG(facts.st_mode))
    status = ls_source_is_candidate(path, &candidate, error);
  if (status == LS_OK && (candidate || (S_ISREG(facts.st_mode) && is_named_as_events(name))))
    status = add_file(paths, path, error);
  free(path);
  return status;
}

static ls_status add_folder(ls_paths *paths, const char *folder, ls_error *error) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, NULL, alphasort);
  if (count < 0)
    return ls_fail(error, LS_IO, "%s: the folder cannot be read: %s", folder, strerror(errno));
  size_t before = paths->count;
  ls_status status = LS_OK;
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    if (status == LS_OK && name[0] != '.') status = add_entry(paths, folder, name, error);
    free(entries[i]);
  }
  free(entries);
  if (status == LS_OK && paths->count == before)
    return ls_fail(error, LS_IO,
                   "%s: the folder holds no event files (HDF5 or .npy); subfolders are not looked "
                   "into",
                   folder);
  return status;
}

static ls_status add_existing(ls_paths *paths, const char *path, ls_error *error) {
  return is_folder(path) ? add_folder(paths, path, error) : add_file(paths, path, error);
}

static ls_status add_glob(ls_paths *paths, const char *pattern, ls_error *error) {
  glob_t found = {0};
  ls_status status = LS_OK;
  int failed = glob(pattern, 0, NULL, &found);
  if (failed == GLOB_NOMATCH)
    status = ls_fail(error, LS_IO, "%s: no file matches", pattern);
  else if (failed)
    status = ls_fail(error, failed == GLOB_NOSPACE ? LS_MEMORY : LS_IO,
                     "%s: the matching files cannot be listed", pattern);
  for (size_t i = 0; status == LS_OK && i < found.gl_pathc; i++)
    status = add_existing(paths, found.gl_pathv[i], error);
  globfree(&found);
  return status;
}

ls_status ls_paths_add(ls_paths *paths, const char *path, ls_error *error) {
  struct stat facts;
  if (stat(path, &facts) == 0) return add_existing(paths, path, error);
  if (errno == ENOENT && strpbrk(path, "*?[")) return add_glob(paths, path, error);
  return ls_fail(error, LS_IO, "%s: cannot be opened: %s", path, strerror(errno));
}

typedef struct identity {
  dev_t device;
  ino_t inode;
  const char *path;
} identity;

static int by_identity(const void *left, const void *right) {
  const identity *a = left, *b = right;
  if (a->device != b->device) return a->device < b->device ? -1 : 1;
  return (a->inode > b->inode) - (a->inode < b->inode);
}

ls_status ls_paths_check_unique(const ls_paths *paths, ls_error *error) {
  identity *all = calloc(paths->count + 1, sizeof *all);
  if (!all) return ls_fail(error, LS_MEMORY, "no memory for the list of files");
  ls_status status = LS_OK;
  for (size_t i = 0; status == LS_OK && i < paths->count; i++) {
    struct stat facts;
    if (stat(paths->file[i], &facts) != 0)
      status = ls_fail(error, LS_IO, "%s: %s", paths->file[i], strerror(errno));
    else
      all[i] = (identity){facts.st_dev, facts.st_ino, paths->file[i]};
  }
  if (status == LS_OK) qsort(all, paths->count, sizeof *all, by_identity);
  for (size_t i = 1; status == LS_OK && i < paths->count; i++)
    if (by_identity(&all[i], &all[i - 1]) == 0)
      status = ls_fail(error, LS_USAGE, "%s and %s are the same file; name it once",
                       all[i - 1].path, all[i].path);
  free(all);
  return status;
}

void ls_paths_destroy(ls_paths *paths) {
  for (size_t i = 0; i < paths->count; i++) free(paths->file[i]);
  free(paths->file);
  *paths = (ls_paths){0};
}
