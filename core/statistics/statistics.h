/* Statistics of measured times that assume no distribution.
 *
 * Rules and terms: Hoefler and Belli, "Scientific Benchmarking of Parallel Computing Systems"
 * (SC15): medians with intervals from ranks, every sample kept, nothing assumed normal. */
#ifndef LS_STATISTICS_STATISTICS_H
#define LS_STATISTICS_STATISTICS_H

#include "base/status.h"

#include <stddef.h>

/* Of n values, in their unit. */
typedef struct ls_summary {
  size_t n;
  double median;
  double ci95_low, ci95_high; /* see ls_median_ranks; NaN for n < 6 */
  double min, max;
  double p25, p75, p99; /* quantiles, interpolated linearly between the two values around them
                         * (type 7 of Hyndman and Fan, The American Statistician 50, 1996) */
} ls_summary;

/* values[n] stay as they are. n = 0: all numbers are NaN. LS_VALUE: a value is no finite number;
 * LS_MEMORY. */
ls_status ls_summarise(const double *values, size_t n, ls_summary *summary, ls_error *error);

/* The median alone; NaN where ls_summarise fails or n = 0. */
double ls_median(const double *values, size_t n);

/* Ranks, from 1 on, of the two ordered values between which the median lies with at least 95%,
 * whatever the distribution; at most 2.5% on either side. That the number of values below the
 * median is binomial is all it needs: Le Boudec, "Performance Evaluation of Computer and
 * Communication Systems" (EPFL Press 2010), chapter 2; the ranks are those of the sign test (Dixon
 * and Mood, Journal of the American Statistical Association 41, 1946). Both 0 for n < 6, where no
 * interval has 95%. */
void ls_median_ranks(size_t n, size_t *low, size_t *high);

/* 1: there is an interval and it lies within median * (1 - relative) .. median * (1 + relative). */
int ls_is_precise(const ls_summary *summary, double relative);

/* Two-sided probability that samples as different as a[n] and b[m] come from one distribution, by
 * the test of Mann and Whitney (Annals of Mathematical Statistics 18, 1947). Exact up to
 * LS_MANN_WHITNEY_EXACT values each if all are different; else by the normal approximation with
 * continuity and tie corrections (Lehmann, Nonparametrics, 1975, section 1.4). 1 if all values are
 * equal; NaN if one is NaN, a sample is empty, or there is no memory. */
enum { LS_MANN_WHITNEY_EXACT = 20 };
double ls_mann_whitney(const double *a, size_t n, const double *b, size_t m);

#endif
