/* Checkpoints: all that a training run needs to go on as if it had never stopped.
 *
 * A folder of checkpoints holds the last two, each a folder of its own, checkpoint-NUMBER-step-STEP
 * (numbered in the order of writing):
 *   weights.weights.h5  parameters, Keras 3's layout
 *   optimizer.bin       the optimiser's arrays one after the other: float32 in the byte order of
 * the machine (one of the other order finds the parameters' checksum wrong) state.json where the
 * run stands, the facts it depends on, and size and XXH64 of the other files and of itself It is
 * made as .partial-PID, synced, and renamed when it is whole: whatever happens on the way, the
 * older ones are as they were. One process at a time may write to a folder. */
#ifndef LS_TRAIN_CHECKPOINT_H
#define LS_TRAIN_CHECKPOINT_H

#include "base/status.h"
#include "network/spec.h"

#include <stddef.h>
#include <stdint.h>

enum { LS_FACT_LENGTH = 256, LS_CHECKPOINT_PATH = 4096 };

/* Something that must be the same on resume: {"lr", "0.05"}, {"data", "<checksum>"}. */
typedef struct ls_fact {
  const char *name;
  char value[LS_FACT_LENGTH];
} ls_fact;

/* Where the run stands. Numbers come back exactly as they were written. */
typedef struct ls_checkpoint_state {
  uint64_t epoch, step;                           /* the next one to do: step of the epoch */
  uint64_t total_steps;                           /* done so far; also in the folder's name */
  uint64_t optimizer_steps;                       /* ls_optimizer's steps */
  double epoch_loss, epoch_correct, epoch_images; /* sums over the steps of this epoch so far */
  double wall_seconds;
} ls_checkpoint_state;

/* What is written from, or read into. parameters, first and second are arrays of
 * ls_network_parameter_count(spec) floats; first, or second, or both are NULL if the optimiser
 * keeps none (second without first is not possible). */
typedef struct ls_checkpoint {
  const ls_network_spec *spec; /* is a fact by itself, "network" */
  const ls_fact *facts;        /* each name once, none called "network" */
  size_t fact_count;
  ls_checkpoint_state state;
  float *parameters, *first, *second;
} ls_checkpoint;

/* To be called before training: makes the folder and tries whether it can be written to.
 * resumed_from: the folder that the run was resumed from, or NULL. LS_USAGE if there are
 * checkpoints in the folder and it is not that one: another run's work would be removed. LS_IO,
 * LS_MEMORY; LS_UNAVAILABLE in a build without HDF5. */
ls_status ls_checkpoint_prepare(const char *folder, const char *resumed_from, ls_error *error);

/* Adds a checkpoint, then removes all but the last two whole ones. LS_VALUE if a number is not
 * finite: such a checkpoint would only push out the good ones. LS_IO (full disk, no permission),
 * LS_MEMORY, LS_MISMATCH (a spec that is none), LS_INTERNAL (arrays or facts not as above),
 * LS_UNAVAILABLE: the older ones are as they were. LS_IO saying so: the new one is complete, but
 * something old cannot be removed. */
ls_status ls_checkpoint_write(const char *folder, const ls_checkpoint *checkpoint, ls_error *error);

/* Jobs of a chain have one command line, which writes to the folder that it resumes from. *begins:
 * 1 if this is the first of them: folder is resumed_from, and holds no checkpoint, whole or
 * damaged. folder NULL: none are written. LS_IO, LS_USAGE, LS_MEMORY. */
ls_status ls_checkpoint_begins_chain(const char *folder, const char *resumed_from, int *begins,
                                     ls_error *error);

/* Where a run was resumed from. */
typedef struct ls_checkpoint_origin {
  char path[LS_CHECKPOINT_PATH]; /* of the one checkpoint */
  char warning[LS_ERROR_LENGTH]; /* which newer ones are damaged, and how; empty: none */
} ls_checkpoint_origin;

/* Reads the newest whole checkpoint into state and the arrays; they are touched only on success.
 * Nothing is written. LS_MISMATCH: it is of another run; every fact that differs is named with both
 * values. LS_FORMAT: none is whole. LS_IO: there is no checkpoint, or no such folder. LS_MEMORY,
 * LS_INTERNAL, LS_UNAVAILABLE as above. */
ls_status ls_checkpoint_read(const char *folder, ls_checkpoint *checkpoint,
                             ls_checkpoint_origin *origin, ls_error *error);

#endif
