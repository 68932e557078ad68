/* Whether measured times are fit to be published. Each check returns LS_OK, or LS_VALUE with the
 * reason in *error: what a record's RESULT INVALID says. */
#ifndef LS_STATISTICS_VALIDITY_H
#define LS_STATISTICS_VALIDITY_H

#include "statistics/statistics.h"

/* Seconds: the least difference that the clock (ls_seconds) shows, and what a call of it takes.
 * Measured anew at each call, in some ten microseconds. */
typedef struct ls_timer {
  double resolution, overhead;
} ls_timer;
ls_timer ls_timer_measure(void);

/* A time is at least 10 times the resolution, and 20 times the overhead of the two readings of the
 * clock around it (Hoefler and Belli, SC15, section 4.2.1: precision ten times higher, overhead
 * below 5%). what: names the time in the reason. */
ls_status ls_check_timer(const ls_timer *timer, double shortest, const char *what, ls_error *error);

/* seconds[count], the phases of a unit, add up to its wall time, within 1% of it and ten times the
 * clock's resolution; none is below zero by more than that. */
ls_status ls_check_phases(const double *seconds, size_t count, double wall, const ls_timer *timer,
                          const char *what, ls_error *error);

/* Enough repetitions: ls_is_precise. */
ls_status ls_check_precision(const ls_summary *summary, double relative, const char *what,
                             ls_error *error);

#endif
