/* A study as a text says it: which events to make, and what to measure with them, in order.
 * Lines "key words..", # begins a comment; bench/study/README.md has the keys. */
#ifndef LS_BENCH_STUDY_CONFIG_H
#define LS_BENCH_STUDY_CONFIG_H

#include "base/status.h"

#include <stddef.h>

enum { LS_STUDY_WORDS = 48, LS_STUDY_LINES = 32, LS_STUDY_TEXT = 16384, LS_STUDY_NODES = 64 };

/* A line's words after its key; they lie in the config's own memory. */
typedef struct ls_study_line {
  const char *key;
  size_t number; /* of the line, from 1 on; 0: there is none */
  const char *words[LS_STUDY_WORDS];
  size_t count;
} ls_study_line;

typedef struct ls_study_config {
  const char *source;               /* file, or the preset's name: for messages */
  char text[LS_STUDY_TEXT];         /* as it was read */
  char memory[LS_STUDY_TEXT + 256]; /* where the words are */
  size_t used;
  long events, validation; /* to train on, to evaluate */
  long probe;              /* events of the trial that the estimate is made from */
  long ranks;              /* started at most; 0: one for each core */
  long nodes[LS_STUDY_NODES];
  size_t node_count;
  ls_study_line launcher, simulate, image, train;
  ls_study_line stages[LS_STUDY_LINES]; /* in order */
  size_t stage_count;
} ls_study_config;

/* A preset's text and length; NULL: there is none of that name. */
const char *ls_study_preset(const char *name, size_t *length);
/* "quick, medium, paper" */
void ls_study_preset_names(char *names, size_t size);

/* source stays the caller's. LS_IO; LS_FORMAT: with file and line. */
ls_status ls_study_config_read(const char *path, ls_study_config *config, ls_error *error);
/* The same of a text in memory. */
ls_status ls_study_config_parse(const char *source, const char *text, size_t length,
                                ls_study_config *config, ls_error *error);

#endif
