/* events.log: lines as MLPerf's logging library writes them,
 *   :::MLLOG {"namespace": "", "time_ms": .., "event_type": .., "key": .., "value": ..,
 *             "metadata": {"file": .., "lineno": ..}}
 * (mlperf_logging/mllog; the keys of MLPerf Training, and staging of MLPerf HPC). */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"
#include "record/internal.h"

#include <math.h>
#include <string.h>

static void write_line(ls_record *record, const char *type, const char *key, const char *suffix,
                       double value, int epoch, double when, const char *status) {
  FILE *file = record->files[LS_EVENTS].stream;
  double ms = record->events.wall_ms + 1e3 * (when - record->events.start);
  fprintf(file,
          ":::MLLOG {\"namespace\": \"\", \"time_ms\": %.0f, \"event_type\": \"%s\", \"key\": "
          "\"%s%s\", \"value\": ",
          ms, type, key, suffix);
  if (isfinite(value))
    fprintf(file, "%.17g", value);
  else
    fputs("null", file);
  /* The library demands a source line; the program has no use for one. */
  fputs(", \"metadata\": {\"file\": \"larscale\", \"lineno\": 0", file);
  if (epoch > 0) fprintf(file, ", \"epoch_num\": %d", epoch);
  if (status) fprintf(file, ", \"status\": \"%s\"", status);
  fputs("}}\n", file);
}

static void note_fault(ls_record *record, const char *what, const char *key) {
  char text[128];
  snprintf(text, sizeof text, "events.log: %s %s", key, what);
  ls_record_note_fault(record, text);
}

static void open_interval(ls_record *record, const ls_event *event, double when) {
  int depth = record->events.depth;
  if (depth == LS_MOST_OPEN_EVENTS) {
    note_fault(record, "begins inside too many others", event->key);
    return;
  }
  snprintf(record->events.open[depth], sizeof record->events.open[0], "%s", event->key);
  record->events.depth++;
  write_line(record, "INTERVAL_START", event->key, "_start", NAN, event->epoch, when, NULL);
}

static void close_interval(ls_record *record, const ls_event *event, double when) {
  int depth = record->events.depth;
  if (!depth || strcmp(record->events.open[depth - 1], event->key) != 0) {
    note_fault(record, "ends, but is not what began last", event->key);
    return;
  }
  record->events.depth--;
  const char *status = strcmp(event->key, "run") != 0 ? NULL : "success";
  write_line(record, "INTERVAL_END", event->key, "_stop", NAN, event->epoch, when, status);
}

void ls_record_event(ls_record *record, const ls_event *event) {
  double when = event->when > 0 ? event->when : ls_seconds();
  if (event->type == LS_EVENT_START)
    open_interval(record, event, when);
  else if (event->type == LS_EVENT_STOP)
    close_interval(record, event, when);
  else
    write_line(record, "POINT_IN_TIME", event->key, "", event->value, event->epoch, when, NULL);
}

void ls_record_end_events(ls_record *record) {
  while (record->events.depth)
    write_line(record, "INTERVAL_END", record->events.open[--record->events.depth], "_stop", NAN, 0,
               ls_seconds(), "aborted");
}
