#define _DEFAULT_SOURCE
#include "bench/study/stages.h"

#include "base/input_file.h"
#include "base/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH = LS_STUDY_PATH + 160, CANNOT_RUN = 77, SUSPICIOUS = 4, WAS_STOPPED = 3 };

/* The first line of a small file; 0: there is none. */
static int first_line(const char *path, char *line, size_t size) {
  FILE *stream;
  ls_error error = {0};
  int found = 0;
  if (access(path, F_OK) || ls_input_stream(path, &stream, &error) != LS_OK) return 0;
  ls_status status = ls_input_line(stream, path, 1, line, size, &found, &error);
  fclose(stream);
  return status == LS_OK && found;
}

static ls_status write_text(const char *path, const char *text, ls_error *error) {
  ls_output_file file;
  LS_TRY(ls_output_open(&file, path, error));
  ls_output_write(&file, text, strlen(text));
  return ls_output_commit(&file, error);
}

static ls_status check_text(const ls_plan *plan, const char *path, ls_error *error) {
  char there[LS_STUDY_TEXT] = "";
  FILE *stream;
  if (access(path, F_OK)) return write_text(path, plan->config->text, error);
  LS_TRY(ls_input_stream(path, &stream, error));
  size_t length = fread(there, 1, sizeof there - 1, stream);
  there[length] = 0;
  fclose(stream);
  if (!strcmp(there, plan->config->text)) return LS_OK;
  return ls_fail(error, LS_USAGE,
                 "--out %s: holds another study (study.txt there says which); name another folder",
                 plan->folder);
}

static ls_status lock_folder(const ls_plan *plan, int *lock, ls_error *error) {
  char path[PATH];
  snprintf(path, sizeof path, "%s/lock", plan->folder);
  *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (*lock < 0) return ls_fail(error, LS_IO, "%s: cannot be written: %s", path, strerror(errno));
  if (!flock(*lock, LOCK_EX | LOCK_NB)) return LS_OK;
  int why = errno;
  close(*lock);
  *lock = -1;
  if (why != EWOULDBLOCK) return LS_OK; /* a file system without locks */
  return ls_fail(error, LS_USAGE, "--out %s: this study is under way already", plan->folder);
}

ls_status ls_study_folder_open(const ls_plan *plan, int *lock, ls_error *error) {
  static const char *const parts[] = {"", "/data", "/runs", "/logs", "/done", "/probe"};
  char path[PATH];
  *lock = -1;
  for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
    snprintf(path, sizeof path, "%s%s", plan->folder, parts[p]);
    LS_TRY(ls_make_folder(path, error));
    if (!p) LS_TRY(lock_folder(plan, lock, error));
    if (p) continue;
    snprintf(path, sizeof path, "%s/study.txt", plan->folder);
    LS_TRY(check_text(plan, path, error));
  }
  return LS_OK;
}

static void done_path(const ls_plan *plan, const ls_stage *stage, char path[PATH]) {
  snprintf(path, PATH, "%s/done/%s", plan->folder, stage->name);
}

/* 1: the run there is whole and valid. */
static int is_valid_run(const char *folder) {
  char path[PATH], line[1024];
  snprintf(path, sizeof path, "%s/RESULT", folder);
  return first_line(path, line, sizeof line) && !strcmp(line, "RESULT VALID");
}

void ls_stages_find_done(ls_plan *plan) {
  for (size_t i = 0; i < plan->count; i++) {
    ls_stage *s = &plan->stage[i];
    char path[PATH], line[LS_STUDY_PATH];
    done_path(plan, s, path);
    s->done = first_line(path, line, sizeof line);
    if (!s->done || s->kind != LS_STAGE_BENCH) continue;
    snprintf(s->folder, sizeof s->folder, "%s/runs/%.*s", plan->folder, 200, line);
    s->done = is_valid_run(s->folder);
    if (!s->done) s->folder[0] = 0;
  }
}

/* A folder that is not there yet: nothing of an earlier try is lost. */
static void new_run(const ls_plan *plan, const ls_stage *s, char name[80]) {
  char path[PATH];
  for (int number = 1;; number++) {
    if (number == 1)
      snprintf(name, 80, "%s", s->name);
    else
      snprintf(name, 80, "%s-try%d", s->name, number);
    snprintf(path, sizeof path, "%s/runs/%s", plan->folder, name);
    if (access(path, F_OK)) return;
  }
}

/* A picture goes where the page looks for one: the folder of the first run. */
static ls_status picture_path(const ls_plan *plan, const char *format, char path[PATH],
                              ls_error *error) {
  for (size_t i = 0; i < plan->count; i++)
    if (plan->stage[i].folder[0]) {
      snprintf(path, PATH, "%s/event_display.%s", plan->stage[i].folder, format);
      return LS_OK;
    }
  return ls_fail(error, LS_USAGE,
                 "%s: display comes after the first run that there is a page of; say it later",
                 plan->config->source);
}

/* Runs a stage's command once, with --out path if there is one. */
static ls_status run_once(const ls_plan *plan, const ls_stage *s, char *path,
                          const ls_process_watch *watch, ls_process_outcome *outcome,
                          ls_error *error) {
  static char out[] = "--out", overwrite[] = "--overwrite";
  char number[16], *words[LS_STUDY_ARGUMENTS + 4];
  const char *command[LS_STUDY_COMMAND];
  size_t count = s->count;
  memcpy(words, s->words, count * sizeof *words);
  if (s->kind == LS_STAGE_DISPLAY) words[count++] = overwrite;
  if (path[0]) {
    words[count++] = out;
    words[count++] = path;
  }
  LS_TRY(ls_plan_command(plan, s->ranks, words, count, command, number, error));
  for (size_t w = 0; command[w]; w++) printf("%s%s", w ? " " : "$ ", command[w]);
  putchar('\n');
  return ls_process_run(command, watch, outcome, error);
}

static ls_status draw(const ls_plan *plan, const ls_stage *s, const ls_process_watch *watch,
                      ls_process_outcome *outcome, ls_error *error) {
  static const char *const formats[] = {"png", "svg", "pdf"};
  *outcome = (ls_process_outcome){0};
  for (int f = 0; f < 3 && !outcome->exit_code && !*watch->stop; f++) {
    char path[PATH] = "";
    LS_TRY(picture_path(plan, formats[f], path, error));
    LS_TRY(run_once(plan, s, path, watch, outcome, error));
  }
  return LS_OK;
}

static const char *without(const char *text, const char *beginning) {
  size_t length = strlen(beginning);
  return strncmp(text, beginning, length) != 0 ? text : text + length;
}

/* What the exit code says (bench/larscale.c); a run may be whole and yet invalid. */
static ls_status judge(const ls_stage *s, const char *folder, const ls_process_watch *watch,
                       const ls_process_outcome *o, ls_stage_end *end, char note[512],
                       ls_error *error) {
  char path[PATH], result[512];
  const char *last = without(without(o->last, "larscale: "), "rank 0: ");
  *end = LS_STAGE_DONE;
  snprintf(note, 512, "%s", last);
  if (*watch->stop || o->exit_code == WAS_STOPPED)
    return ls_fail(error, LS_STOPPED, "stopped by a signal; the same command goes on from here");
  if (!o->exit_code) return LS_OK;
  if (s->kind == LS_STAGE_VALIDATE && o->exit_code == SUSPICIOUS) return LS_OK;
  if (o->exit_code == CANNOT_RUN) {
    *end = LS_STAGE_UNAVAILABLE;
    return LS_OK;
  }
  snprintf(path, sizeof path, "%s/RESULT", folder);
  if (s->kind == LS_STAGE_BENCH && o->exit_code == 1 && first_line(path, result, sizeof result)) {
    *end = LS_STAGE_INVALID;
    snprintf(note, 512, "%s", result);
    return LS_OK;
  }
  if (o->exit_code > 128)
    return ls_fail(error, LS_VALUE, "%s was ended by signal %d; all of it: %s", s->name,
                   o->exit_code - 128, watch->log);
  return ls_fail(error, LS_VALUE, "%s ended with exit code %d: %.300s (all of it: %s)", s->name,
                 o->exit_code, last, watch->log);
}

/* For the page: a run that could not be, with the reason in the driver's words. */
static ls_status note_unavailable(const ls_plan *plan, ls_stage *s, const char *note,
                                  ls_error *error) {
  char path[PATH], text[640];
  snprintf(s->folder, sizeof s->folder, "%s/runs/%s-unavailable", plan->folder, s->name);
  LS_TRY(ls_make_folder(s->folder, error));
  snprintf(path, sizeof path, "%s/RESULT", s->folder);
  snprintf(text, sizeof text, "RESULT UNAVAILABLE reason=%s\n", note);
  return write_text(path, text, error);
}

ls_status ls_stage_run(const ls_plan *plan, ls_stage *s, const ls_process_watch *outer,
                       ls_stage_end *end, char note[512], ls_error *error) {
  char log[PATH], run[80], line[96], out[PATH] = "", path[PATH];
  ls_process_watch watch = *outer;
  ls_process_outcome outcome;
  new_run(plan, s, run);
  snprintf(log, sizeof log, "%s/logs/%s.log", plan->folder, s->name);
  watch.log = log;
  if (s->kind == LS_STAGE_BENCH) snprintf(out, sizeof out, "%s/runs/%s", plan->folder, run);
  LS_TRY(s->kind == LS_STAGE_DISPLAY ? draw(plan, s, &watch, &outcome, error)
                                     : run_once(plan, s, out, &watch, &outcome, error));
  LS_TRY(judge(s, out, &watch, &outcome, end, note, error));
  if (*end == LS_STAGE_UNAVAILABLE)
    return s->kind == LS_STAGE_BENCH ? note_unavailable(plan, s, note, error) : LS_OK;
  if (s->kind == LS_STAGE_BENCH)
    snprintf(s->folder, sizeof s->folder, "%.*s", LS_STUDY_PATH - 1, out);
  if (*end != LS_STAGE_DONE) return LS_OK;
  done_path(plan, s, path);
  snprintf(line, sizeof line, "%s\n", run);
  return write_text(path, line, error);
}

ls_status ls_stages_report(const ls_plan *plan, const ls_process_watch *outer,
                           char path[LS_STUDY_PATH + 32], ls_error *error) {
  static char report[] = "report", out[] = "--out", figures[] = "--figures",
              overwrite[] = "--overwrite", data[] = "--data";
  char log[PATH], folder[PATH], number[16];
  char *words[LS_STUDY_LINES + 16];
  const char *command[LS_STUDY_COMMAND];
  size_t count = 0;
  snprintf(log, sizeof log, "%s/logs/report.log", plan->folder);
  snprintf(path, LS_STUDY_PATH + 32, "%s/report.html", plan->folder);
  snprintf(folder, sizeof folder, "%s/figures", plan->folder);
  words[count++] = report;
  words[count++] = out;
  words[count++] = path;
  words[count++] = figures;
  words[count++] = folder;
  words[count++] = overwrite;
  words[count++] = data;
  for (size_t i = 0; i < plan->count; i++)
    if (plan->stage[i].folder[0]) words[count++] = (char *)(void *)plan->stage[i].folder;
  LS_TRY(ls_plan_command(plan, 1, words, count, command, number, error));
  ls_process_watch watch = *outer;
  ls_process_outcome o;
  watch.log = log;
  LS_TRY(ls_process_run(command, &watch, &o, error));
  if (*watch.stop) return ls_fail(error, LS_STOPPED, "stopped by a signal");
  /* Without gnuplot there is a page without figures (bench/command_report.c). */
  if (!o.exit_code || (o.exit_code == CANNOT_RUN && !access(path, F_OK))) return LS_OK;
  return ls_fail(error, LS_VALUE, "the report ended with exit code %d: %.300s", o.exit_code,
                 o.last);
}
