#include "statistics/validity.h"

#include "base/clock.h"

#include <math.h>

ls_timer ls_timer_measure(void) {
  enum { CALLS = 200 };
  ls_timer timer = {.resolution = INFINITY};
  double first = ls_seconds(), before = first;
  for (int i = 0; i < CALLS; i++) {
    double now = ls_seconds();
    if (now > before && now - before < timer.resolution) timer.resolution = now - before;
    before = now;
  }
  timer.overhead = (before - first) / CALLS;
  /* A clock so coarse that all readings were alike: wait for it to move. */
  while (!isfinite(timer.resolution)) {
    double now = ls_seconds();
    if (now > before) timer.resolution = now - before;
  }
  return timer;
}

ls_status ls_check_timer(const ls_timer *timer, double shortest, const char *what,
                         ls_error *error) {
  if (!(shortest >= 10 * timer->resolution))
    return ls_fail(error, LS_VALUE,
                   "%s took %.3g s, less than ten times the clock's resolution of %.3g s", what,
                   shortest, timer->resolution);
  if (!(shortest >= 20 * 2 * timer->overhead))
    return ls_fail(error, LS_VALUE,
                   "%s took %.3g s, of which reading the clock is more than 5%% (%.3g s)", what,
                   shortest, 2 * timer->overhead);
  return LS_OK;
}

ls_status ls_check_phases(const double *seconds, size_t count, double wall, const ls_timer *timer,
                          const char *what, ls_error *error) {
  double margin = 0.01 * wall + 10 * timer->resolution, sum = 0;
  for (size_t i = 0; i < count; i++) {
    if (!(seconds[i] >= -margin))
      return ls_fail(error, LS_VALUE, "%s: phase %zu of %zu took %.3g s", what, i + 1, count,
                     seconds[i]);
    sum += seconds[i];
  }
  if (!(fabs(sum - wall) <= margin))
    return ls_fail(error, LS_VALUE, "%s: its phases add up to %.6g s of %.6g s", what, sum, wall);
  return LS_OK;
}

ls_status ls_check_precision(const ls_summary *summary, double relative, const char *what,
                             ls_error *error) {
  if (ls_is_precise(summary, relative)) return LS_OK;
  if (summary->n < 6)
    return ls_fail(error, LS_VALUE,
                   "%s was measured %zu times; an interval of 95%% needs at least 6", what,
                   summary->n);
  return ls_fail(error, LS_VALUE,
                 "%s: the interval of the median, %.4g to %.4g s, is not within %.3g%% of %.4g s",
                 what, summary->ci95_low, summary->ci95_high, 100 * relative, summary->median);
}
