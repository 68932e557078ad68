#define _POSIX_C_SOURCE 200809L
#include "datasets/validate/validate.h"

#include "datasets/hdf5/truth_read.h"
#include "datasets/labels.h"
#include "datasets/validate/duplicates.h"
#include "datasets/validate/event_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A plane that gets fewer may well show nothing: a minimum ionising particle leaves 17,000 on a
 * wire (2.1 MeV/cm, 0.3 cm, 23.6 eV an electron, of which recombination spares two thirds). */
enum { QUIET_ELECTRONS = 10000 };

typedef struct validating {
  const ls_paths *paths;
  const ls_validation_options *options;
  ls_comm *comm;
  ls_validation *result;
  ls_labels labels;
  ls_event_checker checker;
  ls_fingerprints fingerprints;
  ls_truth *truth; /* of the open file; NULL: none */
  int charge,
      charges; /* where among a row's values the charge of the planes is; 0 charges: nowhere */
  size_t done, total; /* events of this rank */
} validating;

/* The statuses that are about this program or machine, not about the file. */
static int is_own_failure(ls_status status) {
  return status == LS_MEMORY || status == LS_UNAVAILABLE || status == LS_STOPPED ||
         status == LS_INTERNAL || status == LS_COMM || status == LS_USAGE;
}

/* A finding of printf's words. file, event: -1: none. */
__attribute__((format(printf, 7, 8))) static ls_status found(validating *v, ls_check check,
                                                             int64_t file, const char *set,
                                                             int64_t event, ls_error *error,
                                                             const char *format, ...) {
  ls_finding finding = {.file = file, .event = event};
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(finding.text, sizeof finding.text, format, arguments);
  va_end(arguments);
  snprintf(finding.set, sizeof finding.set, "%s", set ? set : "");
  return ls_findings_add(&v->result->findings, check, &finding, error);
}

/* What every file must have in common with the first. */
static ls_status compare(validating *v, size_t file, const ls_source *source, ls_error *error) {
  const ls_validation *r = v->result;
  const ls_geometry *one = &source->geometry, *all = &r->geometry;
  const int64_t number = (int64_t)file;
  if (strcmp(source->functions->format, r->format) != 0)
    LS_TRY(found(v, LS_CHECK_ALIKE, number, "", -1, error, "is of format %s, the first file of %s",
                 source->functions->format, r->format));
  if (one->planes != all->planes || one->rows != all->rows || one->columns != all->columns)
    LS_TRY(found(v, LS_CHECK_ALIKE, number, source->pixel_set, -1, error,
                 "%d planes of %d ticks x %d wires, in the first file %d of %d x %d", one->planes,
                 one->rows, one->columns, all->planes, all->rows, all->columns));
  if (!source->has_labels || v->labels.kind != LS_LABELS_FILE || !r->classes) return LS_OK;
  if (source->class_count != r->classes)
    return found(v, LS_CHECK_ALIKE, number, source->label_set, -1, error,
                 "%d classes, in the first file %d", source->class_count, r->classes);
  for (int k = 0; k < r->classes; k++)
    if (strcmp(source->class_names[k], r->class_names[k]) != 0)
      return found(v, LS_CHECK_ALIKE, number, source->label_set, -1, error,
                   "class %d is %s, in the first file %s", k, source->class_names[k],
                   r->class_names[k]);
  return LS_OK;
}

static void take_classes(validating *v, const ls_source *source) {
  ls_validation *r = v->result;
  if (r->classes || !source->has_labels || v->labels.kind != LS_LABELS_FILE) return;
  r->classes = source->class_count;
  memcpy(r->class_names, source->class_names, sizeof r->class_names);
}

/* A format that has labels, in a file that has none. */
static int misses_labels(const validating *v, const ls_source *source) {
  return v->labels.kind == LS_LABELS_FILE && !source->has_labels && source->label_set[0];
}

/* Facts of a file that opens; findings are rank 0's. */
static ls_status take_file(validating *v, size_t file, const ls_source *source, ls_error *error) {
  ls_validation *r = v->result;
  if (!r->opened++) {
    r->format = source->functions->format;
    r->geometry = source->geometry;
    r->value_type = source->value_type;
    memcpy(r->pixel_set, source->pixel_set, sizeof r->pixel_set);
  }
  take_classes(v, source);
  r->events += source->count;
  r->labelled += source->has_labels != 0;
  if (ls_comm_rank(v->comm) != 0) return LS_OK;
  LS_TRY(compare(v, file, source, error));
  if (!misses_labels(v, source)) return LS_OK;
  return found(v, LS_CHECK_LABELS, (int64_t)file, source->label_set, -1, error,
               "the file has no labels");
}

/* Every file is opened once, to know what there is. */
static ls_status look_at_file(validating *v, size_t file, ls_error *error) {
  ls_validation *r = v->result;
  const char *path = v->paths->file[file];
  ls_error why = {0};
  ls_source *source = NULL;
  struct stat facts;
  r->first[file] = r->events;
  if (!stat(path, &facts)) r->stored_bytes += (uint64_t)facts.st_size;
  ls_status status = ls_source_open(path, v->options->producer, &source, &why);
  if (status == LS_OK) {
    status = take_file(v, file, source, error);
    ls_source_close(source);
    return status;
  }
  if (is_own_failure(status)) {
    *error = why;
    return status;
  }
  if (ls_comm_rank(v->comm) != 0) return LS_OK;
  return found(v, LS_CHECK_FILE, (int64_t)file, "", -1, error, "%s", why.message);
}

/* Events are dealt out by their number in the set, which must mean the same to all ranks. */
static ls_status compare_counts(validating *v, ls_error *error) {
  ls_validation *r = v->result;
  const size_t count = r->files + 1;
  size_t *root = malloc(count * sizeof *root);
  ls_status status = root ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the list of files");
  status = ls_comm_agree(v->comm, status, error);
  if (status == LS_OK && root && r->first) {
    memcpy(root, r->first, count * sizeof *root);
    status = ls_comm_broadcast(v->comm, root, count * sizeof *root, 0, error);
    for (size_t file = 0; status == LS_OK && file < r->files; file++)
      if (r->first[file + 1] != root[file + 1])
        status = ls_fail(error, LS_MISMATCH,
                         "%s: is not the same file to this rank as to rank 0; put it where all "
                         "nodes see it",
                         v->paths->file[file]);
    status = ls_comm_agree(v->comm, status, error);
  }
  free(root);
  return status;
}

static ls_status look_at_files(validating *v, ls_error *error) {
  ls_validation *r = v->result;
  r->files = v->paths->count;
  r->first = calloc(r->files + 1, sizeof *r->first);
  ls_status status =
      r->first ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the list of files");
  for (size_t file = 0; status == LS_OK && r->first && file < r->files; file++) {
    status = look_at_file(v, file, error);
    r->first[file + 1] = r->events;
  }
  LS_TRY(ls_comm_agree(v->comm, status, error));
  return compare_counts(v, error);
}

/* The event's class, or a finding; -1: none. */
static ls_status find_label(validating *v, ls_source *source, size_t file, size_t in_file,
                            uint64_t event, int *label, ls_error *error) {
  ls_error why = {0};
  *label = -1;
  if (v->labels.kind == LS_LABELS_FILE && !source->has_labels) return LS_OK;
  ls_status status = ls_labels_find(&v->labels, source, event, in_file, label, &why);
  if (status == LS_OK) return LS_OK;
  *label = -1;
  if (is_own_failure(status)) {
    *error = why;
    return status;
  }
  int no_class = status == LS_VALUE && v->labels.kind == LS_LABELS_FILE;
  return found(v, status == LS_VALUE ? LS_CHECK_CLASS : LS_CHECK_READ, (int64_t)file,
               source->label_set, (int64_t)in_file, error, "%s",
               no_class ? "is of no class: its row of labels is all zero" : why.message);
}

/* Truth's set "charge" ends with the electrons that reach each plane. */
static void find_charge(validating *v, int planes) {
  int count, at = 0;
  const ls_truth_column *columns = ls_truth_columns(v->truth, &count);
  v->charges = 0;
  for (int i = 0; i < count; at += columns[i].width, i++)
    if (!strcmp(columns[i].name, "charge") && columns[i].width >= planes) {
      v->charge = at + columns[i].width - planes;
      v->charges = planes;
    }
}

/* A file whose truth is damaged is checked all the same; the finding is rank 0's. */
static ls_status open_truth(validating *v, size_t file, const ls_source *source, ls_error *error) {
  ls_error why = {0};
  v->charges = 0;
  ls_status status = ls_truth_open(source->path, source->count, &v->truth, &why);
  if (status == LS_OK) {
    find_charge(v, source->geometry.planes);
    return LS_OK;
  }
  if (is_own_failure(status)) {
    *error = why;
    return status;
  }
  if (ls_comm_rank(v->comm) != 0) return LS_OK;
  return found(v, LS_CHECK_TRUTH, (int64_t)file, "/truth", -1, error, "%s", why.message);
}

/* *quiet: 1 if the file knows that the event leaves no plane a charge worth a pixel. */
static ls_status check_truth(validating *v, size_t file, size_t in_file, int *quiet,
                             ls_error *error) {
  double values[LS_TRUTH_MOST_VALUES] = {0};
  ls_error why = {0};
  *quiet = 0;
  if (!v->truth) return LS_OK;
  if (ls_truth_row(v->truth, in_file, values, &why) != LS_OK)
    return found(v, LS_CHECK_TRUTH, (int64_t)file, "/truth", (int64_t)in_file, error, "%s",
                 why.message);
  *quiet = v->charges > 0;
  for (int p = 0; p < v->charges; p++)
    if (!(values[v->charge + p] < QUIET_ELECTRONS)) *quiet = 0;
  return LS_OK;
}

static ls_status check_event(validating *v, ls_source *source, size_t file, size_t in_file,
                             ls_error *error) {
  const uint64_t event = v->result->first[file] + in_file;
  const unsigned columns = (unsigned)source->geometry.columns;
  ls_event_check check;
  ls_error why = {0};
  int label, quiet;
  LS_TRY(find_label(v, source, file, in_file, event, &label, error));
  LS_TRY(check_truth(v, file, in_file, &quiet, error));
  ls_status status = ls_event_check_read(&v->checker, source, in_file, &check, &why);
  if (is_own_failure(status)) {
    *error = why;
    return status;
  }
  if (status != LS_OK)
    return found(v, LS_CHECK_READ, (int64_t)file, source->pixel_set, (int64_t)in_file, error, "%s",
                 why.message);
  if (check.not_finite)
    return found(v, LS_CHECK_FINITE, (int64_t)file, source->pixel_set, (int64_t)in_file, error,
                 "%llu pixels are not finite; the first, plane %d, tick %u, wire %u, is %g",
                 (unsigned long long)check.not_finite, check.bad_plane, check.bad_index / columns,
                 check.bad_index % columns, (double)check.bad_value);
  ls_distribution_add(v->result->distribution, label, source->geometry.planes, event, &check.sums);
  if (!check.pixels && quiet) {
    v->result->quiet++;
    return LS_OK;
  }
  if (!check.pixels)
    return found(v, LS_CHECK_EMPTY, (int64_t)file, source->pixel_set, (int64_t)in_file, error,
                 "no pixel of any plane is other than zero");
  return ls_fingerprints_add(&v->fingerprints, check.hash, event, error);
}

static ls_status check_file(validating *v, size_t file, ls_error *error) {
  const ls_validation *r = v->result;
  const size_t ranks = (size_t)ls_comm_size(v->comm), rank = (size_t)ls_comm_rank(v->comm);
  const size_t first = r->first[file], count = r->first[file + 1] - first;
  size_t in_file = (rank + ranks - first % ranks) % ranks; /* event % ranks == rank */
  if (in_file >= count) return LS_OK;
  ls_source *source;
  LS_TRY(ls_source_open(v->paths->file[file], v->options->producer, &source, error));
  ls_status status = LS_OK;
  if (source->count != count)
    status = ls_fail(error, LS_MISMATCH, "%s: was changed while it was read; start again",
                     v->paths->file[file]);
  if (status == LS_OK) status = open_truth(v, file, source, error);
  for (; status == LS_OK && in_file < count; in_file += ranks) {
    status = check_event(v, source, file, in_file, error);
    v->done++;
    if (status == LS_OK && v->options->progress &&
        v->options->progress(v->options->context, v->done, v->total))
      status = ls_fail(error, LS_STOPPED, "stopped by a signal");
  }
  ls_truth_close(v->truth);
  v->truth = NULL;
  ls_source_close(source);
  return status;
}

static ls_status check_files(validating *v, ls_error *error) {
  const size_t ranks = (size_t)ls_comm_size(v->comm), rank = (size_t)ls_comm_rank(v->comm);
  v->total = v->result->events / ranks + (v->result->events % ranks > rank);
  ls_status status = LS_OK;
  for (size_t file = 0; status == LS_OK && file < v->result->files; file++)
    status = check_file(v, file, error);
  ls_event_checker_destroy(&v->checker);
  return ls_comm_agree(v->comm, status, error);
}

static ls_status find_copies(validating *v, ls_error *error) {
  const ls_validation *r = v->result;
  LS_TRY(ls_fingerprints_merge(&v->fingerprints, v->comm, error));
  if (ls_comm_rank(v->comm) != 0) return LS_OK;
  ls_fingerprints_keep_copies(&v->fingerprints);
  for (size_t i = 0; i < v->fingerprints.count; i++) {
    const ls_fingerprint *copy = &v->fingerprints.of[i];
    size_t file = ls_validation_file(r, copy->event), of = ls_validation_file(r, copy->pixels);
    LS_TRY(found(v, LS_CHECK_DUPLICATE, (int64_t)file, r->pixel_set,
                 (int64_t)(copy->event - r->first[file]), error,
                 "has exactly the pixels of event %zu%s%s", (size_t)copy->pixels - r->first[of],
                 of == file ? "" : " of ", of == file ? "" : v->paths->file[of]));
  }
  return LS_OK;
}

/* Whether there is something to tell apart. */
static ls_status check_classes(validating *v, ls_error *error) {
  const ls_validation *r = v->result;
  int with_events = 0, only = 0;
  if (!r->classes) return LS_OK;
  for (int k = 0; k < r->classes; k++) {
    if (!ls_distribution_events(r->distribution, k)) continue;
    with_events++;
    only = k;
  }
  if (with_events == 1)
    return found(v, LS_CHECK_CLASSES, -1, "", -1, error, "all events are of one class, %s",
                 r->class_names[only]);
  for (int k = 0; with_events && k < r->classes; k++)
    if (!ls_distribution_events(r->distribution, k))
      LS_TRY(found(v, LS_CHECK_CLASSES, -1, "", -1, error, "class %s has no event",
                   r->class_names[k]));
  return LS_OK;
}

static ls_status merge(validating *v, ls_error *error) {
  double quiet = (double)v->result->quiet;
  LS_TRY(ls_comm_sum_doubles(v->comm, &quiet, 1, error));
  v->result->quiet = (uint64_t)quiet;
  LS_TRY(ls_findings_merge(&v->result->findings, v->comm, error));
  LS_TRY(ls_distribution_merge(v->result->distribution, v->comm, error));
  LS_TRY(find_copies(v, error));
  return ls_comm_rank(v->comm) == 0 ? check_classes(v, error) : LS_OK;
}

/* A list of labels must fit the events that there are; a rule names classes where the files do not.
 */
static ls_status open_labels(validating *v, ls_error *error) {
  const char *rule = v->options->labels;
  ls_validation *r = v->result;
  ls_status status = LS_OK;
  if (!ls_labels_is_rule(rule))
    status = ls_labels_open(&v->labels, rule, LS_DISTRIBUTION_NO_CLASS, r->events, error);
  for (int k = 0; v->labels.kind == LS_LABELS_PDG && ls_study_class_name(k); k++) {
    snprintf(r->class_names[k], sizeof r->class_names[k], "%s", ls_study_class_name(k));
    r->classes = k + 1;
  }
  return ls_comm_agree(v->comm, status, error);
}

ls_status ls_validate(const ls_paths *paths, const ls_validation_options *options, ls_comm *comm,
                      ls_validation *validation, ls_error *error) {
  validating v = {.paths = paths, .options = options, .comm = comm, .result = validation};
  *validation = (ls_validation){0};
  if (ls_labels_is_rule(options->labels))
    LS_TRY(ls_labels_open(&v.labels, options->labels, LS_DISTRIBUTION_NO_CLASS, 0, error));
  ls_status status = ls_distribution_new(&validation->distribution, error);
  if (status == LS_OK) status = look_at_files(&v, error);
  if (status == LS_OK) status = open_labels(&v, error);
  if (status == LS_OK) status = check_files(&v, error);
  if (status == LS_OK) status = merge(&v, error);
  ls_labels_destroy(&v.labels);
  ls_fingerprints_destroy(&v.fingerprints);
  return status;
}

size_t ls_validation_file(const ls_validation *validation, uint64_t event) {
  size_t low = 0, high = validation->files;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (validation->first[middle] <= event)
      low = middle;
    else
      high = middle;
  }
  return low;
}

void ls_validation_destroy(ls_validation *validation) {
  ls_findings_destroy(&validation->findings);
  ls_distribution_free(validation->distribution);
  free(validation->first);
  *validation = (ls_validation){0};
}
