#define _POSIX_C_SOURCE 200809L
#include "record/record.h"

#include "base/output_file.h"
#include "base/text.h"
#include "machine/machine.h"

#include <cjson/cJSON.h>

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* In the order in which they come under their final names. */
enum { SAMPLES, HISTORY, CONFUSION, TABLES, ENVIRONMENT = TABLES, RESULT, FILES };
enum { PATH_LENGTH = 4096, CELL = 516 };

static const char *const file_names[FILES] = {"samples.csv", "history.csv", "confusion.csv",
                                              "env.json", "RESULT"};
static const char *const headers[TABLES] = {
    "run_id,driver,backend,scaling,nodes,ranks,threads,local_batch,global_batch,rep,epoch,step,"
    "rank,"
    "phase,time_s,events,bytes_disk,bytes_mem,cache_state,warmup,kind",
    "epoch,step,loss,accuracy,val_loss,val_accuracy,lr,wall_s",
    "set,true_class,predicted_class,events,score_sum",
};

struct ls_record {
  char folder[PATH_LENGTH];
  int made;             /* 1: the folder was not there before */
  char row_start[1024]; /* of samples.csv: the columns that are the same in every row */
  ls_output_file files[FILES];
};

/* A CSV cell (RFC 4180) of a text that comes from a file or the command line, cut to 255 bytes;
 * control characters are left out. size: at least CELL. */
static void quote(const char *text, char *cell, size_t size) {
  size_t used = 0;
  cell[used++] = '"';
  for (size_t i = 0; i < 255 && used + 4 < size && text[i]; i++) {
    if (text[i] == '"') cell[used++] = '"';
    if ((unsigned char)text[i] >= ' ') cell[used++] = text[i];
  }
  cell[used++] = '"';
  cell[used] = 0;
  ls_text_make_utf8(cell);
}

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
    for (int f = 0; f < FILES; f++) {
      size_t length = strlen(file_names[f]);
      if (strncmp(name, file_names[f], length) != 0) continue;
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
  char host[64], time_text[32], parent[PATH_LENGTH / 2];
  ls_machine_name(host, sizeof host);
  utc(time_text, sizeof time_text);
  snprintf(parent, sizeof parent, "results/%s/%s/%s", host, run->scaling, run->driver);
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
  if (strlen(folder) > PATH_LENGTH - 64)
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
  char path[PATH_LENGTH + 32];
  snprintf(path, sizeof path, "%s/%s", record->folder, file_names[f]);
  return ls_output_open(&record->files[f], path, error);
}

static ls_status open_tables(ls_record *record, ls_error *error) {
  for (int f = 0; f < TABLES; f++) {
    LS_TRY(open_file(record, f, error));
    fprintf(record->files[f].stream, "%s\n", headers[f]);
  }
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
  char name[CELL];
  quote(strrchr(record->folder, '/') ? strrchr(record->folder, '/') + 1 : record->folder, name,
        sizeof name);
  snprintf(record->row_start, sizeof record->row_start, "%s,%s,%s,%s,%d,%d,%d,%zu,%zu", name,
           run->driver, run->backend, run->scaling, run->nodes, run->ranks, run->threads,
           run->local_batch, run->global_batch);
  status = open_tables(record, error);
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

/* ",value", or "," where a number does not apply. */
static void cell(FILE *file, int64_t value, int applies) {
  if (applies)
    fprintf(file, ",%lld", (long long)value);
  else
    fputc(',', file);
}

void ls_record_sample(ls_record *record, const ls_sample *s) {
  FILE *file = record->files[SAMPLES].stream;
  fputs(record->row_start, file);
  cell(file, s->repetition, s->repetition >= 0);
  cell(file, s->epoch, s->epoch >= 0);
  cell(file, s->step, s->step >= 0);
  cell(file, s->rank, s->rank >= 0);
  fprintf(file, ",%s,%.9g,%zu", s->phase, s->seconds, s->events);
  cell(file, (int64_t)s->bytes_disk, s->bytes_disk > 0);
  cell(file, (int64_t)s->bytes_memory, s->bytes_memory > 0);
  fprintf(file, ",%s,%d,%s\n", s->cache_state ? s->cache_state : "", s->warmup, s->kind);
}

/* ",value", or "," for NaN. */
static void number(FILE *file, double value) {
  if (isnan(value))
    fputc(',', file);
  else
    fprintf(file, ",%.9g", value);
}

void ls_record_history(ls_record *record, const ls_history_row *row) {
  FILE *file = record->files[HISTORY].stream;
  fprintf(file, "%d,%zu", row->epoch, row->step);
  const double values[] = {
      row->loss,          row->accuracy,    row->validation_loss, row->validation_accuracy,
      row->learning_rate, row->wall_seconds};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) number(file, values[i]);
  fputc('\n', file);
}

void ls_record_confusion(ls_record *record, const char *set, int classes, const char *const *names,
                         const double *counts, const double *scores) {
  FILE *file = record->files[CONFUSION].stream;
  for (int t = 0; t < classes; t++)
    for (int p = 0; p < classes; p++) {
      fprintf(file, "%s,", set);
      char name[2][CELL];
      quote(names[t], name[0], sizeof name[0]);
      quote(names[p], name[1], sizeof name[1]);
      fprintf(file, "%s,%s", name[0], name[1]);
      fprintf(file, ",%.0f,%.9g\n", counts[t * classes + p], scores[t * classes + p]);
    }
}

static ls_status write_environment(ls_record *record, const cJSON *environment, ls_error *error) {
  char *text = cJSON_Print(environment);
  if (!text) return ls_fail(error, LS_MEMORY, "%s/env.json: no memory", record->folder);
  ls_text_make_utf8(text); /* paths and arguments may be any bytes */
  ls_status status = open_file(record, ENVIRONMENT, error);
  if (status == LS_OK) fprintf(record->files[ENVIRONMENT].stream, "%s\n", text);
  cJSON_free(text);
  return status;
}

static ls_status write_result(ls_record *record, const char *invalid_reason, ls_error *error) {
  LS_TRY(open_file(record, RESULT, error));
  FILE *file = record->files[RESULT].stream;
  if (invalid_reason)
    fprintf(file, "RESULT INVALID reason=%.480s\n", invalid_reason);
  else
    fputs("RESULT VALID\n", file);
  return LS_OK;
}

/* The waiting for the disk comes before the first of them has its final name. */
static ls_status commit_files(ls_record *record, ls_error *error) {
  for (int f = 0; f < FILES; f++) ls_output_sync(&record->files[f]);
  for (int f = 0; f < FILES; f++) LS_TRY(ls_output_commit(&record->files[f], error));
  return LS_OK;
}

/* Where some of the files were completed before another one failed. The folder held none of them
 * before. */
static void remove_completed(const ls_record *record) {
  char path[PATH_LENGTH + 32];
  for (int f = 0; f < FILES; f++) {
    snprintf(path, sizeof path, "%s/%s", record->folder, file_names[f]);
    unlink(path);
  }
}

ls_status ls_record_finish(ls_record *record, const cJSON *environment, const char *invalid_reason,
                           ls_error *error) {
  ls_status status = write_environment(record, environment, error);
  if (status == LS_OK) status = write_result(record, invalid_reason, error);
  if (status == LS_OK) status = commit_files(record, error);
  if (status != LS_OK) remove_completed(record);
  ls_record_discard(record);
  return status;
}

void ls_record_discard(ls_record *record) {
  if (!record) return;
  for (int f = 0; f < FILES; f++) ls_output_discard(&record->files[f]);
  if (record->made) rmdir(record->folder); /* does nothing to a folder with files in it */
  free(record);
}
