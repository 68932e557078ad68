/* The rule of --labels: which class an event belongs to. */
#ifndef LS_DATASETS_LABELS_H
#define LS_DATASETS_LABELS_H

#include "datasets/source.h"

enum { LS_MOST_CLASSES = 65536 };

typedef enum ls_label_kind {
  LS_LABELS_FILE,     /* in the event files */
  LS_LABELS_PDG,      /* the primary's PDG code */
  LS_LABELS_INDEX,    /* event number modulo classes */
  LS_LABELS_CONSTANT, /* one class for all */
  LS_LABELS_LIST      /* from a file of labels */
} ls_label_kind;

/* Zero-initialise; freed by ls_labels_destroy, also after a failure. */
typedef struct ls_labels {
  ls_label_kind kind;
  int classes;
  int constant; /* LS_LABELS_CONSTANT */
  int *list;    /* LS_LABELS_LIST: one per event */
} ls_labels;

/* Understands rule (NULL: "file") and reads a file of labels, which must hold one per event.
 * Returns LS_OK, LS_USAGE (naming --labels and what is allowed), LS_IO, LS_FORMAT, LS_MISMATCH
 * (count of labels, count of events) or LS_VALUE (a label outside the classes, naming the event).
 */
ls_status ls_labels_open(ls_labels *labels, const char *rule, int classes, size_t events,
                         ls_error *error);

/* The class of event number event of the data set, number in_file of source. Returns LS_OK,
 * LS_VALUE (outside the classes; a PDG code of no class) or the source's failure. */
ls_status ls_labels_find(const ls_labels *labels, ls_source *source, size_t event, size_t in_file,
                         int *label, ls_error *error);

void ls_labels_destroy(ls_labels *labels);

/* 1: a rule, NULL included; 0: the name of a file of labels, which fits one list of events only. */
int ls_labels_is_rule(const char *rule);

/* Class of a PDG code: gamma 22 -> 0, e- +-11 -> 1, mu +-13 -> 2, pi +-211 -> 3, K+ +-321 -> 4;
 * -1: none of these. */
int ls_class_of_pdg(int pdg);

/* "gamma", "e-", "mu-", "pi-", "K+" for 0 to 4; else NULL. */
const char *ls_study_class_name(int label);

#endif
