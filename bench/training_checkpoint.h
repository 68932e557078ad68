/* When a training run writes a checkpoint, and how it goes on from one. */
#ifndef LS_BENCH_TRAINING_CHECKPOINT_H
#define LS_BENCH_TRAINING_CHECKPOINT_H

#include "bench/training.h"

/* Before anything expensive: LS_USAGE for options that do not go together, or a folder that is not
 * to be used. */
ls_status ls_training_check_checkpoint(ls_training *training, ls_error *error);

/* --resume: rank 0 reads, all get it. Without the option nothing is done. */
ls_status ls_training_resume(ls_training *training, ls_error *error);

/* After a step: rank 0 writes one if it is due, or now != 0. A failure is kept in
 * training->checkpoint_error and said, if the one before did not fail already; the run goes on. */
void ls_training_checkpoint(ls_training *training, int now);

#endif
