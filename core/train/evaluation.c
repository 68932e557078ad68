#include "train/evaluation.h"

#include "network/loss.h"

#include <math.h>
#include <stdlib.h>

/* One block of doubles, summed over the ranks in one call: images, loss, counts, scores. */
typedef struct sums {
  double *block, *counts, *scores;
  size_t length;
} sums;

static ls_status evaluate_event(ls_model *model, int classes, const ls_store *store, size_t record,
                                ls_image *image, float *logits, sums *s, ls_error *error) {
  LS_TRY(ls_store_get(store, record, image, error));
  int label = image->label, best = 0;
  if (label < 0 || label >= classes)
    return ls_fail(error, LS_MISMATCH,
                   "event %llu has label %d but the network has %d classes; give labels that fit",
                   (unsigned long long)image->event, label, classes);
  LS_TRY(ls_model_forward(model, image, logits, error));
  double loss = ls_cross_entropy(logits, classes, label);
  if (!isfinite(loss))
    return ls_fail(error, LS_VALUE, "the loss of event %llu is %g; check the event and the weights",
                   (unsigned long long)image->event, loss);
  for (int c = 1; c < classes; c++)
    if (logits[c] > logits[best]) best = c;
  ls_softmax(logits, classes, logits);
  s->block[0] += 1;
  s->block[1] += loss;
  s->counts[label * classes + best] += 1;
  for (int c = 0; c < classes; c++) s->scores[label * classes + c] += (double)logits[c];
  return LS_OK;
}

static ls_status evaluate_own(ls_model *model, int classes, const ls_store *store, size_t first,
                              size_t every, ls_evaluation_progress progress, void *context, sums *s,
                              ls_error *error) {
  float *logits = calloc((size_t)classes, sizeof *logits);
  if (!logits) return ls_fail(error, LS_MEMORY, "no memory to evaluate");
  ls_image image = {0};
  ls_status status = LS_OK;
  size_t count = ls_store_count(store), done = 0;
  size_t own = count > first ? (count - first - 1) / every + 1 : 0;
  for (size_t i = first; status == LS_OK && i < count; i += every) {
    status = evaluate_event(model, classes, store, i, &image, logits, s, error);
    if (status == LS_OK && progress && progress(context, ++done, own))
      status = ls_fail(error, LS_STOPPED, "told to stop after %zu of %zu events", done, own);
  }
  ls_image_destroy(&image);
  free(logits);
  return status == LS_OK ? LS_OK : ls_fail_within(error, status, "evaluating");
}

ls_status ls_evaluate(ls_model *model, const ls_network_spec *spec, const ls_store *store,
                      size_t first, size_t every, ls_comm *comm, ls_evaluation_progress progress,
                      void *context, ls_evaluation *evaluation, ls_error *error) {
  *evaluation = (ls_evaluation){.classes = ls_network_classes(spec)};
  size_t cells = (size_t)evaluation->classes * (size_t)evaluation->classes;
  sums s = {.length = 2 + 2 * cells};
  s.block = calloc(s.length, sizeof *s.block);
  if (!s.block) return ls_fail(error, LS_MEMORY, "no memory for a confusion table");
  s.counts = s.block + 2;
  s.scores = s.counts + cells;
  ls_status status =
      evaluate_own(model, evaluation->classes, store, first, every, progress, context, &s, error);
  status = ls_comm_agree(comm, status, error);
  if (status == LS_OK) status = ls_comm_sum_doubles(comm, s.block, s.length, error);
  if (status == LS_OK && s.block[0] == 0)
    status = ls_fail(error, LS_MISMATCH, "no events to evaluate");
  if (status != LS_OK) {
    free(s.block);
    return status;
  }
  evaluation->images = s.block[0];
  evaluation->loss = s.block[1] / s.block[0];
  for (int c = 0; c < evaluation->classes; c++)
    evaluation->accuracy += s.counts[c * evaluation->classes + c];
  evaluation->accuracy /= evaluation->images;
  evaluation->counts = s.counts;
  evaluation->scores = s.scores;
  return LS_OK;
}

void ls_evaluation_destroy(ls_evaluation *evaluation) {
  if (evaluation->counts) free(evaluation->counts - 2); /* the block that evaluate made */
  *evaluation = (ls_evaluation){0};
}
