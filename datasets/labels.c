#define _POSIX_C_SOURCE 200809L
#include "datasets/labels.h"

#include "base/input_file.h"
#include "datasets/numpy/npy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The study's classes in its order. */
static const struct {
  int pdg;
  const char *name;
} study_classes[] = {{22, "gamma"}, {11, "e-"}, {13, "mu-"}, {211, "pi-"}, {321, "K+"}};
enum { STUDY_CLASSES = sizeof study_classes / sizeof *study_classes };

int ls_class_of_pdg(int pdg) {
  for (int label = 0; label < STUDY_CLASSES; label++) {
    int code = study_classes[label].pdg;
    if (pdg == code || (pdg == -code && code != 22)) return label;
  }
  return -1;
}

const char *ls_study_class_name(int label) {
  return label >= 0 && label < STUDY_CLASSES ? study_classes[label].name : NULL;
}

static ls_status wrong_rule(const char *rule, const char *why, ls_error *error) {
  return ls_fail(error, LS_USAGE,
                 "--labels %s: %s; allowed are file, pdg, index, constant:K, or a file of labels "
                 "(.npy, or text with one class number per line)",
                 rule, why);
}

/* The whole of text as a number; 0 if it is none. */
static int parse_whole(const char *text, int64_t *value) {
  char *end = NULL;
  errno = 0;
  if (!(*text == '-' || (*text >= '0' && *text <= '9'))) return 0;
  long long number = strtoll(text, &end, 10);
  *value = number;
  return end != text && *end == 0 && errno == 0;
}

static ls_status open_constant(ls_labels *labels, const char *rule, ls_error *error) {
  int64_t value = 0;
  if (!parse_whole(rule + strlen("constant:"), &value))
    return wrong_rule(rule, "constant: needs a number", error);
  if (value < 0 || value >= labels->classes)
    return ls_fail(error, LS_USAGE, "--labels %s: the classes are 0 to %d", rule,
                   labels->classes - 1);
  labels->kind = LS_LABELS_CONSTANT;
  labels->constant = (int)value;
  return LS_OK;
}

/* A list that grows; one label per line. */
typedef struct text_labels {
  int64_t *values;
  size_t count, capacity;
} text_labels;

static ls_status add_line(text_labels *all, char *line, const char *path, size_t number,
                          ls_error *error) {
  char *text = line + strspn(line, " \t");
  text[strcspn(text, "\r\n")] = 0;
  for (size_t end = strlen(text); end && strchr(" \t", text[end - 1]);) text[--end] = 0;
  int64_t value = 0;
  if (!parse_whole(text, &value))
    return ls_fail(error, LS_FORMAT, "%s: line %zu is no class number: '%.40s'", path, number,
                   text);
  if (all->count == all->capacity) {
    size_t capacity = all->capacity ? 2 * all->capacity : 1024;
    int64_t *grown = realloc(all->values, capacity * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "%s: no memory for the labels", path);
    all->values = grown, all->capacity = capacity;
  }
  all->values[all->count++] = value;
  return LS_OK;
}

static ls_status read_text(const char *path, int64_t **values, size_t *count, ls_error *error) {
  FILE *file;
  LS_TRY(ls_input_stream(path, &file, error));
  text_labels all = {0};
  char line[128];
  int found = 1;
  ls_status status = LS_OK;
  for (size_t number = 1; status == LS_OK && found; number++) {
    status = ls_input_line(file, path, number, line, sizeof line, &found, error);
    if (status == LS_OK && found) status = add_line(&all, line, path, number, error);
  }
  fclose(file);
  if (status != LS_OK) {
    free(all.values);
    return status;
  }
  *values = all.values, *count = all.count;
  return LS_OK;
}

static ls_status keep_list(ls_labels *labels, const char *path, const int64_t *values, size_t count,
                           size_t events, ls_error *error) {
  if (count != events)
    return ls_fail(error, LS_MISMATCH, "--labels %s: %zu labels, but the files hold %zu events",
                   path, count, events);
  labels->list = calloc(count + 1, sizeof *labels->list);
  if (!labels->list) return ls_fail(error, LS_MEMORY, "%s: no memory for the labels", path);
  for (size_t i = 0; i < count; i++) {
    if (values[i] < 0 || values[i] >= labels->classes)
      return ls_fail(error, LS_VALUE,
                     "--labels %s: event %zu has label %lld; the classes are 0 to "
                     "%d",
                     path, i, (long long)values[i], labels->classes - 1);
    labels->list[i] = (int)values[i];
  }
  return LS_OK;
}

static ls_status open_list(ls_labels *labels, const char *path, size_t events, ls_error *error) {
  int64_t *values = NULL;
  size_t count = 0;
  labels->kind = LS_LABELS_LIST;
  if (access(path, F_OK) && errno == ENOENT)
    return wrong_rule(path, "no such rule and no such file", error);
  ls_status status = ls_npy_recognise(path) ? ls_npy_read_integers(path, &values, &count, error)
                                            : read_text(path, &values, &count, error);
  if (status != LS_OK) return ls_fail_within(error, status, "--labels");
  status = keep_list(labels, path, values, count, events, error);
  free(values);
  return status;
}

int ls_labels_is_rule(const char *rule) {
  return !rule || !*rule || !strcmp(rule, "file") || !strcmp(rule, "pdg") ||
         !strcmp(rule, "index") || !strcmp(rule, "constant") ||
         !strncmp(rule, "constant:", strlen("constant:"));
}

ls_status ls_labels_open(ls_labels *labels, const char *rule, int classes, size_t events,
                         ls_error *error) {
  *labels = (ls_labels){.classes = classes};
  if (classes < 1 || classes > LS_MOST_CLASSES)
    return ls_fail(error, LS_USAGE, "%d classes: an event set has 1 to %d", classes,
                   LS_MOST_CLASSES);
  if (!rule) rule = "file";
  if (!strncmp(rule, "constant", strlen("constant")) &&
      (rule[strlen("constant")] == ':' || rule[strlen("constant")] == 0)) {
    if (rule[strlen("constant")] == 0) return wrong_rule(rule, "constant needs a number", error);
    return open_constant(labels, rule, error);
  }
  if (!strcmp(rule, "file"))
    labels->kind = LS_LABELS_FILE;
  else if (!strcmp(rule, "pdg"))
    labels->kind = LS_LABELS_PDG;
  else if (!strcmp(rule, "index"))
    labels->kind = LS_LABELS_INDEX;
  else if (!*rule)
    return wrong_rule("''", "is empty", error);
  else
    return open_list(labels, rule, events, error);
  return LS_OK;
}

static ls_status label_from_source(const ls_labels *labels, ls_source *source, size_t in_file,
                                   int *label, ls_error *error) {
  ls_event_info info;
  LS_TRY(source->functions->info(source, in_file, &info, error));
  int by_pdg = labels->kind == LS_LABELS_PDG;
  *label = by_pdg ? ls_class_of_pdg(info.pdg) : info.label;
  if (*label >= 0 && *label < labels->classes) return LS_OK;
  if (by_pdg && info.pdg == 0)
    return ls_fail(error, LS_VALUE,
                   "%s: event %zu names no primary particle; choose another --labels", source->path,
                   in_file);
  if (by_pdg && *label < 0)
    return ls_fail(error, LS_VALUE,
                   "%s: event %zu has a primary of PDG code %d, which is none of the classes "
                   "(gamma 22, e 11, mu 13, pi 211, K 321)",
                   source->path, in_file, info.pdg);
  return ls_fail(error, LS_VALUE, "%s: event %zu has label %d; the classes are 0 to %d",
                 source->path, in_file, *label, labels->classes - 1);
}

ls_status ls_labels_find(const ls_labels *labels, ls_source *source, size_t event, size_t in_file,
                         int *label, ls_error *error) {
  *label = -1;
  int found = -1;
  switch (labels->kind) {
  case LS_LABELS_INDEX:
    found = (int)(event % (size_t)labels->classes);
    break;
  case LS_LABELS_CONSTANT:
    found = labels->constant;
    break;
  case LS_LABELS_LIST:
    found = labels->list[event];
    break;
  default:
    LS_TRY(label_from_source(labels, source, in_file, &found, error));
  }
  *label = found;
  return LS_OK;
}

void ls_labels_destroy(ls_labels *labels) {
  free(labels->list);
  *labels = (ls_labels){0};
}
