/* Curves of training times: for overlapped and for blocking communication (with --overlap: for that
 * alone) a point for each number of nodes of the sweep. */
#ifndef LS_BENCH_HARNESS_TRAINING_CURVES_H
#define LS_BENCH_HARNESS_TRAINING_CURVES_H

#include "bench/harness/harness.h"

/* LS_USAGE for options that such a curve has no use for. */
ls_status ls_training_curves_check(const ls_settings *settings, ls_error *error);

/* scaling "strong": --global-batch, or what --batch and --accumulate make on the most nodes, for
 * all; trainings that are defined to be equal must end with equal weights. "weak": --batch x
 * --accumulate for each rank. All ranks together; an error is every rank's. */
ls_status ls_training_curves_measure(ls_harness *harness, const char *scaling, ls_error *error);

#endif
