/* Training on every registered backend: it learns a small data set by heart, along the same curve
 * as the reference. */
#include "backends/each_backend.h"
#include "backends/registry.h"
#include "train/tiny.h"

#include <math.h>
#include <stddef.h>

enum { EVENTS = 12, BATCH = 4, STEPS = EVENTS / BATCH, MOST_EPOCHS = 60, COMPARED = 5 };

typedef struct curve {
  double loss[MOST_EPOCHS * STEPS];
  double last_accuracy; /* over the last epoch, while training */
} curve;

static ls_status train(ls_trainer *trainer, uint64_t epochs, curve *c, ls_error *error) {
  for (uint64_t e = 0; e < epochs; e++) {
    double correct = 0;
    for (size_t s = 0; s < STEPS; s++) {
      ls_step_result result;
      LS_TRY(ls_trainer_step(trainer, e, s, &result, error));
      c->loss[e * STEPS + s] = result.loss;
      correct += result.accuracy * (double)result.images;
    }
    c->last_accuracy = correct / EVENTS;
  }
  return LS_OK;
}

static ls_status run(const ls_backend *backend, const char *variant, uint64_t epochs, curve *c,
                     ls_error *error) {
  int argc = 0;
  char **argv = NULL;
  ls_comm *comm;
  ls_store *store = NULL;
  ls_trainer *trainer = NULL;
  ls_trainer_options options = tiny_options(backend, tiny_study(), BATCH, EVENTS);
  options.backend_options = (ls_backend_options){.threads = 2, .variant = variant};
  options.learning_rate = 0.01;
  LS_TRY(ls_comm_start(&argc, &argv, &comm, error));
  ls_status status = tiny_store(&options.spec, EVENTS, NULL, NULL, &store, error);
  if (status == LS_OK) status = ls_trainer_new(&options, store, comm, &trainer, error);
  if (status == LS_OK) status = train(trainer, epochs, c, error);
  ls_trainer_free(trainer);
  ls_store_free(store);
  ls_comm_finish(comm, status != LS_OK, 1);
  return status;
}

static ls_status check_learns(const ls_backend *backend, const char *variant, ls_error *error) {
  curve c;
  LS_TRY(run(backend, variant, MOST_EPOCHS, &c, error));
  if (c.last_accuracy < 1 || c.loss[MOST_EPOCHS * STEPS - 1] > 0.05)
    return ls_fail(error, LS_VALUE, "after %d epochs the accuracy is %g, the loss %g", MOST_EPOCHS,
                   c.last_accuracy, c.loss[MOST_EPOCHS * STEPS - 1]);
  return LS_OK;
}

/* Rounding (1e-7 a sum) grows along the steps; a different gradient would show at once. */
static ls_status check_curve(const ls_backend *backend, const char *variant, ls_error *error) {
  const ls_backend *reference;
  curve expected, actual;
  LS_TRY(ls_backend_find("reference", &reference, error));
  LS_TRY(run(reference, NULL, COMPARED, &expected, error));
  LS_TRY(run(backend, variant, COMPARED, &actual, error));
  for (int s = 0; s < COMPARED * STEPS; s++)
    if (!(fabs(actual.loss[s] - expected.loss[s]) <= 2e-5 * expected.loss[s]))
      return ls_fail(error, LS_VALUE, "step %d: loss %.9g, with the reference %.9g", s,
                     actual.loss[s], expected.loss[s]);
  return LS_OK;
}

int main(void) {
  static const ls_backend_check checks[] = {
      {"learns 12 events by heart", check_learns},
      {"loss curve of the reference", check_curve},
  };
  return ls_run_for_each_backend(checks, sizeof checks / sizeof *checks);
}
