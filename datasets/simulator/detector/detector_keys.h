/* The fields of ls_detector by name. */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_DETECTOR_KEYS_H
#define LS_DATASETS_SIMULATOR_DETECTOR_DETECTOR_KEYS_H

#include "datasets/simulator/detector/detector.h"

/* All fields are doubles; a key has count of them in a row. */
typedef struct ls_detector_key {
  const char *name;
  size_t offset;
  int count, whole; /* whole: no fractions */
  double least, most;
} ls_detector_key;

extern const ls_detector_key ls_detector_keys[];
extern const int ls_detector_key_count;

#endif
