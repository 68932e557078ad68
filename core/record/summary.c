/* summary.csv: a line for each configuration and quantity. */
#include "record/internal.h"
#include "statistics/statistics.h"

#include <math.h>

const char ls_summary_columns[] =
    "run_id,driver," LS_CONFIGURATION_COLUMNS
    ",cache_state,kind,quantity,n,median_s,ci95_lo,ci95_hi,min_s,max_s,p25,p75,p99,events_per_s,"
    "speedup,efficiency,base_ranks,base_time_s";

/* Rates are of totals. */
static double events_per_second(const ls_tally_group *g) {
  double seconds = 0;
  for (size_t i = 0; i < g->count; i++) seconds += g->slowest[i];
  return g->events > 0 && seconds > 0 ? g->events / seconds : NAN;
}

/* Events of a unit over its median time: what speed-up compares, as units of different
 * configurations may hold different numbers of events. Without events: units. */
static double median_rate(const ls_tally_group *g, const ls_summary *summary) {
  return (g->events > 0 ? g->events / (double)g->count : 1) / summary->median;
}

static void write_scaling(FILE *file, const ls_tally_group *g, const ls_summary *summary,
                          const ls_summary *base) {
  if (!g->base) {
    fputs(",,,,\n", file);
    return;
  }
  double speedup = median_rate(g, summary) / median_rate(g->base, base);
  ls_record_number(file, speedup);
  ls_record_number(file, speedup * g->base->configuration.ranks / g->configuration.ranks);
  fprintf(file, ",%d,%.9g\n", g->base->configuration.ranks, base->median);
}

static ls_status write_line(ls_record *record, const ls_tally_group *g, ls_error *error) {
  FILE *file = record->files[LS_SUMMARY].stream;
  ls_summary s, base = {0};
  LS_TRY(ls_summarise(g->slowest, g->count, &s, error));
  if (g->base) LS_TRY(ls_summarise(g->base->slowest, g->base->count, &base, error));
  fprintf(file, "%s,%s,", record->name, record->driver);
  ls_record_configuration(file, &g->configuration);
  fprintf(file, ",%s,%s,%s,%zu", g->cache_state, g->kind, g->quantity, s.n);
  const double values[] = {s.median, s.ci95_low, s.ci95_high,         s.min, s.max, s.p25,
                           s.p75,    s.p99,      events_per_second(g)};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) ls_record_number(file, values[i]);
  write_scaling(file, g, &s, &base);
  return LS_OK;
}

ls_status ls_record_write_summary(ls_record *record, const ls_tally_group *groups, size_t count,
                                  ls_error *error) {
  fprintf(record->files[LS_SUMMARY].stream, "%s\n", ls_summary_columns);
  for (size_t i = 0; i < count; i++) {
    ls_error unfit = {0};
    ls_status status = write_line(record, &groups[i], &unfit);
    if (status == LS_VALUE)
      ls_record_note_fault(record, unfit.message);
    else if (status != LS_OK) {
      if (error) *error = unfit;
      return status;
    }
  }
  return LS_OK;
}
