#include "support/compare.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const uint32_t poison = 0xffffffff; /* four times LS_POISON: not a number */

void ls_poison(void *block, size_t bytes) {
  memset(block, LS_POISON, bytes);
}

static int poisoned(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits == poison;
}

static int same_kind(float actual, double expected) {
  if (isnan(expected)) return isnan(actual);
  if (isinf(expected)) return isnan(actual) || (double)actual == expected;
  return isfinite(actual);
}

ls_status ls_compare(const char *what, const float *actual, const double *expected, size_t count,
                     double tolerance, ls_error *error) {
  if (!count) return ls_fail(error, LS_VALUE, "%s: nothing to compare", what);
  if (!(tolerance >= 0 && tolerance < 1))
    return ls_fail(error, LS_VALUE, "%s: a tolerance of %g accepts anything", what, tolerance);
  double scale = 0, worst = 0;
  int actual_zero = 1, expected_zero = 1;
  size_t at = 0;
  for (size_t i = 0; i < count; i++) {
    if (isfinite(expected[i])) scale = fmax(scale, fabs(expected[i]));
    actual_zero &= actual[i] == 0;
    expected_zero &= expected[i] == 0;
  }
  for (size_t i = 0; i < count; i++) {
    if (poisoned(actual[i]))
      return ls_fail(error, LS_VALUE, "%s: element %zu of %zu was not written", what, i, count);
    if (!same_kind(actual[i], expected[i]))
      return ls_fail(error, LS_VALUE, "%s: element %zu of %zu is %g, expected %g", what, i, count,
                     (double)actual[i], expected[i]);
    if (!isfinite(expected[i])) continue;
    double difference = fabs((double)actual[i] - expected[i]);
    if (difference > worst) worst = difference, at = i;
  }
  if (actual_zero && !expected_zero)
    return ls_fail(error, LS_VALUE, "%s: all %zu elements are zero", what, count);
  if (worst > tolerance * scale)
    return ls_fail(error, LS_VALUE,
                   "%s: element %zu of %zu is %.9g, expected %.9g: error %.3g > %.3g", what, at,
                   count, (double)actual[at], expected[at], worst, tolerance * scale);
  return LS_OK;
}
