/* The events that a command works on: data set, image policy, and the store they are loaded into,
 * as the options say. */
#ifndef LS_BENCH_EVENTS_H
#define LS_BENCH_EVENTS_H

#include "bench/options.h"
#include "comm/comm.h"
#include "datasets/dataset.h"
#include "store/store.h"

typedef struct ls_events {
  ls_dataset *dataset;
  ls_image_policy policy;
} ls_events;

/* Opens paths with the rule --labels, and makes the policy from the format's default and the
 * options. Close with ls_events_close. */
ls_status ls_events_open(const ls_settings *settings, char **paths, size_t path_count, int classes,
                         ls_events *events, ls_error *error);
void ls_events_close(ls_events *events); /* a zeroed struct is fine */

/* Planes of the images: 1, or all of the events'. */
int ls_events_planes(const ls_events *events);

/* Seconds and bytes of loading. read and inflate are what the files took; convert is the image
 * policy with all else of reading; compress is the store. */
typedef struct ls_load_times {
  double read, inflate, convert, compress, wall;
  double begun; /* ls_seconds() at the start */
  size_t events;
  uint64_t bytes_disk; /* of the events as they lie in the files */
  uint64_t checksum;   /* sum of the images' checksums: it does not depend on order or rank */
} ls_load_times;

/* Whether an event belongs to this rank. */
typedef int (*ls_event_choice)(const void *context, size_t event);

/* Reads the chosen events into a new, sealed store. what: "loading" for the progress line, shown on
 * request. LS_MEMORY as soon as it is clear that they will not fit. */
ls_status ls_events_load(const ls_settings *settings, ls_events *events, ls_event_choice mine,
                         const void *context, const char *what, int show_progress, ls_store **store,
                         ls_load_times *times, ls_error *error);

/* Whose events are dealt out one by one: for evaluation. context: an ls_round_robin. */
typedef struct ls_round_robin {
  size_t rank, ranks;
} ls_round_robin;
int ls_event_round_robin(const void *context, size_t event);

#endif
