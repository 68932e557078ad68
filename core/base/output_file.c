#define _XOPEN_SOURCE 700 /* realpath */
#include "base/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* *target: path, or what it leads to as a link. */
static ls_status find_target(const char *path, char **target, ls_error *error) {
  struct stat facts;
  /* If nothing is there, or it cannot be looked at, opening it will tell. */
  int there = lstat(path, &facts) == 0, link = there && S_ISLNK(facts.st_mode);
  *target = link ? realpath(path, NULL) : strdup(path);
  if (link && (!*target || stat(*target, &facts)))
    return ls_fail(error, LS_IO, "%s: is a link that leads nowhere: %s; remove it", path,
                   strerror(errno));
  if (there && !S_ISREG(facts.st_mode))
    return ls_fail(error, LS_IO, "%s: is %s, and is not replaced; name a file", path,
                   S_ISDIR(facts.st_mode) ? "a folder" : "a device or pipe");
  return *target ? LS_OK : ls_fail(error, LS_MEMORY, "%s: no memory for a file name", path);
}

ls_status ls_output_names(const char *path, char **target, char **temporary, ls_error *error) {
  *temporary = NULL;
  ls_status status = find_target(path, target, error);
  if (status == LS_OK && *target) {
    size_t length = strlen(*target) + 32;
    *temporary = malloc(length);
    if (*temporary)
      snprintf(*temporary, length, "%s.partial-%ld", *target, (long)getpid());
    else
      status = ls_fail(error, LS_MEMORY, "%s: no memory for a file name", path);
  }
  if (status == LS_OK) return LS_OK;
  free(*target);
  *target = NULL;
  return status;
}

ls_status ls_output_check(const char *path, int overwrite, ls_error *error) {
  char *target, *temporary;
  LS_TRY(ls_output_names(path, &target, &temporary, error));
  int there = access(target, F_OK) == 0;
  free(target);
  free(temporary);
  if (!there || overwrite) return LS_OK;
  return ls_fail(error, LS_USAGE,
                 "%s: is there already; name another file, or let it be replaced by --overwrite",
                 path);
}

ls_status ls_output_try(const char *path, ls_error *error) {
  ls_output_file file;
  LS_TRY(ls_output_open(&file, path, error));
  ls_output_discard(&file);
  return LS_OK;
}

ls_status ls_output_open(ls_output_file *file, const char *path, ls_error *error) {
  *file = (ls_output_file){0};
  LS_TRY(ls_output_names(path, &file->path, &file->temporary, error));
  file->stream = fopen(file->temporary, "wb");
  if (!file->stream) {
    ls_fail(error, LS_IO, "%s: cannot be written: %s; check the folder and its permissions", path,
            strerror(errno));
    free(file->temporary);
    file->temporary = NULL;
    ls_output_discard(file);
    return LS_IO;
  }
  return LS_OK;
}

void ls_output_write(ls_output_file *file, const void *bytes, size_t length) {
  if (fwrite(bytes, 1, length, file->stream) != length && !file->cause) file->cause = errno;
}

void ls_output_sync(ls_output_file *file) {
  if ((fflush(file->stream) || fsync(fileno(file->stream))) && !file->cause) file->cause = errno;
}

/* Of a write that failed without saying why when it was made: whether the disk is full. */
static const char *cause_unknown(const ls_output_file *file) {
  struct statvfs facts;
  if (!statvfs(file->temporary, &facts) && facts.f_bavail == 0) return strerror(ENOSPC);
  return "a write did not succeed";
}

ls_status ls_output_commit(ls_output_file *file, ls_error *error) {
  errno = 0; /* an earlier failed write is remembered by the stream, its cause is not */
  int failed = file->cause | ferror(file->stream) | fflush(file->stream);
  int cause = file->cause ? file->cause : errno;
  if (fclose(file->stream) && !failed) failed = 1, cause = errno;
  file->stream = NULL;
  ls_status status = LS_OK;
  if (failed)
    status =
        ls_fail(error, LS_IO, "%s: writing failed: %s; free some space or choose another folder",
                file->path, cause ? strerror(cause) : cause_unknown(file));
  else {
    status = ls_output_rename(file->temporary, file->path, error);
    free(file->temporary);
    file->temporary = NULL;
  }
  ls_output_discard(file);
  return status;
}

void ls_output_discard(ls_output_file *file) {
  if (file->stream) fclose(file->stream);
  if (file->temporary) unlink(file->temporary);
  free(file->temporary);
  free(file->path);
  *file = (ls_output_file){0};
}

ls_status ls_output_rename(const char *temporary, const char *path, ls_error *error) {
  int descriptor = open(temporary, O_RDONLY | O_CLOEXEC);
  int failed = descriptor < 0 || fsync(descriptor);
  int cause = errno;
  if (descriptor >= 0) close(descriptor);
  if (!failed && rename(temporary, path)) failed = 1, cause = errno;
  if (!failed) return LS_OK;
  unlink(temporary);
  return ls_fail(error, LS_IO,
                 "%s: cannot be completed: %s; free some space or choose another folder", path,
                 strerror(cause));
}

ls_status ls_make_folder(const char *path, ls_error *error) {
  if (!*path) return ls_fail(error, LS_IO, "a folder's name is empty");
  char *copy = strdup(path);
  if (!copy) return ls_fail(error, LS_MEMORY, "%s: no memory for a folder name", path);
  ls_status status = LS_OK;
  for (char *p = copy + 1; status == LS_OK; p++) {
    if (*p && *p != '/') continue;
    char kept = *p;
    *p = 0;
    struct stat info;
    /* Whatever mkdir says of a folder that is there (network file systems differ), it will do. */
    int cause = mkdir(copy, 0777) ? errno : 0;
    if (cause && (stat(copy, &info) || !S_ISDIR(info.st_mode)))
      status = ls_fail(error, LS_IO, "%s: cannot make this folder: %s", copy, strerror(cause));
    *p = kept;
    if (!kept) break;
  }
  free(copy);
  return status;
}

ls_status ls_sync_folder(const char *path, ls_error *error) {
  int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int failed = descriptor < 0 || (fsync(descriptor) && errno != EINVAL);
  int cause = errno;
  if (descriptor >= 0) close(descriptor);
  if (!failed) return LS_OK;
  return ls_fail(error, LS_IO, "%s: this folder cannot be synced to disk: %s", path,
                 strerror(cause));
}
