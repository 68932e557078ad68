#include "statistics/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

/* The first rank whose lower tail is more than 2.5%. Terms more than 20 standard deviations below
 * the mean add nothing that a double could show. */
void ls_median_ranks(size_t n, size_t *low, size_t *high) {
  *low = *high = 0;
  if (n < 6) return;
  double size = (double)n, start = floor(size / 2 - 10 * sqrt(size));
  size_t below = start > 0 ? (size_t)start : 0;
  double k = (double)below;
  double term = exp(lgamma(size + 1) - lgamma(k + 1) - lgamma(size - k + 1) - size * log(2));
  double tail = term;
  while (tail <= 0.025) {
    term *= (double)(n - below) / (double)(below + 1);
    tail += term;
    below++;
  }
  *low = below;
  *high = n + 1 - below;
}

/* sorted[n], n > 0 */
static double quantile(const double *sorted, size_t n, double fraction) {
  double position = fraction * (double)(n - 1);
  size_t i = (size_t)position;
  if (i + 1 >= n) return sorted[n - 1];
  return sorted[i] + (position - (double)i) * (sorted[i + 1] - sorted[i]);
}

static void fill(const double *sorted, size_t n, ls_summary *summary) {
  size_t low, high;
  ls_median_ranks(n, &low, &high);
  *summary = (ls_summary){.n = n,
                          .median = quantile(sorted, n, 0.5),
                          .ci95_low = low ? sorted[low - 1] : NAN,
                          .ci95_high = high ? sorted[high - 1] : NAN,
                          .min = sorted[0],
                          .max = sorted[n - 1],
                          .p25 = quantile(sorted, n, 0.25),
                          .p75 = quantile(sorted, n, 0.75),
                          .p99 = quantile(sorted, n, 0.99)};
}

ls_status ls_summarise(const double *values, size_t n, ls_summary *summary, ls_error *error) {
  *summary = (ls_summary){0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
  if (!n) return LS_OK;
  for (size_t i = 0; i < n; i++)
    if (!isfinite(values[i]))
      return ls_fail(error, LS_VALUE, "value %zu of %zu to be summarised is %f", i + 1, n,
                     values[i]);
  double *sorted = malloc(n * sizeof *sorted);
  if (!sorted) return ls_fail(error, LS_MEMORY, "no memory to sort %zu values", n);
  memcpy(sorted, values, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, by_value);
  fill(sorted, n, summary);
  free(sorted);
  return LS_OK;
}

double ls_median(const double *values, size_t n) {
  ls_summary summary;
  return ls_summarise(values, n, &summary, NULL) == LS_OK ? summary.median : NAN;
}

int ls_is_precise(const ls_summary *summary, double relative) {
  double margin = relative * fabs(summary->median);
  return summary->n >= 6 && summary->ci95_low >= summary->median - margin &&
         summary->ci95_high <= summary->median + margin;
}
