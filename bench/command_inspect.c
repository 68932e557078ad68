/* larscale inspect: what is in event files, event by event. */
#include "bench/command.h"
#include "bench/events.h"
#include "bench/json_output.h"
#include "network/spec.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Sums over one event's pixels, as they are in the file. */
typedef struct plane_sums {
  size_t pixels;
  double sum, least, most;
} plane_sums;

typedef struct event_sums {
  plane_sums plane[LS_MAX_PLANES];
  XXH64_state_t *hash[LS_MAX_PLANES]; /* of (index, value) pairs, so that copies of an event in
                                         other formats compare equal */
} event_sums;

static ls_status add_pixels(void *context, int plane, size_t count, const uint32_t *index,
                            const float *value, ls_error *error) {
  (void)error;
  event_sums *sums = context;
  plane_sums *p = &sums->plane[plane];
  for (size_t i = 0; i < count; i++) {
    double v = (double)value[i];
    if (!p->pixels || v < p->least) p->least = v;
    if (!p->pixels || v > p->most) p->most = v;
    p->sum += v;
    p->pixels++;
    XXH64_update(sums->hash[plane], &index[i], sizeof index[i]);
    XXH64_update(sums->hash[plane], &value[i], sizeof value[i]);
  }
  return LS_OK;
}

static uint64_t checksum(const event_sums *sums, int planes) {
  uint64_t digests[LS_MAX_PLANES];
  for (int p = 0; p < planes; p++) digests[p] = XXH64_digest(sums->hash[p]);
  return XXH64(digests, (size_t)planes * sizeof *digests, 0);
}

static cJSON *event_json(size_t event, const char *file, const ls_event_info *info, int label,
                         const char *class_name, const event_sums *sums, int planes) {
  char text[32];
  cJSON *entry = cJSON_CreateObject(), *list;
  if (!entry) return NULL;
  cJSON_AddNumberToObject(entry, "event", (double)event);
  cJSON_AddStringToObject(entry, "file", file);
  cJSON_AddNumberToObject(entry, "run", (double)info->run);
  cJSON_AddNumberToObject(entry, "subrun", (double)info->subrun);
  cJSON_AddNumberToObject(entry, "number", (double)info->event);
  cJSON_AddNumberToObject(entry, "label", label);
  cJSON_AddStringToObject(entry, "class", class_name);
  cJSON_AddNumberToObject(entry, "pdg", info->pdg);
  cJSON_AddNumberToObject(entry, "stored_bytes", (double)info->stored_bytes);
  cJSON_AddNumberToObject(entry, "raw_bytes", (double)info->raw_bytes);
  snprintf(text, sizeof text, "%016" PRIx64, checksum(sums, planes));
  cJSON_AddStringToObject(entry, "checksum", text);
  list = cJSON_AddArrayToObject(entry, "planes");
  for (int p = 0; p < planes; p++) {
    cJSON *plane = cJSON_CreateObject();
    if (!plane || !cJSON_AddItemToArray(list, plane)) continue;
    cJSON_AddNumberToObject(plane, "plane", p);
    cJSON_AddNumberToObject(plane, "pixels", (double)sums->plane[p].pixels);
    cJSON_AddNumberToObject(plane, "sum", sums->plane[p].sum);
    cJSON_AddNumberToObject(plane, "minimum", sums->plane[p].least);
    cJSON_AddNumberToObject(plane, "maximum", sums->plane[p].most);
  }
  return entry;
}

static void event_text(size_t event, const ls_event_info *info, const char *class_name,
                       const event_sums *sums, int planes) {
  static const char names[] = "UVY";
  for (int p = 0; p < planes; p++) {
    const plane_sums *s = &sums->plane[p];
    if (p == 0)
      printf("%6zu %8lld %-10.10s", event, (long long)info->event, class_name);
    else
      printf("%26s", "");
    printf(" %c %9zu %14.6g %11.6g %11.6g", planes == 1 ? '-' : names[p], s->pixels, s->sum,
           s->least, s->most);
    if (p == 0) printf("  %016" PRIx64, checksum(sums, planes));
    putchar('\n');
  }
}

/* One event: reads it whole, and prints it or appends it to list. */
static ls_status inspect_event(ls_dataset *dataset, size_t event, int planes, int by_rule,
                               event_sums *sums, cJSON *list, ls_error *error) {
  ls_source *source;
  size_t in_file;
  ls_event_info info;
  LS_TRY(ls_dataset_locate(dataset, event, &source, &in_file, error));
  LS_TRY(source->functions->info(source, in_file, &info, error));
  int label = info.label;
  if (by_rule) LS_TRY(ls_dataset_label(dataset, event, &label, error));
  for (int p = 0; p < planes; p++) {
    sums->plane[p] = (plane_sums){0};
    XXH64_reset(sums->hash[p], 0);
  }
  ls_pixel_sink sink = {.pixels = add_pixels, .context = sums};
  LS_TRY(ls_dataset_read_pixels(dataset, event, &sink, error));
  const char *class_name = "-";
  if (label >= 0)
    class_name = by_rule ? ls_dataset_class_name(dataset, label) : source->class_names[label];
  if (list)
    cJSON_AddItemToArray(list,
                         event_json(event, source->path, &info, label, class_name, sums, planes));
  else
    event_text(event, &info, class_name, sums, planes);
  return LS_OK;
}

static ls_status check_event(const ls_settings *settings, const ls_dataset *dataset,
                             ls_error *error) {
  long count = (long)ls_dataset_count(dataset);
  if (settings->event < count) return LS_OK;
  return ls_fail(error, LS_USAGE, "--event %ld: the data set has events 0 to %ld", settings->event,
                 count - 1);
}

static ls_status inspect(const ls_settings *settings, ls_dataset *dataset, cJSON *list,
                         ls_error *error) {
  ls_geometry geometry = ls_dataset_geometry(dataset);
  size_t count = ls_dataset_count(dataset);
  size_t first = settings->event == LS_UNSET ? 0 : (size_t)settings->event;
  size_t last = settings->event == LS_UNSET ? count : first + 1;
  event_sums sums = {0};
  ls_status status = LS_OK;
  for (int p = 0; p < geometry.planes; p++)
    if (!(sums.hash[p] = XXH64_createState()))
      status = ls_fail(error, LS_MEMORY, "no memory to inspect");
  for (size_t event = first; status == LS_OK && event < last; event++)
    status = inspect_event(dataset, event, geometry.planes, settings->labels != NULL, &sums, list,
                           error);
  for (int p = 0; p < geometry.planes; p++) XXH64_freeState(sums.hash[p]);
  return status;
}

static void print_head(ls_dataset *dataset) {
  ls_geometry geometry = ls_dataset_geometry(dataset);
  printf("%zu events in %zu files (%s, %s), %d planes of %d ticks x %d wires\n",
         ls_dataset_count(dataset), ls_dataset_file_count(dataset), ls_dataset_format(dataset),
         ls_dataset_value_type(dataset) == LS_VALUE_INT32 ? "int32" : "float32", geometry.planes,
         geometry.rows, geometry.columns);
  printf("%6s %8s %-10s %s %9s %14s %11s %11s  %s\n", "event", "number", "class", "p", "pixels",
         "sum", "minimum", "maximum", "checksum");
}

static ls_status print_json(ls_dataset *dataset, cJSON *list, ls_error *error) {
  ls_geometry geometry = ls_dataset_geometry(dataset);
  cJSON *root = cJSON_CreateObject();
  cJSON_AddNumberToObject(root, "event_count", (double)ls_dataset_count(dataset));
  cJSON_AddStringToObject(root, "format", ls_dataset_format(dataset));
  cJSON_AddNumberToObject(root, "planes", geometry.planes);
  cJSON_AddNumberToObject(root, "ticks", geometry.rows);
  cJSON_AddNumberToObject(root, "wires", geometry.columns);
  cJSON_AddItemReferenceToObject(root, "events", list);
  return ls_json_print(root, error);
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  (void)comm;
  if (!settings->data_count)
    return ls_fail(error, LS_USAGE, "no events given: name files, folders or globs");
  ls_dataset *dataset;
  /* Without a rule, the files' own labels are shown where there are any. */
  const char *labels = settings->labels ? settings->labels : "constant:0";
  LS_TRY(ls_dataset_open((const char *const *)settings->data, settings->data_count, labels,
                         settings->producer, LS_MAX_CLASSES, &dataset, error));
  cJSON *list = settings->json ? cJSON_CreateArray() : NULL;
  ls_status status = check_event(settings, dataset, error);
  if (status == LS_OK && !settings->json) print_head(dataset);
  if (status == LS_OK) status = inspect(settings, dataset, list, error);
  if (status == LS_OK && settings->json) status = print_json(dataset, list, error);
  cJSON_Delete(list);
  ls_dataset_close(dataset);
  return status;
}

const ls_command ls_command_inspect = {
    .name = "inspect",
    .summary = "what is in event files, event by event",
    .details =
        "Reads every event whole and prints, for each plane, the number of non-zero pixels, their\n"
        "sum, least and largest value; and a checksum of the pixels, which is the same for copies\n"
        "of an event in other formats.",
    .example = "  larscale inspect events/*.h5\n  larscale inspect events.h5 --event 3 --json",
    .run = run,
    .groups = {&ls_options_data, &ls_options_inspect},
};
