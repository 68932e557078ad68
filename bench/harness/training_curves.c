#include "bench/harness/training_curves.h"

#include "bench/harness/training_point.h"

#include <stdio.h>
#include <string.h>

/* How gradients come together: the curves of one run. */
static const char *const modes[] = {"overlapped", "blocking"};

static int is_wanted(const ls_settings *s, const ls_comm *comm, int mode) {
  int can_overlap =
      ls_comm_serves_threads(comm) && (!s->average || !strcmp(s->average, "gradients"));
  if (s->overlap) return mode == (strcmp(s->overlap, "on") != 0);
  return can_overlap || mode == 1;
}

ls_status ls_training_curves_check(const ls_settings *s, ls_error *error) {
  if (s->validation_count || s->validation_labels)
    return ls_fail(error, LS_USAGE,
                   "--validation: only the training is timed; leave it out, or see larscale train");
  if (s->global_batch && s->scaling && !strcmp(s->scaling, "weak"))
    return ls_fail(error, LS_USAGE,
                   "--global-batch: with --scaling weak it grows with the ranks; give --batch");
  return LS_OK;
}

/* Whether all trainings must end with the same weights. */
static int is_reproducible(const ls_settings *s) {
  return (!s->share || !strcmp(s->share, "slots")) &&
         (!s->reduction || !strcmp(s->reduction, "reproducible")) &&
         (!s->average || !strcmp(s->average, "gradients"));
}

ls_status ls_training_curves_measure(ls_harness *h, const char *scaling, ls_error *error) {
  int is_strong = !strcmp(scaling, "strong"), most = h->sweep.counts[h->sweep.count - 1];
  uint64_t weights = 0;
  char name[128], on[] = "on", off[] = "off";
  ls_settings settings = *h->settings;
  if (is_strong)
    settings.global_batch =
        (long)ls_training_point_batch(&settings, ls_sweep_ranks(&h->sweep, most));
  for (int mode = 0; mode < 2; mode++) {
    if (!is_wanted(h->settings, h->comm, mode)) continue;
    settings.overlap = mode == 0 ? on : off;
    snprintf(name, sizeof name, "%s:%s", h->job.backend_name, modes[mode]);
    for (int i = 0; i < h->sweep.count && !h->stopped; i++) {
      ls_training_point point = {.settings = &settings,
                                 .nodes = h->sweep.counts[i],
                                 .name = name,
                                 .scaling = scaling,
                                 .series = mode,
                                 .weights =
                                     is_strong && is_reproducible(&settings) ? &weights : NULL};
      LS_TRY(ls_training_point_measure(h, &point, error));
    }
  }
  return LS_OK;
}
