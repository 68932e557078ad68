/* A data set: many files read as one list of events, with labels by a rule.
 *
 * Sharding and shuffling are not here: they are pure functions in core/train/sharing.h. */
#ifndef LS_DATASETS_DATASET_H
#define LS_DATASETS_DATASET_H

#include "datasets/image_policy.h"
#include "datasets/source.h"

typedef struct ls_dataset ls_dataset;

/* paths: files, folders (every event file in them, sorted by name, not recursive) and globs, in
 * order (paths.h); a file that comes twice is LS_USAGE. All are of one format. labels: the rule of
 * --labels: NULL or "file" (labels in the files), "pdg" (the primary's PDG code: gamma 22, e- +-11,
 * mu +-13, pi +-211, K+ +-321 in the study's class order 0..4), "index" (event number modulo
 * classes), "constant:K", or a path: a .npy of integers, or a text file with one class number per
 * line, one per event. producer: see ls_source_open. classes: number of classes; every label must
 * be below it. Opens every file once to count its events and checks that geometries agree; files
 * are then opened lazily and kept open one at a time; a file that is changed or replaced meanwhile
 * is LS_MISMATCH when it is read. Returns LS_OK, LS_USAGE, LS_IO, LS_FORMAT,
 * LS_MISMATCH, LS_VALUE (label outside the classes) or LS_UNAVAILABLE; the message names file, data
 * set and event. */
ls_status ls_dataset_open(const char *const *paths, size_t path_count, const char *labels,
                          const char *producer, int classes, ls_dataset **dataset, ls_error *error);
void ls_dataset_close(ls_dataset *dataset); /* NULL is allowed */

size_t ls_dataset_count(const ls_dataset *dataset);
ls_geometry ls_dataset_geometry(const ls_dataset *dataset);
ls_value_type ls_dataset_value_type(const ls_dataset *dataset); /* float32 if any file has floats */
const char *ls_dataset_format(const ls_dataset *dataset);       /* "kevlar", "larcv3", "npy" */
size_t ls_dataset_file_count(const ls_dataset *dataset);
const char *ls_dataset_file(const ls_dataset *dataset, size_t file);

/* Name of a class: the files' where the rule is "file", else the study's five (gamma, e-, mu-, pi-,
 * K+), else "class K". Valid until the data set is closed. */
const char *ls_dataset_class_name(const ls_dataset *dataset, int label);

/* File and facts of event number event; *source stays owned by the data set and valid until the
 * next call. in_file is the event's number within its file. */
ls_status ls_dataset_locate(ls_dataset *dataset, size_t event, ls_source **source, size_t *in_file,
                            ls_error *error);

/* The event's class by the rule. */
ls_status ls_dataset_label(ls_dataset *dataset, size_t event, int *label, ls_error *error);

/* ls_image_read of the event, with image->event and image->label filled in. */
ls_status ls_dataset_read(ls_dataset *dataset, size_t event, const ls_image_policy *policy,
                          ls_image *image, ls_error *error);

/* All pixels of all planes, as they are in the file. */
ls_status ls_dataset_read_pixels(ls_dataset *dataset, size_t event, const ls_pixel_sink *sink,
                                 ls_error *error);

/* Seconds spent in the files so far, by phase. */
void ls_dataset_times(const ls_dataset *dataset, double *read_seconds, double *inflate_seconds);

#endif
