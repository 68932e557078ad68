#include "bench/events.h"

#include "base/clock.h"
#include "bench/progress.h"

#include <math.h>
#include <string.h>

static int plane_number(const char *name) {
  static const char *const names[] = {"U", "V", "Y", "0", "1", "2"};
  for (int i = 0; i < 6; i++)
    if (!strcmp(name, names[i])) return i % 3;
  return -1; /* all */
}

static void apply_options(const ls_settings *settings, ls_image_policy *policy) {
  if (settings->plane) policy->plane = plane_number(settings->plane);
  if (settings->rebin != LS_UNSET) policy->rebin = (int)settings->rebin;
  if (settings->first_tick != LS_UNSET) policy->first_tick = (int)settings->first_tick;
  if (settings->first_wire != LS_UNSET) policy->first_wire = (int)settings->first_wire;
  if (settings->size != LS_UNSET) policy->size = (int)settings->size;
  if (!isnan(settings->scale)) policy->scale = (float)settings->scale;
}

ls_status ls_events_open(const ls_settings *settings, char **paths, size_t path_count, int classes,
                         ls_events *events, ls_error *error) {
  *events = (ls_events){0};
  if (!path_count)
    return ls_fail(error, LS_USAGE, "no events given: name files, folders or globs with --data");
  LS_TRY(ls_dataset_open((const char *const *)paths, path_count, settings->labels,
                         settings->producer, classes, &events->dataset, error));
  ls_geometry geometry = ls_dataset_geometry(events->dataset);
  events->policy = ls_image_policy_default(ls_dataset_format(events->dataset), &geometry);
  apply_options(settings, &events->policy);
  ls_status status = ls_image_policy_check(&events->policy, &geometry, error);
  if (status != LS_OK) ls_events_close(events);
  return status;
}

void ls_events_close(ls_events *events) {
  ls_dataset_close(events->dataset);
  *events = (ls_events){0};
}

int ls_events_planes(const ls_events *events) {
  return events->policy.plane < 0 ? ls_dataset_geometry(events->dataset).planes : 1;
}

static ls_status make_store(const ls_settings *settings, ls_store **store, ls_error *error) {
  ls_store_options options = ls_store_defaults();
  if (settings->codec) options.codec = settings->codec;
  if (!strcmp(options.codec, "none") &&
      (settings->codec_level != LS_UNSET || settings->codec_threads != LS_UNSET ||
       settings->codec_shuffle))
    return ls_fail(error, LS_USAGE,
                   "--codec none compresses nothing: leave --codec-level, --codec-shuffle and "
                   "--codec-threads out");
  if (settings->codec_level != LS_UNSET) options.level = (int)settings->codec_level;
  if (settings->codec_threads != LS_UNSET) options.threads = (int)settings->codec_threads;
  options.memory_budget = (size_t)ceil(settings->memory_budget * 1e6); /* 0 bytes: no limit */
  const char *shuffle = settings->codec_shuffle, *form = settings->store_form;
  if (shuffle) options.shuffle = !strcmp(shuffle, "none") ? 0 : !strcmp(shuffle, "bytes") ? 1 : 2;
  if (form && !strcmp(form, "sparse")) options.form = LS_STORE_SPARSE;
  if (form && !strcmp(form, "dense")) options.form = LS_STORE_DENSE;
  return ls_store_new(&options, store, error);
}

/* One event into the store; adds to the times. */
static ls_status load_event(ls_events *events, size_t event, ls_image *image, ls_store *store,
                            ls_load_times *times, ls_error *error) {
  double start = ls_seconds();
  ls_source *source;
  size_t in_file;
  ls_event_info info;
  LS_TRY(ls_dataset_locate(events->dataset, event, &source, &in_file, error));
  LS_TRY(source->functions->info(source, in_file, &info, error));
  double informed = ls_seconds();
  LS_TRY(ls_dataset_read(events->dataset, event, &events->policy, image, error));
  double read = ls_seconds();
  LS_TRY(ls_store_append(store, image, error));
  times->read += informed - start;
  times->convert += read - informed; /* less the files' part, at the end */
  times->compress += ls_seconds() - read;
  times->events++;
  times->bytes_disk += info.stored_bytes;
  times->checksum += ls_image_checksum(image);
  return LS_OK;
}

static ls_status load_chosen(ls_events *events, ls_event_choice mine, const void *context,
                             size_t chosen, ls_progress *progress, ls_store *store,
                             ls_load_times *times, ls_error *error) {
  ls_image image = {0};
  ls_status status = LS_OK;
  size_t count = ls_dataset_count(events->dataset);
  for (size_t event = 0; status == LS_OK && event < count; event++) {
    if (!mine(context, event)) continue;
    status = load_event(events, event, &image, store, times, error);
    /* Early, once there is something to estimate from, and then now and again. */
    if (status == LS_OK && (times->events == 4 || times->events % 256 == 0))
      status = ls_store_check_room(store, chosen, error);
    ls_progress_at(progress, times->events, chosen, NULL);
  }
  ls_image_destroy(&image);
  return status;
}

ls_status ls_events_load(const ls_settings *settings, ls_events *events, ls_event_choice mine,
                         const void *context, const char *what, int show_progress, ls_store **store,
                         ls_load_times *times, ls_error *error) {
  double start = ls_seconds(), read_before, inflate_before;
  *times = (ls_load_times){.begun = start};
  *store = NULL;
  ls_dataset_times(events->dataset, &read_before, &inflate_before);
  size_t chosen = 0, count = ls_dataset_count(events->dataset);
  for (size_t event = 0; event < count; event++) chosen += (size_t)mine(context, event);
  ls_store *made = NULL;
  LS_TRY(make_store(settings, &made, error));
  ls_progress progress;
  ls_progress_start(&progress, what, "events", show_progress);
  ls_status status = load_chosen(events, mine, context, chosen, &progress, made, times, error);
  ls_progress_end(&progress);
  if (status == LS_OK) status = ls_store_seal(made, error);
  if (status != LS_OK) {
    ls_store_free(made);
    return status;
  }
  double read, inflate;
  ls_dataset_times(events->dataset, &read, &inflate);
  times->inflate = inflate - inflate_before;
  times->convert -= read - read_before + times->inflate;
  times->read += read - read_before;
  times->wall = ls_seconds() - start;
  *store = made;
  return LS_OK;
}

int ls_event_round_robin(const void *context, size_t event) {
  const ls_round_robin *deal = context;
  return event % deal->ranks == deal->rank;
}
