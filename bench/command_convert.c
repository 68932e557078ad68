/* larscale convert: events of any format to KevLAr HDF5 or the packed format (whole events), or the
 * network's images to NumPy arrays. */
#include "base/memory.h"
#include "bench/command.h"
#include "bench/event_writer.h"
#include "bench/events.h"
#include "bench/json_output.h"
#include "bench/outputs.h"
#include "bench/progress.h"
#include "bench/stop_request.h"
#include "datasets/hdf5/truth_read.h"
#include "datasets/numpy/npy_writer.h"
#include "network/spec.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 16, PATH_LENGTH = 4096 };

typedef struct converting {
  const ls_settings *settings;
  ls_events events;
  int labelled; /* the copy gets labels */
  const volatile sig_atomic_t *stop;
  ls_truth *first_truth, *truth; /* of the first file, and of the one that is read; NULL: none */
  char truth_path[PATH_LENGTH];  /* of the latter */
  char labels_path[PATH_LENGTH];
} converting;

static int ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && !strcmp(text + n - m, end);
}

static int to_npy(const ls_settings *s) {
  return s->format ? !strcmp(s->format, "npy") : ends_with(s->out, ".npy");
}

static ls_status check_options(const ls_settings *s, ls_error *error) {
  if (!s->out) return ls_fail(error, LS_USAGE, "no file to write: name one with --out");
  LS_TRY(ls_output_wanted(s, "--out", s->out, error));
  if (to_npy(s)) {
    if (s->value_type || s->image_set)
      return ls_fail(error, LS_USAGE,
                     "--values and --image-set are for files of whole events, not for .npy");
    return LS_OK;
  }
  if (s->scale == 0) return ls_fail(error, LS_USAGE, "--scale 0: must be a number other than 0");
  if (s->plane || s->rebin != LS_UNSET || s->first_tick != LS_UNSET || s->first_wire != LS_UNSET ||
      s->size != LS_UNSET)
    return ls_fail(
        error, LS_USAGE,
        "a file of this format gets whole events: --plane, --rebin, --first-tick, --first-wire and "
        "--size are for --format npy");
  return LS_OK;
}

/* The image policy is that of .npy files alone. */
static ls_status open_labelled(converting *c, char *labels, ls_error *error) {
  ls_settings s = *c->settings;
  s.labels = labels;
  if (to_npy(&s)) return ls_events_open(&s, s.data, s.data_count, MOST_CLASSES, &c->events, error);
  return ls_dataset_open((const char *const *)s.data, s.data_count, labels, s.producer,
                         MOST_CLASSES, &c->events.dataset, error);
}

/* Without --labels the copy is labelled if the source is. */
static ls_status open_events(converting *c, ls_error *error) {
  const ls_settings *s = c->settings;
  if (!s->data_count)
    return ls_fail(error, LS_USAGE, "no events given: name files, folders or globs with --data");
  char none[] = "constant:0";
  LS_TRY(open_labelled(c, none, error));
  ls_source *source;
  size_t in_file;
  LS_TRY(ls_dataset_locate(c->events.dataset, 0, &source, &in_file, error));
  c->labelled = s->labels != NULL || source->has_labels;
  if (!c->labelled) return LS_OK;
  ls_events_close(&c->events);
  return open_labelled(c, s->labels, error);
}

/* Labels go into a file of their own where the images are an array. */
static ls_status check_outputs(converting *c, ls_error *error) {
  const ls_settings *s = c->settings;
  LS_TRY(ls_output_is_no_input(s, c->events.dataset, "--out", s->out, error));
  if (!c->labelled || !to_npy(s)) return LS_OK;
  size_t stem = strlen(s->out);
  if (ends_with(s->out, ".npy")) stem -= strlen(".npy");
  if (stem + sizeof ".labels.npy" > PATH_LENGTH)
    return ls_fail(error, LS_USAGE, "--out: the name is too long");
  snprintf(c->labels_path, sizeof c->labels_path, "%.*s.labels.npy", (int)stem, s->out);
  LS_TRY(ls_output_wanted(s, "the labels of --out", c->labels_path, error));
  return ls_output_is_no_input(s, c->events.dataset, "the labels of --out", c->labels_path, error);
}

/* So that no half file is left. */
static ls_status stopped(const converting *c, ls_error *error) {
  return *c->stop ? ls_fail(error, LS_STOPPED, "stopped by a signal; nothing is written") : LS_OK;
}

static void show(ls_progress *progress, const converting *c, size_t done) {
  ls_progress_at(progress, done, ls_dataset_count(c->events.dataset), NULL);
}

/* One event's pixels in the file's own geometry, gathered plane by plane. */
typedef struct gathered {
  ls_pixels planes[LS_MAX_PLANES];
  double scale;
  int whole; /* 1: round to whole numbers */
} gathered;

static ls_status gather(void *context, int plane, size_t count, const uint32_t *index,
                        const float *value, ls_error *error) {
  gathered *g = context;
  ls_pixels *to = &g->planes[plane];
  LS_TRY(ls_pixels_reserve(to, to->count + count, error));
  for (size_t i = 0; i < count; i++) {
    double v = (double)value[i] * g->scale;
    if (g->whole) v = rint(v);
    if (v == 0) continue;
    to->index[to->count] = index[i];
    to->value[to->count++] = (float)v;
  }
  return LS_OK;
}

static int same_columns(const ls_truth *first, const ls_truth *truth) {
  int count, others;
  const ls_truth_column *columns = ls_truth_columns(first, &count);
  const ls_truth_column *other = ls_truth_columns(truth, &others);
  int same = others == count;
  for (int i = 0; same && i < count; i++)
    same = columns[i].width == other[i].width && !strcmp(columns[i].name, other[i].name);
  return same;
}

/* The event's truth into values; its file must know what the first one does. */
static ls_status read_truth(converting *c, const ls_source *source, size_t in_file, double *values,
                            ls_error *error) {
  if (strcmp(c->truth_path, source->path) != 0) {
    ls_truth_close(c->truth);
    c->truth = NULL;
    snprintf(c->truth_path, sizeof c->truth_path, "%s", source->path);
    LS_TRY(ls_truth_open(source->path, source->count, &c->truth, error));
    if (!same_columns(c->first_truth, c->truth))
      return ls_fail(error, LS_MISMATCH,
                     "%s: its data sets /truth are not those of %s; convert the files one by one",
                     source->path, ls_dataset_file(c->events.dataset, 0));
  }
  return c->truth ? ls_truth_row(c->truth, in_file, values, error) : LS_OK;
}

static ls_status copy_event(converting *c, size_t event, gathered *g, ls_event_writer *writer,
                            ls_error *error) {
  ls_source *source;
  size_t in_file;
  ls_event_info info;
  LS_TRY(ls_dataset_locate(c->events.dataset, event, &source, &in_file, error));
  LS_TRY(source->functions->info(source, in_file, &info, error));
  info.label = -1;
  for (int p = 0; p < LS_MAX_PLANES; p++) g->planes[p].count = 0;
  if (c->labelled) LS_TRY(ls_dataset_label(c->events.dataset, event, &info.label, error));
  ls_pixel_sink sink = {.pixels = gather, .context = g};
  LS_TRY(ls_dataset_read_pixels(c->events.dataset, event, &sink, error));
  double truth[LS_TRUTH_MOST_VALUES] = {0};
  LS_TRY(read_truth(c, source, in_file, truth, error));
  return ls_event_writer_append(writer, g->planes, &info, c->truth ? truth : NULL, error);
}

/* Number of classes of the copy: up to the largest label, at least the study's five. */
static ls_status count_classes(converting *c, int *classes, ls_error *error) {
  *classes = 5;
  for (size_t event = 0; event < ls_dataset_count(c->events.dataset); event++) {
    int label;
    LS_TRY(ls_dataset_label(c->events.dataset, event, &label, error));
    if (label >= *classes) *classes = label + 1;
  }
  return LS_OK;
}

static ls_status write_events(converting *c, ls_error *error) {
  const ls_settings *s = c->settings;
  const char *names[MOST_CLASSES];
  ls_event_layout layout = {.image_set = s->image_set ? s->image_set : "wires",
                            .geometry = ls_dataset_geometry(c->events.dataset),
                            .value_type = ls_dataset_value_type(c->events.dataset),
                            .class_names = names};
  if (s->value_type)
    layout.value_type = !strcmp(s->value_type, "int32") ? LS_VALUE_INT32 : LS_VALUE_FLOAT32;
  else if (!isnan(s->scale)) /* whole numbers do not stay whole */
    layout.value_type = LS_VALUE_FLOAT32;
  if (c->labelled) LS_TRY(count_classes(c, &layout.class_count, error));
  for (int k = 0; k < layout.class_count; k++)
    names[k] = ls_dataset_class_name(c->events.dataset, k);
  ls_source *first;
  size_t in_file;
  LS_TRY(ls_dataset_locate(c->events.dataset, 0, &first, &in_file, error));
  LS_TRY(ls_truth_open(first->path, first->count, &c->first_truth, error));
  layout.truth = ls_truth_columns(c->first_truth, &layout.truth_count);
  gathered g = {.scale = isnan(s->scale) ? 1 : s->scale,
                .whole = layout.value_type == LS_VALUE_INT32};
  ls_event_writer writer;
  LS_TRY(ls_event_writer_open(&writer, s->format, s->out, &layout, error));
  ls_progress progress;
  ls_progress_start(&progress, "converting", "events", !s->json);
  ls_status status = LS_OK;
  for (size_t event = 0; status == LS_OK && event < ls_dataset_count(c->events.dataset); event++) {
    status = copy_event(c, event, &g, &writer, error);
    if (status == LS_OK) status = stopped(c, error);
    show(&progress, c, event + 1);
  }
  ls_progress_end(&progress);
  for (int p = 0; p < LS_MAX_PLANES; p++) {
    ls_free(g.planes[p].index);
    ls_free(g.planes[p].value);
  }
  if (status == LS_OK) return ls_event_writer_finish(&writer, error);
  ls_event_writer_discard(&writer);
  return status;
}

static ls_status write_labels(converting *c, ls_error *error) {
  if (!c->labelled) return LS_OK;
  size_t count = ls_dataset_count(c->events.dataset);
  ls_npy_writer *writer;
  LS_TRY(ls_npy_writer_open(c->labels_path, LS_NPY_INT64, &count, 1, &writer, error));
  for (size_t event = 0; event < count; event++) {
    int label;
    ls_status status = ls_dataset_label(c->events.dataset, event, &label, error);
    if (status != LS_OK) {
      ls_npy_writer_discard(writer);
      return status;
    }
    int64_t wide = label;
    ls_npy_writer_append(writer, &wide, sizeof wide);
  }
  return ls_npy_writer_finish(writer, error);
}

static ls_status write_images(converting *c, ls_npy_writer *writer, float *dense, size_t bytes,
                              ls_error *error) {
  ls_image image = {0};
  ls_progress progress;
  ls_progress_start(&progress, "converting", "events", !c->settings->json);
  ls_status status = LS_OK;
  for (size_t event = 0; status == LS_OK && event < ls_dataset_count(c->events.dataset); event++) {
    status = ls_dataset_read(c->events.dataset, event, &c->events.policy, &image, error);
    if (status != LS_OK) break;
    ls_image_to_dense(&image, dense);
    ls_npy_writer_append(writer, dense, bytes);
    status = stopped(c, error);
    show(&progress, c, event + 1);
  }
  ls_progress_end(&progress);
  ls_image_destroy(&image);
  return status;
}

static ls_status write_npy(converting *c, ls_error *error) {
  size_t size = (size_t)c->events.policy.size, planes = (size_t)ls_events_planes(&c->events);
  size_t shape[4] = {ls_dataset_count(c->events.dataset), size, size, planes};
  size_t bytes = size * size * planes * sizeof(float);
  void *dense;
  LS_TRY(ls_allocate(&dense, bytes, "a dense image", error));
  ls_npy_writer *writer;
  ls_status status = ls_npy_writer_open(c->settings->out, LS_NPY_FLOAT32, shape, planes > 1 ? 4 : 3,
                                        &writer, error);
  if (status == LS_OK) {
    status = write_images(c, writer, dense, bytes, error);
    if (status == LS_OK)
      status = ls_npy_writer_finish(writer, error);
    else
      ls_npy_writer_discard(writer);
  }
  ls_free(dense);
  return status == LS_OK ? write_labels(c, error) : status;
}

static ls_status print(const converting *c, ls_error *error) {
  const ls_settings *s = c->settings;
  const char *labels = c->labelled ? to_npy(s) ? c->labels_path : s->out : NULL;
  size_t count = ls_dataset_count(c->events.dataset);
  if (!s->json) {
    printf("%zu events written to %s, %s%s\n", count, s->out,
           labels ? "labels in " : "without labels", labels ? labels : "");
    return LS_OK;
  }
  cJSON *root = cJSON_CreateObject();
  cJSON_AddNumberToObject(root, "events", (double)count);
  cJSON_AddStringToObject(root, "file", s->out);
  cJSON_AddItemToObject(root, "labels", labels ? cJSON_CreateString(labels) : cJSON_CreateNull());
  return ls_json_print(root, error);
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  (void)comm;
  converting c = {.settings = settings};
  LS_TRY(check_options(settings, error));
  ls_status status = open_events(&c, error);
  if (status == LS_OK) status = check_outputs(&c, error);
  c.stop = ls_stop_request_watch();
  if (status == LS_OK) status = to_npy(settings) ? write_npy(&c, error) : write_events(&c, error);
  if (status == LS_OK) status = print(&c, error);
  ls_truth_close(c.first_truth);
  ls_truth_close(c.truth);
  ls_events_close(&c.events);
  return status;
}

const ls_command ls_command_convert = {
    .name = "convert",
    .summary = "events to KevLAr or packed files, or images to NumPy arrays",
    .details =
        "To KevLAr (the default), or packed (smaller, and read faster): whole events, every plane, "
        "without loss; labels by --labels, or\n"
        "those of the source; what a simulation knows (/truth) goes along. Values stay int32 or "
        "float32 as they are, and become float32 by\n"
        "--scale; --values int32 rounds them (after --scale) for programs that read integers only. "
        "To NumPy (--out NAME.npy):\n"
        "the images that the network would see, as the image options say, and NAME.labels.npy.",
    .example = "  larscale convert larcv.h5 --labels pdg --out kevlar.h5\n"
               "  larscale convert kevlar.h5 --format packed --out packed.h5\n"
               "  larscale convert kevlar.h5 --plane Y --size 3600 --out images.npy",
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_convert},
};
