/* Tells good event files from bad: every event of every file is read whole, on all ranks together.
 */
#ifndef LS_DATASETS_VALIDATE_VALIDATE_H
#define LS_DATASETS_VALIDATE_VALIDATE_H

#include "datasets/paths.h"
#include "datasets/source.h"
#include "datasets/validate/distribution.h"
#include "datasets/validate/findings.h"

typedef struct ls_validation_options {
  const char *labels;   /* rule of --labels, NULL: the files' own */
  const char *producer; /* see ls_source_open */
  /* Called after each event that this rank read; total: of this rank. Not 0: to stop. */
  int (*progress)(void *context, size_t done, size_t total);
  void *context;
} ls_validation_options;

/* Zero-initialise; ls_validation_destroy frees it. */
typedef struct ls_validation {
  ls_findings findings;
  ls_distribution *distribution;
  size_t files, opened;  /* given; those that open */
  size_t *first;         /* [files + 1]: the number of each file's first event in the set */
  size_t events;         /* of the files that open */
  uint64_t quiet;        /* events without pixels, which the file knows to have left no charge */
  size_t labelled;       /* files with labels */
  uint64_t stored_bytes; /* of all files */
  const char *format;    /* of the first file that opens, NULL: none does */
  ls_geometry geometry;  /* the same */
  ls_value_type value_type;
  char pixel_set[LS_FINDING_PLACE];
  int classes; /* of the labels, 0: none */
  char class_names[LS_DISTRIBUTION_NO_CLASS][32];
} ls_validation;

/* Bad files and events are findings, not errors; rank 0's validation holds those of all ranks, and
 * it does not depend on their number. Memory: 16 bytes an event, beside what reading one takes.
 * Returns LS_OK, LS_USAGE or what --labels deserves, LS_STOPPED, LS_MEMORY, LS_UNAVAILABLE (a file
 * whose format this build does not read), LS_MISMATCH (ranks see different files) or LS_COMM. */
ls_status ls_validate(const ls_paths *paths, const ls_validation_options *options, ls_comm *comm,
                      ls_validation *validation, ls_error *error);
void ls_validation_destroy(ls_validation *validation);

/* Number of the file that holds event number event of the set. */
size_t ls_validation_file(const ls_validation *validation, uint64_t event);

#endif
