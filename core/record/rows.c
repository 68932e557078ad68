/* The rows of samples.csv, history.csv and confusion.csv. */
#include "base/text.h"
#include "record/internal.h"

#include <math.h>
#include <string.h>

const char ls_samples_columns[] =
    "run_id,driver," LS_CONFIGURATION_COLUMNS
    ",rep,epoch,step,rank,phase,time_s,events,bytes_disk,bytes_mem,cache_state,warmup,kind";
const char ls_history_columns[] =
    "global_batch,seed,kind,epoch,step,loss,accuracy,val_loss,val_accuracy,lr,wall_s";
const char ls_confusion_columns[] = "set,true_class,predicted_class,events,score_sum";

void ls_record_quote(const char *text, char *cell, size_t size) {
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

void ls_record_number(FILE *file, double value) {
  if (isnan(value))
    fputc(',', file);
  else
    fprintf(file, ",%.9g", value);
}

/* ",value", or "," where a number does not apply. */
static void cell(FILE *file, int64_t value, int applies) {
  if (applies)
    fprintf(file, ",%lld", (long long)value);
  else
    fputc(',', file);
}

void ls_record_configuration(FILE *file, const ls_configuration *c) {
  fprintf(file, "%s,%s,%d,%d,%d,%zu,%zu", c->backend, c->scaling, c->nodes, c->ranks, c->threads,
          c->local_batch, c->global_batch);
}

void ls_record_sample(ls_record *record, const ls_sample *s) {
  FILE *file = record->files[LS_SAMPLES].stream;
  const ls_configuration *configuration = s->configuration ? s->configuration : &record->own;
  fprintf(file, "%s,%s,", record->name, record->driver);
  ls_record_configuration(file, configuration);
  cell(file, s->repetition, s->repetition >= 0);
  cell(file, s->epoch, s->epoch >= 0);
  cell(file, s->step, s->step >= 0);
  cell(file, s->rank, s->rank >= 0);
  fprintf(file, ",%s,%.9g,%zu", s->phase, s->seconds, s->events);
  cell(file, (int64_t)s->bytes_disk, s->bytes_disk > 0);
  cell(file, (int64_t)s->bytes_memory, s->bytes_memory > 0);
  fprintf(file, ",%s,%d,%s\n", s->cache_state ? s->cache_state : "", s->warmup, s->kind);
  ls_tally_add(record->tally, ls_tally_configuration(record->tally, configuration), s);
}

void ls_record_history(ls_record *record, const ls_history_row *row) {
  FILE *file = record->files[LS_HISTORY].stream;
  fprintf(file, "%zu,%llu,%s,%d,%zu", row->global_batch, (unsigned long long)row->seed,
          row->kind ? row->kind : "measured", row->epoch, row->step);
  const double values[] = {
      row->loss,          row->accuracy,    row->validation_loss, row->validation_accuracy,
      row->learning_rate, row->wall_seconds};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) ls_record_number(file, values[i]);
  fputc('\n', file);
}

void ls_record_confusion(ls_record *record, const char *set, int classes, const char *const *names,
                         const double *counts, const double *scores) {
  FILE *file = record->files[LS_CONFUSION].stream;
  for (int t = 0; t < classes; t++)
    for (int p = 0; p < classes; p++) {
      fprintf(file, "%s,", set);
      char name[2][LS_CELL];
      ls_record_quote(names[t], name[0], sizeof name[0]);
      ls_record_quote(names[p], name[1], sizeof name[1]);
      fprintf(file, "%s,%s", name[0], name[1]);
      fprintf(file, ",%.0f,%.9g\n", counts[t * classes + p], scores[t * classes + p]);
    }
}
