/* Random numbers of transport. */
#include "support/test.h"

#include "datasets/simulator/transport/stream.h"

#include <math.h>

enum { DRAWS = 200000 };

/* Mean and variance within five deviations; kurtosis is that of the distribution. */
static void assert_moments(double sum, double squares, double mean, double variance,
                           double kurtosis) {
  double got = sum / DRAWS, spread = squares / DRAWS - got * got;
  assert_true(fabs(got - mean) < 5 * sqrt(variance / DRAWS));
  assert_true(fabs(spread / variance - 1) < 5 * sqrt((kurtosis - 1) / DRAWS));
}

static void variates_have_their_moments(void **state) {
  (void)state;
  ls_stream s = ls_stream_start(1, LS_STREAM_TRANSPORT, 2);
  double sum[3] = {0}, squares[3] = {0};
  for (int i = 0; i < DRAWS; i++) {
    double x[3] = {ls_stream_uniform(&s), ls_stream_exponential(&s), ls_stream_normal(&s)};
    assert_true(x[0] > 0 && x[0] < 1 && x[1] > 0);
    for (int k = 0; k < 3; k++) {
      sum[k] += x[k];
      squares[k] += x[k] * x[k];
    }
  }
  assert_moments(sum[0], squares[0], 0.5, 1.0 / 12, 1.8);
  assert_moments(sum[1], squares[1], 1, 1, 9);
  assert_moments(sum[2], squares[2], 0, 1, 3);
}

static void poisson_has_its_moments(void **state) {
  (void)state;
  static const double means[] = {0.1, 4, 29, 200};
  for (int m = 0; m < 4; m++) {
    ls_stream s = ls_stream_start(3, LS_STREAM_TRANSPORT, (uint64_t)m);
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
      double n = ls_stream_poisson(&s, means[m]);
      sum += n;
      squares += n * n;
    }
    assert_moments(sum, squares, means[m], means[m], 3 + 1 / means[m]);
  }
}

/* Streams of other events, purposes and seeds share nothing: correlations within five deviations.
 */
static void streams_are_apart(void **state) {
  (void)state;
  ls_stream s[] = {ls_stream_start(1, LS_STREAM_GUN, 0), ls_stream_start(1, LS_STREAM_GUN, 1),
                   ls_stream_start(1, LS_STREAM_TRANSPORT, 0),
                   ls_stream_start(2, LS_STREAM_GUN, 0)};
  double product[4][4] = {{0}};
  for (int i = 0; i < DRAWS; i++) {
    double x[4];
    for (int k = 0; k < 4; k++) x[k] = ls_stream_uniform(&s[k]) - 0.5;
    for (int k = 0; k < 4; k++)
      for (int l = 0; l < k; l++) product[k][l] += x[k] * x[l];
  }
  for (int k = 0; k < 4; k++)
    for (int l = 0; l < k; l++) assert_true(fabs(product[k][l] * 12 / DRAWS) < 5 / sqrt(DRAWS));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(variates_have_their_moments),
      cmocka_unit_test(poisson_has_its_moments),
      cmocka_unit_test(streams_are_apart),
  };
  return cmocka_run_group_tests_name("streams of random numbers", tests, NULL, NULL);
}
