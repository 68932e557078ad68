#define _POSIX_C_SOURCE 200809L
#include "datasets/dataset.h"

#include "datasets/labels.h"
#include "datasets/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Which file it is, and in which state. */
typedef struct identity {
  dev_t device;
  ino_t inode;
  off_t bytes;
  struct timespec changed;
} identity;

struct ls_dataset {
  ls_paths paths;
  size_t *first; /* per file: number of its first event; and one more: of all events */
  size_t count;  /* of all events */
  ls_geometry geometry;
  ls_value_type value_type;
  const char *format;
  ls_labels labels;
  char *producer;   /* NULL: the format's default */
  int file_classes; /* as the files name them, 0: they hold no labels */
  char file_class_names[16][32];
  size_t unlabelled, differing; /* the first file without labels, with other classes; or count */
  char (*class_names)[32];      /* one per class */
  identity *identities;         /* of the files, as they were first seen */
  ls_source *open;
  size_t open_file;
  double read_seconds, inflate_seconds; /* of the sources closed since */
};

static void close_current(ls_dataset *dataset) {
  if (!dataset->open) return;
  dataset->read_seconds += dataset->open->read_seconds;
  dataset->inflate_seconds += dataset->open->inflate_seconds;
  ls_source_close(dataset->open);
  dataset->open = NULL;
}

static ls_status identify(const char *path, identity *found, ls_error *error) {
  struct stat facts;
  if (stat(path, &facts)) return ls_fail(error, LS_IO, "%s: %s", path, strerror(errno));
  *found = (identity){facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim};
  return LS_OK;
}

/* Else events of two states of a file would be one data set. */
static ls_status check_unchanged(const ls_dataset *dataset, size_t file, ls_error *error) {
  const char *path = dataset->paths.file[file];
  const identity *before = &dataset->identities[file];
  identity now = {0};
  LS_TRY(identify(path, &now, error));
  if (now.device == before->device && now.inode == before->inode && now.bytes == before->bytes &&
      now.changed.tv_sec == before->changed.tv_sec &&
      now.changed.tv_nsec == before->changed.tv_nsec)
    return LS_OK;
  return ls_fail(error, LS_MISMATCH, "%s: was changed or replaced while it was read; start again",
                 path);
}

static ls_status open_file(ls_dataset *dataset, size_t file, ls_error *error) {
  if (dataset->open && dataset->open_file == file) return LS_OK;
  close_current(dataset);
  LS_TRY(ls_source_open(dataset->paths.file[file], dataset->producer, &dataset->open, error));
  dataset->open_file = file;
  return LS_OK;
}

static ls_status list_files(ls_dataset *dataset, const char *const *paths, size_t count,
                            ls_error *error) {
  if (count == 0)
    return ls_fail(error, LS_USAGE, "no event files are named; name files, folders or globs");
  for (size_t i = 0; i < count; i++) LS_TRY(ls_paths_add(&dataset->paths, paths[i], error));
  LS_TRY(ls_paths_check_unique(&dataset->paths, error));
  dataset->first = calloc(dataset->paths.count + 1, sizeof *dataset->first);
  dataset->identities = calloc(dataset->paths.count + 1, sizeof *dataset->identities);
  return dataset->first && dataset->identities
             ? LS_OK
             : ls_fail(error, LS_MEMORY, "no memory for the list of files");
}

/* Against what the files before have in common. */
static ls_status check_same(const ls_dataset *dataset, const ls_source *source, ls_error *error) {
  const ls_geometry *all = &dataset->geometry, *one = &source->geometry;
  if (one->planes != all->planes || one->rows != all->rows || one->columns != all->columns)
    return ls_fail(error, LS_MISMATCH,
                   "%s: %d planes of %d ticks and %d wires, but %s has %d of %d and %d",
                   source->path, one->planes, one->rows, one->columns, dataset->paths.file[0],
                   all->planes, all->rows, all->columns);
  if (strcmp(source->functions->format, dataset->format) != 0)
    return ls_fail(error, LS_MISMATCH, "%s is of format %s, but %s of %s; name files of one format",
                   source->path, source->functions->format, dataset->paths.file[0],
                   dataset->format);
  return LS_OK;
}

/* Remembers what the files say of their classes; whether that matters depends on the rule. */
static void take_classes(ls_dataset *dataset, const ls_source *source, size_t file) {
  size_t none = dataset->paths.count;
  if (!source->has_labels) {
    if (dataset->unlabelled == none) dataset->unlabelled = file;
    return;
  }
  if (dataset->file_classes == 0) {
    dataset->file_classes = source->class_count;
    memcpy(dataset->file_class_names, source->class_names, sizeof dataset->file_class_names);
  }
  int same = dataset->file_classes == source->class_count;
  for (int i = 0; same && i < source->class_count; i++)
    same = !strcmp(dataset->file_class_names[i], source->class_names[i]);
  if (!same && dataset->differing == none) dataset->differing = file;
}

static ls_status count_events(ls_dataset *dataset, ls_error *error) {
  dataset->unlabelled = dataset->differing = dataset->paths.count;
  for (size_t file = 0; file < dataset->paths.count; file++) {
    LS_TRY(identify(dataset->paths.file[file], &dataset->identities[file], error));
    LS_TRY(open_file(dataset, file, error));
    const ls_source *source = dataset->open;
    if (file == 0) {
      dataset->geometry = source->geometry;
      dataset->format = source->functions->format;
      dataset->value_type = source->value_type;
    }
    LS_TRY(check_same(dataset, source, error));
    if (source->value_type == LS_VALUE_FLOAT32) dataset->value_type = LS_VALUE_FLOAT32;
    take_classes(dataset, source, file);
    dataset->count += source->count;
    dataset->first[file + 1] = dataset->count;
  }
  return LS_OK;
}

/* Classes go by number, so files that name them differently cannot be one data set. */
static ls_status check_file_labels(const ls_dataset *dataset, ls_error *error) {
  char *const *file = dataset->paths.file;
  if (dataset->unlabelled < dataset->paths.count)
    return ls_fail(error, LS_USAGE,
                   "%s: the file holds no labels; say --labels pdg, index, constant:K or a file of "
                   "labels",
                   file[dataset->unlabelled]);
  if (dataset->differing < dataset->paths.count)
    return ls_fail(error, LS_MISMATCH, "%s: its classes are not those of %s",
                   file[dataset->differing], file[0]);
  return LS_OK;
}

static ls_status name_classes(ls_dataset *dataset, int classes, ls_error *error) {
  dataset->class_names = calloc((size_t)classes, sizeof *dataset->class_names);
  if (!dataset->class_names)
    return ls_fail(error, LS_MEMORY, "no memory for the names of %d classes", classes);
  int from_file = dataset->labels.kind == LS_LABELS_FILE;
  for (int i = 0; i < classes; i++) {
    const char *name = ls_study_class_name(i);
    if (from_file) name = i < dataset->file_classes ? dataset->file_class_names[i] : NULL;
    if (name)
      snprintf(dataset->class_names[i], sizeof *dataset->class_names, "%s", name);
    else
      snprintf(dataset->class_names[i], sizeof *dataset->class_names, "class %d", i);
  }
  return LS_OK;
}

static ls_status open_labels(ls_dataset *dataset, const char *rule, int classes, ls_error *error) {
  LS_TRY(ls_labels_open(&dataset->labels, rule, classes, ls_dataset_count(dataset), error));
  if (dataset->labels.kind == LS_LABELS_FILE) LS_TRY(check_file_labels(dataset, error));
  return name_classes(dataset, classes, error);
}

ls_status ls_dataset_open(const char *const *paths, size_t path_count, const char *labels,
                          const char *producer, int classes, ls_dataset **dataset,
                          ls_error *error) {
  *dataset = NULL;
  ls_dataset *made = calloc(1, sizeof *made);
  if (!made) return ls_fail(error, LS_MEMORY, "no memory for a data set");
  ls_status status = LS_OK;
  if (producer && !(made->producer = strdup(producer)))
    status = ls_fail(error, LS_MEMORY, "no memory for a data set");
  if (status == LS_OK) status = list_files(made, paths, path_count, error);
  if (status == LS_OK) status = count_events(made, error);
  if (status == LS_OK) status = open_labels(made, labels, classes, error);
  if (status != LS_OK) {
    ls_dataset_close(made);
    return status;
  }
  *dataset = made;
  return LS_OK;
}

void ls_dataset_close(ls_dataset *dataset) {
  if (!dataset) return;
  close_current(dataset);
  ls_labels_destroy(&dataset->labels);
  ls_paths_destroy(&dataset->paths);
  free(dataset->first);
  free(dataset->identities);
  free(dataset->class_names);
  free(dataset->producer);
  free(dataset);
}

size_t ls_dataset_count(const ls_dataset *dataset) {
  return dataset->count;
}

ls_geometry ls_dataset_geometry(const ls_dataset *dataset) {
  return dataset->geometry;
}

ls_value_type ls_dataset_value_type(const ls_dataset *dataset) {
  return dataset->value_type;
}

const char *ls_dataset_format(const ls_dataset *dataset) {
  return dataset->format;
}

size_t ls_dataset_file_count(const ls_dataset *dataset) {
  return dataset->paths.count;
}

const char *ls_dataset_file(const ls_dataset *dataset, size_t file) {
  return file < dataset->paths.count ? dataset->paths.file[file] : NULL;
}

const char *ls_dataset_class_name(const ls_dataset *dataset, int label) {
  return label >= 0 && label < dataset->labels.classes ? dataset->class_names[label] : "no class";
}

/* The file of event number event: the last whose first event is not after it. */
static size_t find_file(const ls_dataset *dataset, size_t event) {
  size_t low = 0, high = dataset->paths.count;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (dataset->first[middle] <= event)
      low = middle;
    else
      high = middle;
  }
  return low;
}

ls_status ls_dataset_locate(ls_dataset *dataset, size_t event, ls_source **source, size_t *in_file,
                            ls_error *error) {
  if (event >= ls_dataset_count(dataset))
    return ls_fail(error, LS_USAGE, "there is no event %zu; the data set has events 0 to %zu",
                   event, ls_dataset_count(dataset) - 1);
  size_t file = find_file(dataset, event);
  LS_TRY(open_file(dataset, file, error));
  LS_TRY(check_unchanged(dataset, file, error));
  *source = dataset->open;
  *in_file = event - dataset->first[file];
  return LS_OK;
}

ls_status ls_dataset_label(ls_dataset *dataset, size_t event, int *label, ls_error *error) {
  ls_source *source = NULL;
  size_t in_file = 0;
  LS_TRY(ls_dataset_locate(dataset, event, &source, &in_file, error));
  return ls_labels_find(&dataset->labels, source, event, in_file, label, error);
}

ls_status ls_dataset_read(ls_dataset *dataset, size_t event, const ls_image_policy *policy,
                          ls_image *image, ls_error *error) {
  ls_source *source = NULL;
  size_t in_file = 0;
  int label = -1;
  LS_TRY(ls_dataset_locate(dataset, event, &source, &in_file, error));
  LS_TRY(ls_labels_find(&dataset->labels, source, event, in_file, &label, error));
  LS_TRY(ls_image_read(source, in_file, policy, image, error));
  LS_TRY(check_unchanged(dataset, dataset->open_file, error));
  image->event = event;
  image->label = label;
  return LS_OK;
}

ls_status ls_dataset_read_pixels(ls_dataset *dataset, size_t event, const ls_pixel_sink *sink,
                                 ls_error *error) {
  ls_source *source = NULL;
  size_t in_file = 0;
  LS_TRY(ls_dataset_locate(dataset, event, &source, &in_file, error));
  unsigned all = (1u << dataset->geometry.planes) - 1;
  if (!source) return ls_fail(error, LS_INTERNAL, "event %zu has no file", event);
  LS_TRY(source->functions->read(source, in_file, all, sink, error));
  return check_unchanged(dataset, find_file(dataset, event), error);
}

void ls_dataset_times(const ls_dataset *dataset, double *read_seconds, double *inflate_seconds) {
  *read_seconds = dataset->read_seconds + (dataset->open ? dataset->open->read_seconds : 0);
  *inflate_seconds =
      dataset->inflate_seconds + (dataset->open ? dataset->open->inflate_seconds : 0);
}
