#include "bench/past_runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The first point of that configuration in run that is in no ratio yet. */
static const ls_past_point *find(const ls_past_run *run, const char *configuration,
                                 const ls_past_ratio *ratios, size_t count) {
  for (size_t p = 0; p < run->point_count; p++) {
    int taken = 0;
    for (size_t r = 0; r < count; r++) taken |= ratios[r].second == &run->points[p];
    if (!taken && !strcmp(run->points[p].configuration, configuration)) return &run->points[p];
  }
  return NULL;
}

static void divide(ls_past_ratio *r) {
  r->ratio = r->low = r->high = NAN;
  if (!r->first || !r->second) return;
  r->ratio = r->second->median / r->first->median;
  r->low = r->second->low / r->first->high;
  r->high = r->second->high / r->first->low;
}

ls_status ls_past_runs_compare(const ls_past_run *first, const ls_past_run *second,
                               ls_past_ratio **ratios, size_t *count, ls_error *error) {
  size_t used = 0;
  ls_past_ratio *made = calloc(first->point_count + second->point_count + 1, sizeof *made);
  *ratios = NULL, *count = 0;
  if (!made) return ls_fail(error, LS_MEMORY, "no memory to compare two runs");
  for (size_t p = 0; p < first->point_count; p++, used++) {
    made[used].first = &first->points[p];
    made[used].second = find(second, first->points[p].configuration, made, used);
  }
  for (size_t p = 0; p < second->point_count; p++) {
    int taken = 0;
    for (size_t r = 0; r < used; r++) taken |= made[r].second == &second->points[p];
    if (!taken) made[used++].second = &second->points[p];
  }
  for (size_t r = 0; r < used; r++) divide(&made[r]);
  *ratios = made, *count = used;
  return LS_OK;
}
