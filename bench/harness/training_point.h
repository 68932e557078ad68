/* A point of a curve of training times: the same training, from the same weights, repeated. */
#ifndef LS_BENCH_HARNESS_TRAINING_POINT_H
#define LS_BENCH_HARNESS_TRAINING_POINT_H

#include "bench/harness/harness.h"

typedef struct ls_training_point {
  const ls_settings *settings; /* of this training: its batches, --overlap .. */
  int nodes;
  const char *name;    /* "onednn:rewritten:overlapped" */
  const char *scaling; /* "strong", "weak" */
  int series;          /* of the curve */
  /* NULL, or the checksum that the weights after a training must have; 0: not known, set by the
   * first. Rank 0's counts. */
  uint64_t *weights;
} ls_training_point;

/* The global batch that settings mean for so many ranks: --global-batch, else batch x accumulate
 * for each. */
size_t ls_training_point_batch(const ls_settings *settings, int ranks);

/* Loads the events, trains until there are enough repetitions, records everything. All ranks
 * together; an error is every rank's. */
ls_status ls_training_point_measure(ls_harness *harness, const ls_training_point *point,
                                    ls_error *error);

#endif
