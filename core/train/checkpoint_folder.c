#define _POSIX_C_SOURCE 200809L
#include "train/checkpoint_folder.h"

#include "train/checkpoint_files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT = 2, MOST_DIGITS = 12 };
static const char partial[] = ".partial-", digits[] = "0123456789";
static const uint64_t highest = 999999999999; /* MOST_DIGITS of them */

/* checkpoint-NUMBER-step-STEP and nothing else. Returns 1 or 0. */
static int parse_name(const char *name, ls_checkpoint_entry *entry) {
  static const char front[] = "checkpoint-", middle[] = "-step-";
  if (strlen(name) >= sizeof entry->name || strncmp(name, front, sizeof front - 1)) return 0;
  const char *number = name + sizeof front - 1;
  size_t length = strspn(number, digits);
  if (!length || length > MOST_DIGITS || strncmp(number + length, middle, sizeof middle - 1))
    return 0;
  const char *step = number + length + sizeof middle - 1;
  if (!*step || step[strspn(step, digits)]) return 0;
  entry->number = strtoull(number, NULL, 10);
  memcpy(entry->name, name, strlen(name) + 1);
  return 1;
}

static int newest_first(const void *a, const void *b) {
  const ls_checkpoint_entry *x = a, *y = b;
  if (x->number != y->number) return x->number < y->number ? 1 : -1;
  return strcmp(y->name, x->name);
}

static ls_status append(ls_checkpoint_list *list, const ls_checkpoint_entry *entry,
                        ls_error *error) {
  ls_checkpoint_entry *larger = realloc(list->entries, (list->count + 1) * sizeof *larger);
  if (!larger) return ls_fail(error, LS_MEMORY, "no memory for a list of checkpoints");
  list->entries = larger;
  list->entries[list->count++] = *entry;
  return LS_OK;
}

static ls_status unreadable(const char *folder, ls_error *error) {
  return ls_fail(error, LS_IO, "%s: this folder of checkpoints cannot be read: %s", folder,
                 strerror(errno));
}

ls_status ls_checkpoint_find(const char *folder, ls_checkpoint_list *list, ls_error *error) {
  *list = (ls_checkpoint_list){0};
  if (strlen(folder) > LS_CHECKPOINT_PATH - 2 * LS_CHECKPOINT_NAME)
    return ls_fail(error, LS_USAGE, "the name of the folder of checkpoints is too long");
  DIR *open = opendir(folder);
  if (!open) return unreadable(folder, error);
  ls_status status = LS_OK;
  ls_checkpoint_entry found;
  errno = 0;
  for (struct dirent *entry; status == LS_OK && (entry = readdir(open)); errno = 0)
    if (parse_name(entry->d_name, &found)) status = append(list, &found, error);
  if (status == LS_OK && errno) status = unreadable(folder, error);
  closedir(open);
  if (status != LS_OK) {
    free(list->entries);
    *list = (ls_checkpoint_list){0};
  } else if (list->count) {
    qsort(list->entries, list->count, sizeof *list->entries, newest_first);
  }
  return status;
}

ls_status ls_checkpoint_next_name(const ls_checkpoint_list *list, const char *folder,
                                  uint64_t total_steps, char name[LS_CHECKPOINT_NAME],
                                  ls_error *error) {
  uint64_t number = list->count ? list->entries[0].number + 1 : 1;
  if (number > highest)
    return ls_fail(error, LS_IO, "%s: no number is left after %s; name another folder", folder,
                   list->entries[0].name);
  snprintf(name, LS_CHECKPOINT_NAME, "checkpoint-%06" PRIu64 "-step-%" PRIu64, number, total_steps);
  return LS_OK;
}

void ls_checkpoint_partial_path(const char *folder, char path[LS_CHECKPOINT_PATH]) {
  snprintf(path, LS_CHECKPOINT_PATH, "%s/%s%ld", folder, partial, (long)getpid());
}

static ls_status not_removed(const char *path, ls_error *error) {
  return ls_fail(error, LS_IO, "%s: what is left of an old checkpoint cannot be removed: %s", path,
                 strerror(errno));
}

/* A folder with the files in it; a folder in there stays, as it is none of ours. */
static ls_status remove_folder(const char *path, ls_error *error) {
  if (!unlink(path) || errno == ENOENT) return LS_OK; /* a file or link in a folder's place */
  DIR *open = opendir(path);
  if (!open) return not_removed(path, error);
  for (struct dirent *entry; (entry = readdir(open));)
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
      unlinkat(dirfd(open), entry->d_name, 0); /* a failure shows in rmdir */
  closedir(open);
  return rmdir(path) ? not_removed(path, error) : LS_OK;
}

ls_status ls_checkpoint_sweep(const char *folder, ls_error *error) {
  DIR *open = opendir(folder);
  if (!open) return unreadable(folder, error);
  ls_status status = LS_OK;
  char path[LS_CHECKPOINT_PATH + 256];
  for (struct dirent *entry; (entry = readdir(open));) {
    if (strncmp(entry->d_name, partial, sizeof partial - 1)) continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    ls_status removed = remove_folder(path, error);
    if (removed != LS_OK) status = removed;
  }
  closedir(open);
  return status;
}

/* Gone from its final name in one step, so that what has that name is whole. */
static ls_status retire(const char *folder, const char *name, ls_error *error) {
  char path[LS_CHECKPOINT_PATH], own[LS_CHECKPOINT_PATH];
  char away[LS_CHECKPOINT_PATH + LS_CHECKPOINT_NAME + 1];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  ls_checkpoint_partial_path(folder, own);
  snprintf(away, sizeof away, "%s-%s", own, name);
  return rename(path, away) ? not_removed(path, error) : LS_OK;
}

static ls_status verify(const char *folder, const char *name) {
  char path[LS_CHECKPOINT_PATH];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  ls_checkpoint_content content;
  ls_status status = ls_checkpoint_verify(path, &content, NULL);
  ls_checkpoint_content_destroy(&content);
  return status;
}

ls_status ls_checkpoint_prune(const char *folder, ls_error *error) {
  ls_checkpoint_list list;
  LS_TRY(ls_checkpoint_find(folder, &list, error));
  ls_status status = LS_OK;
  int kept = 0;
  for (size_t i = 0; status == LS_OK && i < list.count; i++) {
    const char *name = list.entries[i].name;
    ls_status found = i == 0 ? LS_OK : kept < KEPT ? verify(folder, name) : LS_FORMAT;
    if (found == LS_OK)
      kept++;
    else if (found == LS_FORMAT) /* any other failure may pass: it stays, uncounted */
      status = retire(folder, name, error);
  }
  free(list.entries);
  ls_status swept = ls_checkpoint_sweep(folder, error);
  return status == LS_OK ? swept : status;
}
