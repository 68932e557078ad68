#define _GNU_SOURCE
#include "train/failing_calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int active, fail_at, kill_at, cause, made;
static const char *failed;
static char order[4096];

void calls_fail_at(int at, int failure) {
  active = 1, fail_at = at, kill_at = 0, cause = failure, made = 0, failed = "none", order[0] = 0;
}

void calls_kill_at(int at) {
  active = 1, fail_at = 0, kill_at = at, made = 0, order[0] = 0;
}

int calls_stop(void) {
  active = 0;
  return made;
}

const char *calls_in_order(void) {
  return order;
}

const char *calls_failed(void) {
  return failed;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  pause();
}

/* Whether this call has to fail; does not return if the process has to die. */
static int fails(const char *name) {
  if (!active) return 0;
  made++;
  size_t used = strlen(order);
  snprintf(order + used, sizeof order - used, "%s ", name);
  if (made == kill_at) die();
  if (made != fail_at) return 0;
  failed = name;
  errno = cause;
  return 1;
}

/* A call of the result's type that fails with this value. */
#define WRAP(type, name, parameters, arguments, failure)                                           \
  type __real_##name parameters;                                                                   \
  type __wrap_##name parameters;                                                                   \
  type __wrap_##name parameters {                                                                  \
    return fails(#name) ? (failure) : __real_##name arguments;                                     \
  }

WRAP(int, fflush, (FILE * stream), (stream), EOF)
WRAP(int, fsync, (int descriptor), (descriptor), -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), -1)
WRAP(int, unlink, (const char *path), (path), -1)
WRAP(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags), -1)
WRAP(int, rmdir, (const char *path), (path), -1)
WRAP(DIR *, opendir, (const char *path), (path), NULL)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL)

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return fails("open") ? -1 : __real_open(path, flags, mode);
}

/* The stream is closed all the same, as by a close that finds a failed write. */
int __real_fclose(FILE *stream);
int __wrap_fclose(FILE *stream);
int __wrap_fclose(FILE *stream) {
  int fail = fails("fclose"), kept = errno;
  int result = __real_fclose(stream);
  if (!fail) return result;
  errno = kept;
  return EOF;
}

/* A failure is the stream's own, so that ferror and later calls see it: its file becomes a full
 * one. */
size_t __real_fwrite(const void *bytes, size_t size, size_t count, FILE *stream);
size_t __wrap_fwrite(const void *bytes, size_t size, size_t count, FILE *stream);
size_t __wrap_fwrite(const void *bytes, size_t size, size_t count, FILE *stream) {
  if (active && made + 1 == kill_at) {
    __real_fwrite(bytes, size, count / 2, stream);
    __real_fclose(stream);
  }
  if (fails("fwrite")) {
    int full = __real_open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0 || dup2(full, fileno(stream)) < 0) abort();
    close(full);
  }
  return __real_fwrite(bytes, size, count, stream);
}
