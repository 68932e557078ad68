/* Random numbers against SplitMix64 itself, and roughly uniform. */
#include "support/test.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

/* SplitMix64 as published, with its state. */
static uint64_t splitmix(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Output number index (0 ..) of the generator that starts in state. */
static uint64_t output(uint64_t state, uint64_t index) {
  for (uint64_t i = 0; i < index; i++) splitmix(&state);
  return splitmix(&state);
}

static void test_published_vectors(void **state) {
  (void)state;
  static const uint64_t published[] = {6457827717110365317u, 3203168211198807973u,
                                       9817491932198370423u, 4593380528125082431u,
                                       16408922859458223821u};
  for (uint64_t i = 0; i < 5; i++) assert_true(output(1234567, i) == published[i]);
  assert_true(output(0, 0) == 0xe220a8397b1dcdafu);
}

/* The seed's generator makes the streams' seeds, the stream's generator the key, and that the
 * values. */
static void test_is_nested_splitmix(void **state) {
  (void)state;
  static const uint64_t seeds[] = {0, 1, 42, UINT64_MAX};
  for (size_t s = 0; s < 4; s++)
    for (uint64_t stream = 0; stream < 5; stream++)
      for (uint64_t counter = 0; counter < 5; counter++) {
        uint64_t key = output(output(seeds[s], 0), stream);
        assert_true(ls_random(seeds[s], stream, counter) == output(key, counter));
      }
}

static void test_uniform(void **state) {
  (void)state;
  enum { COUNT = 200000, BINS = 100, EXPECTED = COUNT / BINS };
  double sum = 0, squares = 0, neighbours = 0, before = 0.5, chi = 0;
  int bins[BINS] = {0};
  for (uint64_t i = 0; i < COUNT; i++) {
    double u = ls_random_uniform(7, 3, i);
    assert_true(u >= 0 && u < 1);
    assert_true(ldexp(u, 53) == floor(ldexp(u, 53)));
    sum += u;
    squares += u * u;
    neighbours += (u - 0.5) * (before - 0.5);
    before = u;
    bins[(int)(u * BINS)]++;
  }
  for (int b = 0; b < BINS; b++) chi += pow(bins[b] - EXPECTED, 2) / EXPECTED;
  /* Five standard deviations of each. */
  assert_true(fabs(sum / COUNT - 0.5) < 5 * sqrt(1.0 / 12 / COUNT));
  assert_true(fabs(squares / COUNT - 1.0 / 3) < 5 * sqrt(4.0 / 45 / COUNT));
  assert_true(fabs(neighbours / COUNT) < 5 * sqrt(1.0 / 144 / COUNT));
  assert_true(fabs(chi - (BINS - 1)) < 5 * sqrt(2.0 * (BINS - 1)));
}

/* Neighbouring seeds, streams and counters have nothing in common: about half of the bits differ.
 */
static void test_neighbours_differ(void **state) {
  (void)state;
  enum { COUNT = 2000 };
  double bits[3] = {0};
  for (uint64_t i = 0; i < COUNT; i++) {
    uint64_t r = ls_random(i, i, i);
    bits[0] += __builtin_popcountll(r ^ ls_random(i + 1, i, i));
    bits[1] += __builtin_popcountll(r ^ ls_random(i, i + 1, i));
    bits[2] += __builtin_popcountll(r ^ ls_random(i, i, i + 1));
  }
  for (int k = 0; k < 3; k++) assert_true(fabs(bits[k] / COUNT - 32) < 5 * sqrt(16.0 / COUNT));
}

static void test_permutation(void **state) {
  (void)state;
  enum { MOST = 1000 };
  uint32_t order[MOST], again[MOST];
  for (size_t count = 0; count <= MOST; count = count * 3 + 1) {
    unsigned char seen[MOST] = {0};
    ls_random_permutation(5, count, order, count);
    ls_random_permutation(5, count, again, count);
    for (size_t i = 0; i < count; i++) {
      assert_true(order[i] < count && !seen[order[i]]);
      seen[order[i]] = 1;
      assert_int_equal(order[i], again[i]);
    }
  }
  ls_random_permutation(5, 1, order, MOST);
  ls_random_permutation(5, 2, again, MOST);
  assert_memory_not_equal(order, again, sizeof order);
  ls_random_permutation(6, 1, again, MOST);
  assert_memory_not_equal(order, again, sizeof order);
}

/* All 24 orders of 4 come equally often. */
static void test_permutations_are_uniform(void **state) {
  (void)state;
  enum { TRIALS = 24000, EXPECTED = TRIALS / 24 };
  int count[256] = {0};
  double chi = 0;
  int kinds = 0;
  for (uint64_t i = 0; i < TRIALS; i++) {
    uint32_t order[4];
    ls_random_permutation(9, i, order, 4);
    count[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]]++;
  }
  for (int i = 0; i < 256; i++)
    if (count[i]) chi += pow(count[i] - EXPECTED, 2) / EXPECTED, kinds++;
  assert_int_equal(kinds, 24);
  assert_true(chi < 23 + 5 * sqrt(2.0 * 23));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_published_vectors), cmocka_unit_test(test_is_nested_splitmix),
      cmocka_unit_test(test_uniform),           cmocka_unit_test(test_neighbours_differ),
      cmocka_unit_test(test_permutation),       cmocka_unit_test(test_permutations_are_uniform),
  };
  return cmocka_run_group_tests_name("random numbers", tests, NULL, NULL);
}
