/* Loss, accuracy and the study's confusion table of a network over stored events. */
#ifndef LS_TRAIN_EVALUATION_H
#define LS_TRAIN_EVALUATION_H

#include "comm/comm.h"
#include "store/store.h"
#include "train/model.h"

/* Row: true class. All sums are over every rank's events. Release with ls_evaluation_destroy. */
typedef struct ls_evaluation {
  int classes;
  double images, loss; /* loss: mean */
  double accuracy;
  double *counts; /* [classes][classes]: events by largest score */
  double *scores; /* [classes][classes]: summed softmax scores, as the study prints them */
} ls_evaluation;

/* Called between events; NULL is allowed. An answer other than 0 stops the evaluation of all ranks.
 */
typedef int (*ls_evaluation_progress)(void *context, size_t done, size_t count);

/* Every rank evaluates records first, first + every, .. of its store: 0, 1 where the stores of the
 * ranks do not overlap; where a node's ranks share one, the rank on the node and how many they are.
 * There may be none. All get the sums, or the same error. LS_VALUE if a loss is not finite, naming
 * the event (and of several ranks the rank); LS_STOPPED if a rank was told to stop; LS_MISMATCH if
 * an event's label is no class, or there are no events at all. */
ls_status ls_evaluate(ls_model *model, const ls_network_spec *spec, const ls_store *store,
                      size_t first, size_t every, ls_comm *comm, ls_evaluation_progress progress,
                      void *context, ls_evaluation *evaluation, ls_error *error);
void ls_evaluation_destroy(ls_evaluation *evaluation);

#endif
