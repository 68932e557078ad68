#include "bench/harness/training_point.h"

#include "base/clock.h"
#include "bench/training.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <xxhash.h>

size_t ls_training_point_batch(const ls_settings *s, int ranks) {
  if (s->global_batch) return (size_t)s->global_batch;
  return (size_t)s->batch * (size_t)s->accumulate * (size_t)ranks;
}

/* Of rank 0. Trainings that add up alike end with the same weights, bit for bit: else something was
 * computed wrongly, however fast. */
static void check_weights(ls_harness *h, const ls_training_point *p, ls_training *t) {
  if (!h->record || !p->weights || h->stopped) return;
  size_t bytes = ls_network_parameter_count(&h->job.spec) * sizeof(float);
  uint64_t checksum = XXH3_64bits(ls_trainer_parameters(t->trainer), bytes);
  if (*p->weights && *p->weights != checksum)
    ls_results_invalidate(
        &h->results, "%s on %d nodes: weights %016" PRIx64 " after training, %016" PRIx64 " before",
        p->name, p->nodes, checksum, *p->weights);
  *p->weights = checksum;
}

/* One training. *seconds: of this rank's steps. */
static ls_status train_once(ls_harness *h, const ls_training_point *p, ls_training *t,
                            ls_measurement *m, int repetition, double *seconds, ls_error *error) {
  size_t warmup = repetition == 1 ? (size_t)h->settings->warmup : 0;
  LS_TRY(ls_training_restart(t, repetition, warmup, error));
  double start = ls_seconds();
  LS_TRY(ls_training_run(t, error));
  double wall = ls_seconds() - start;
  h->stopped = t->stopped;
  *seconds = t->step_seconds;
  if (t->stopped) return LS_OK;
  if (m)
    m->overhead =
        fmin(m->overhead, (wall - t->position.wall_seconds) / (double)t->position.total_steps);
  check_weights(h, p, t);
  return ls_train_record_train(t->record, t->step_seconds, t->own_images, error);
}

static ls_status repeat(ls_harness *h, ls_comm *part, const ls_training_point *p, ls_training *t,
                        ls_measurement *m, ls_error *error) {
  double start = ls_seconds(), seconds;
  for (int repetition = 1, enough = 0; !enough; repetition++) {
    LS_TRY(train_once(h, p, t, m, repetition, &seconds, error));
    if (h->stopped) break; /* on all ranks: a step says so; its training is not counted */
    if (m) m->events = 0;
    double images = (double)t->own_images;
    LS_TRY(ls_comm_sum_doubles(part, &images, 1, error));
    if (m) m->events = images;
    LS_TRY(ls_harness_repeated(h, part, m, seconds, start, &enough, error));
  }
  return LS_OK;
}

static ls_status measure(ls_harness *h, ls_comm *part, const ls_training_point *p,
                         ls_error *error) {
  int ranks = ls_comm_size(part);
  size_t global_batch = ls_training_point_batch(p->settings, ranks);
  ls_configuration configuration = {.scaling = p->scaling,
                                    .nodes = p->nodes,
                                    .local_batch =
                                        (global_batch + (size_t)ranks - 1) / (size_t)ranks,
                                    .global_batch = global_batch,
                                    .series = p->series};
  ls_measurement *m;
  LS_TRY(ls_harness_measure(h, part, p->nodes, p->name, &configuration, "measured", &m, error));
  ls_training t;
  ls_training_part training = {.settings = p->settings,
                               .comm = part,
                               .job = &h->job,
                               .record = h->record,
                               .configuration = m ? &m->configuration : NULL,
                               .kind = "measured"};
  ls_status status = ls_training_prepare_part(&training, &t, error);
  if (status == LS_OK) ls_harness_note_load(h, t.record);
  if (status == LS_OK) status = repeat(h, part, p, &t, m, error);
  if (status == LS_OK) ls_harness_note_verdict(h, t.record);
  ls_training_free(&t, status != LS_OK && !error->shared);
  /* The others, in the middle of a step, would take this rank's word for something else. */
  if (status != LS_OK) return status;
  return ls_comm_agree(part, ls_harness_measured(h, error), error);
}

ls_status ls_training_point_measure(ls_harness *h, const ls_training_point *p, ls_error *error) {
  ls_comm *part;
  LS_TRY(ls_harness_enter(h, p->nodes, &part, error));
  ls_status status = part ? measure(h, part, p, error) : LS_OK;
  return ls_harness_leave(h, part, status, error);
}
