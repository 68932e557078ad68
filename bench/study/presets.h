/* The committed texts of presets/, as they are. */
#ifndef LS_BENCH_STUDY_PRESETS_H
#define LS_BENCH_STUDY_PRESETS_H

#include <stddef.h>

typedef struct ls_study_preset_text {
  const char *name; /* NULL ends the list */
  const unsigned char *bytes;
  size_t length;
} ls_study_preset_text;

extern const ls_study_preset_text ls_study_preset_texts[];

#endif
