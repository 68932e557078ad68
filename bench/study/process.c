#define _DEFAULT_SOURCE
#include "bench/study/process.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 60, SILENCE = 60 }; /* seconds */

typedef struct running {
  const ls_process_watch *watch;
  ls_process_outcome *outcome;
  pid_t pid;
  int output; /* of the program, to be read */
  FILE *log;
  double start, spoke, asked; /* asked: when it was told to stop; 0: not yet */
  char line[512];             /* the last one so far */
  size_t column;
} running;

/* Only calls that a child of a program with threads may make. */
static void become(const char *const *words, int output, int failure) {
  setpgid(0, 0); /* Ctrl-C is this program's to hear; it passes it on in order */
  int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
      dup2(output, STDERR_FILENO) >= 0)
    execvp(words[0], (char *const *)(const void *)words);
  int why = errno;
  ssize_t written = write(failure, &why, sizeof why);
  (void)written;
  _exit(127);
}

static ls_status start(const char *const *words, running *r, ls_error *error) {
  int output[2], failure[2], why;
  if (pipe(output)) return ls_fail(error, LS_IO, "no pipe: %s", strerror(errno));
  if (pipe(failure)) {
    close(output[0]), close(output[1]);
    return ls_fail(error, LS_IO, "no pipe: %s", strerror(errno));
  }
  fcntl(failure[1], F_SETFD, FD_CLOEXEC);
  fcntl(failure[0], F_SETFD, FD_CLOEXEC);
  fcntl(output[0], F_SETFD, FD_CLOEXEC);
  r->pid = fork();
  if (r->pid == 0) become(words, output[1], failure[1]);
  close(output[1]), close(failure[1]);
  ssize_t got = r->pid < 0 ? 0 : read(failure[0], &why, sizeof why);
  close(failure[0]);
  if (r->pid > 0 && got <= 0) {
    r->output = output[0];
    return LS_OK;
  }
  close(output[0]);
  if (r->pid < 0) return ls_fail(error, LS_IO, "no new process: %s", strerror(errno));
  waitpid(r->pid, NULL, 0);
  return ls_fail(error, LS_IO, "%s cannot be started: %s", words[0], strerror(why));
}

static void end_line(running *r) {
  static const char own[] = "larscale: ", warning[] = "larscale: warning: ";
  const size_t length = sizeof own - 1;
  int speaks = !strncmp(r->line, own, length) && strncmp(r->line, warning, sizeof warning - 1) != 0;
  if (r->column && (speaks || strncmp(r->outcome->last, own, length) != 0))
    snprintf(r->outcome->last, sizeof r->outcome->last, "%s", r->line);
  r->column = 0;
}

static void take(running *r, const char *bytes, size_t length) {
  fwrite(bytes, 1, length, r->log);
  fflush(r->log);
  if (r->watch->echo) {
    fwrite(bytes, 1, length, stdout);
    fflush(stdout);
  }
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] == '\n') {
      end_line(r);
    } else if (r->column + 1 < sizeof r->line) {
      r->line[r->column++] = bytes[i];
      r->line[r->column] = 0;
    }
  }
}

static void look_for_stop(running *r, double now) {
  if (!*r->watch->stop) return;
  if (r->asked > 0) {
    if (now - r->asked > PATIENCE) kill(-r->pid, SIGKILL);
    return;
  }
  r->asked = now;
  kill(r->pid, SIGUSR1);
}

/* Until the program and all that share its output are gone. */
static void follow(running *r) {
  char bytes[4096];
  for (;;) {
    struct pollfd wanted = {.fd = r->output, .events = POLLIN};
    int ready = poll(&wanted, 1, 500);
    double now = ls_seconds();
    look_for_stop(r, now);
    if (ready > 0) {
      ssize_t length = read(r->output, bytes, sizeof bytes);
      if (length == 0 || (length < 0 && errno != EINTR)) return;
      if (length > 0) take(r, bytes, (size_t)length);
      if (length > 0 && r->watch->echo) r->spoke = now;
    }
    if (r->watch->waiting && now - r->spoke > SILENCE) {
      r->watch->waiting(r->watch->context, now - r->start);
      r->spoke = now;
    }
  }
}

static void finish(running *r) {
  int state = 0;
  struct rusage used = {0};
  while (wait4(r->pid, &state, 0, &used) < 0 && errno == EINTR) continue;
  r->outcome->exit_code = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
  r->outcome->seconds = ls_seconds() - r->start;
  r->outcome->peak_memory = 1024.0 * (double)used.ru_maxrss;
}

ls_status ls_process_run(const char *const *words, const ls_process_watch *watch,
                         ls_process_outcome *outcome, ls_error *error) {
  *outcome = (ls_process_outcome){0};
  if (!words[0]) return ls_fail(error, LS_USAGE, "no program to start");
  running r = {.watch = watch, .outcome = outcome, .start = ls_seconds()};
  r.spoke = r.start;
  r.log = fopen(watch->log, "a");
  if (!r.log)
    return ls_fail(error, LS_IO, "%s: cannot be written: %s", watch->log, strerror(errno));
  for (size_t w = 0; words[w]; w++) fprintf(r.log, "%s%s", w ? " " : "$ ", words[w]);
  fputs("\n", r.log);
  fflush(r.log);
  ls_status status = start(words, &r, error);
  if (status == LS_OK) {
    follow(&r);
    end_line(&r);
    close(r.output);
    finish(&r);
  }
  int failed = ferror(r.log);
  if ((fclose(r.log) || failed) && status == LS_OK)
    status = ls_fail(error, LS_IO, "%s: writing failed; free some space", watch->log);
  return status;
}
