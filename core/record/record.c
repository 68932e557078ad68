#define _POSIX_C_SOURCE 200809L
#include "record/record.h"

#include "base/clock.h"
#include "base/output_file.h"
#include "base/text.h"
#include "machine/machine.h"
#include "record/internal.h"

#include <cjson/cJSON.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *const ls_record_file_names[LS_RECORD_FILES] = {
    "samples.csv", "history.csv", "confusion.csv", "events.log",
    "summary.csv", "run.json",    "env.json",      "RESULT"};

static void utc(char *text, size_t length) {
  time_t now = time(NULL);
  struct tm parts;
  gmtime_r(&now, &parts);
  strftime(text, length, "%Y%m%dT%H%M%SZ", &parts);
}

typedef enum run_found { NO_RUN, UNFINISHED_RUN, WHOLE_RUN } run_found;

/* Any file of a run. Under their temporary names: another program writes it, or was killed. */
static run_found holds_run(const char *folder) {
  DIR *open = opendir(folder);
  if (!open) return NO_RUN;
  run_found found = NO_RUN;
  for (struct dirent *entry; found != WHOLE_RUN && (entry = readdir(open));) {
    const char *name = entry->d_name;
    for (int f = 0; f < LS_RECORD_FILES; f++) {
      size_t length = strlen(ls_record_file_names[f]);
      if (strncmp(name, ls_record_file_names[f], length) != 0) continue;
      if (strncmp(name + length, ".partial-", strlen(".partial-")) != 0) found = WHOLE_RUN;
      if (found == NO_RUN) found = UNFINISHED_RUN;
    }
  }
  closedir(open);
  return found;
}

/* Where several runs begin in one second, the later ones get a number. */
static ls_status make_new_folder(ls_record *record, const ls_run *run, const char *revision,
                                 ls_error *error) {
  char host[64], time_text[32], parent[LS_RECORD_PATH / 2];
  ls_machine_name(host, sizeof host);
  utc(time_text, sizeof time_text);
  snprintf(parent, sizeof parent, "results/%s/%s/%s", host, run->configuration.scaling,
           run->driver);
  LS_TRY(ls_make_folder(parent, error));
  snprintf(record->folder, sizeof record->folder, "%s/%s-%s", parent, time_text, revision);
  size_t named = strlen(record->folder);
  /* Making it claims it: another run may be looking for a name at this very moment. */
  for (int number = 2; mkdir(record->folder, 0777); number++) {
    if (errno != EEXIST)
      return ls_fail(error, LS_IO, "%s: cannot make this folder: %s", record->folder,
                     strerror(errno));
    snprintf(record->folder + named, sizeof record->folder - named, "-%d", number);
  }
  record->made = 1;
  return LS_OK;
}

static ls_status choose_folder(ls_record *record, const char *folder, const ls_run *run,
                               const char *revision, ls_error *error) {
  if (!folder) return make_new_folder(record, run, revision, error);
  if (strlen(folder) > LS_RECORD_PATH - 64)
    return ls_fail(error, LS_USAGE, "--out: the name is too long");
  snprintf(record->folder, sizeof record->folder, "%s", folder);
  for (size_t end = strlen(folder); end > 1 && folder[end - 1] == '/';) record->folder[--end] = 0;
  run_found found = holds_run(folder);
  if (found == WHOLE_RUN)
    return ls_fail(error, LS_USAGE,
                   "--out %s: holds a run already; nothing is overwritten, name another", folder);
  if (found == UNFINISHED_RUN)
    return ls_fail(error, LS_USAGE,
                   "--out %s: holds a run that has not ended (files *.partial-N); delete them if "
                   "it was killed, or name another",
                   folder);
  record->made = access(folder, F_OK) != 0;
  return ls_make_folder(folder, error);
}

static ls_status open_file(ls_record *record, int f, ls_error *error) {
  char path[LS_RECORD_PATH + 32];
  snprintf(path, sizeof path, "%s/%s", record->folder, ls_record_file_names[f]);
  return ls_output_open(&record->files[f], path, error);
}

static ls_status open_files(ls_record *record, ls_error *error) {
  const char *const columns[LS_OPEN_FROM_START] = {[LS_SAMPLES] = ls_samples_columns,
                                                   [LS_HISTORY] = ls_history_columns,
                                                   [LS_CONFUSION] = ls_confusion_columns};
  for (int f = 0; f < LS_OPEN_FROM_START; f++) {
    LS_TRY(open_file(record, f, error));
    if (columns[f]) fprintf(record->files[f].stream, "%s\n", columns[f]);
  }
  return LS_OK;
}

static ls_status describe_run(ls_record *record, const ls_run *run, const char *revision,
                              ls_error *error) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  record->events.wall_ms = 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
  record->events.start = ls_seconds();
  snprintf(record->driver, sizeof record->driver, "%s", run->driver);
  snprintf(record->revision, sizeof record->revision, "%s", revision);
  const char *name = strrchr(record->folder, '/');
  ls_record_quote(name ? name + 1 : record->folder, record->name, sizeof record->name);
  record->tally = ls_tally_new();
  if (!record->tally || ls_tally_own(record->tally, &run->configuration, &record->own))
    return ls_fail(error, LS_MEMORY, "no memory for the run's record");
  return LS_OK;
}

ls_status ls_record_open(const char *folder, const ls_run *run, const char *revision,
                         ls_record **out, ls_error *error) {
  *out = NULL;
  ls_record *record = calloc(1, sizeof *record);
  if (!record) return ls_fail(error, LS_MEMORY, "no memory for the run's record");
  ls_status status = choose_folder(record, folder, run, revision, error);
  if (status != LS_OK) {
    free(record);
    return status;
  }
  status = describe_run(record, run, revision, error);
  if (status == LS_OK) status = open_files(record, error);
  if (status != LS_OK) {
    ls_record_discard(record);
    return status;
  }
  *out = record;
  return LS_OK;
}

const char *ls_record_folder(const ls_record *record) {
  return record->folder;
}

void ls_record_note_fault(ls_record *record, const char *fault) {
  if (!record->fault[0]) snprintf(record->fault, sizeof record->fault, "%s", fault);
}

static ls_status write_summaries(ls_record *record, ls_error *error) {
  const ls_tally_group *groups;
  size_t count;
  LS_TRY(ls_tally_groups(record->tally, &groups, &count, error));
  LS_TRY(open_file(record, LS_SUMMARY, error));
  LS_TRY(ls_record_write_summary(record, groups, count, error));
  LS_TRY(open_file(record, LS_RUN_JSON, error));
  return ls_record_write_run_json(record, groups, count, error);
}

/* Of what there is so far; a later one takes their place. */
static void write_summaries_so_far(ls_record *record) {
  ls_error error = {0}; /* what is wrong is found again at the end */
  for (int f = LS_SUMMARY; f <= LS_RUN_JSON; f++) ls_output_discard(&record->files[f]);
  if (write_summaries(record, &error) != LS_OK) return;
  for (int f = LS_SUMMARY; f <= LS_RUN_JSON; f++) ls_output_sync(&record->files[f]);
}

void ls_record_sync(ls_record *record) {
  for (int f = 0; f < LS_OPEN_FROM_START; f++) ls_output_sync(&record->files[f]);
  write_summaries_so_far(record);
}

static ls_status write_environment(ls_record *record, const cJSON *environment, ls_error *error) {
  char *text = cJSON_Print(environment);
  if (!text) return ls_fail(error, LS_MEMORY, "%s/env.json: no memory", record->folder);
  ls_text_make_utf8(text); /* paths and arguments may be any bytes */
  ls_status status = open_file(record, LS_ENVIRONMENT, error);
  if (status == LS_OK) fprintf(record->files[LS_ENVIRONMENT].stream, "%s\n", text);
  cJSON_free(text);
  return status;
}

static ls_status write_result(ls_record *record, const char *invalid_reason, ls_error *error) {
  LS_TRY(open_file(record, LS_RESULT, error));
  FILE *file = record->files[LS_RESULT].stream;
  if (invalid_reason)
    fprintf(file, "RESULT INVALID reason=%.480s\n", invalid_reason);
  else
    fputs("RESULT VALID\n", file);
  return LS_OK;
}

/* The waiting for the disk comes before the first of them has its final name. */
static ls_status commit_files(ls_record *record, ls_error *error) {
  for (int f = 0; f < LS_RECORD_FILES; f++) ls_output_sync(&record->files[f]);
  for (int f = 0; f < LS_RECORD_FILES; f++) LS_TRY(ls_output_commit(&record->files[f], error));
  return LS_OK;
}

/* Where some of the files were completed before another one failed. The folder held none of them
 * before. */
static void remove_completed(const ls_record *record) {
  char path[LS_RECORD_PATH + 32];
  for (int f = 0; f < LS_RECORD_FILES; f++) {
    snprintf(path, sizeof path, "%s/%s", record->folder, ls_record_file_names[f]);
    unlink(path);
  }
}

ls_status ls_record_finish(ls_record *record, const cJSON *environment, const char *invalid_reason,
                           ls_error *error) {
  ls_record_end_events(record);
  for (int f = LS_SUMMARY; f <= LS_RUN_JSON; f++) ls_output_discard(&record->files[f]);
  ls_status status = write_summaries(record, error);
  if (!invalid_reason && record->fault[0]) invalid_reason = record->fault;
  if (status == LS_OK) status = write_environment(record, environment, error);
  if (status == LS_OK) status = write_result(record, invalid_reason, error);
  if (status == LS_OK) status = commit_files(record, error);
  if (status != LS_OK) remove_completed(record);
  ls_record_discard(record);
  return status;
}

void ls_record_discard(ls_record *record) {
  if (!record) return;
  for (int f = 0; f < LS_RECORD_FILES; f++) ls_output_discard(&record->files[f]);
  if (record->made) rmdir(record->folder); /* does nothing to a folder with files in it */
  ls_tally_free(record->tally);
  free(record);
}
