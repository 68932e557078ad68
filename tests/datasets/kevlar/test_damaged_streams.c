/* Thousands of damaged and strange streams: the run-aware inflater accepts exactly what zlib
 * accepts. Seeds are fixed; LARSCALE_TEST_SEED (a number) gives others. */
#include "check_stream.h"
#include "random_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed(uint64_t own) {
  const char *given = getenv("LARSCALE_TEST_SEED");
  return own + (given ? strtoull(given, NULL, 10) * 2654435761u : 0);
}

/* Cuts, flips a bit (near the beginning, where the codes are), or writes random bytes. */
static size_t damage(uint8_t *stream, size_t bytes, uint64_t *state) {
  switch (next_random(state) % 4) {
  case 0:
    return next_random(state) % bytes;
  case 1:
    stream[next_random(state) % (bytes < 300 ? bytes : 300)] ^=
        (uint8_t)(1 << next_random(state) % 8);
    return bytes;
  default:
    for (unsigned k = 1 + next_random(state) % 3; k; k--)
      stream[next_random(state) % bytes] = (uint8_t)next_random(state);
    return bytes;
  }
}

static void test_damaged(void **context) {
  (void)context;
  uint64_t state = seed(88172645463325252u);
  static const size_t sizes[] = {4, 64, 4096, 30000};
  static const double shares[] = {0, 1e-3, 0.1, 1};
  int accepted = 0, tried = 0;
  for (int round = 0; round < 1200; round++) {
    size_t size = sizes[round % 4], bytes;
    uint8_t *raw = random_words(size / 4, shares[round / 4 % 4], round / 16 % 3, &state);
    uint8_t *stream =
        zlib_stream(raw, size, round % 10, round / 3 % 5, 15, 8, round / 5 % 2, &bytes);
    uint8_t *broken = malloc(bytes);
    assert_non_null(broken);
    for (int k = 0; k < 8; k++, tried++) {
      memcpy(broken, stream, bytes);
      size_t left = damage(broken, bytes, &state);
      accepted += assert_as_zlib(broken, left, size);
    }
    free(broken);
    free(stream);
    free(raw);
  }
  printf("# %d damaged streams, %d of them accepted\n", tried, accepted);
  assert_true(accepted < tried / 10);
}

static void test_random(void **context) {
  (void)context;
  uint64_t state = seed(521288629);
  for (int round = 0; round < 500; round++) {
    size_t size = 4 * (size_t)(next_random(&state) % (round % 8 ? 3000 : 100000));
    uint8_t *raw = malloc(size + 4), *stream = malloc(random_stream_room(size));
    assert_non_null(raw);
    assert_non_null(stream);
    size_t bytes = random_stream(stream, raw, size, &state, NULL);
    assert_true(bytes <= random_stream_room(size));
    assert_true(assert_as_zlib(stream, bytes, size)); /* the generator itself makes no mistake */
    assert_inflates("random stream", stream, bytes, raw, size);
    for (int k = 0; size < 40000 && k < 6; k++) {
      size_t at = next_random(&state) % bytes;
      stream[at] ^= (uint8_t)(1 << next_random(&state) % 8);
      assert_as_zlib(stream, bytes, size);
    }
    for (size_t cut = 0; bytes < 3000 && cut < bytes; cut += 1 + bytes / 50)
      assert_as_zlib(stream, cut, size);
    free(stream);
    free(raw);
  }
}

/* Codes that leave bits without meaning decode well but are refused. */
static void test_incomplete_codes(void **context) {
  (void)context;
  uint64_t state = seed(77777);
  int spoilt = 0;
  for (int round = 0; round < 400; round++) {
    size_t size = 4 * (size_t)(next_random(&state) % 2000 + 1);
    uint8_t *raw = malloc(size), *stream = malloc(random_stream_room(size));
    assert_non_null(raw);
    assert_non_null(stream);
    int spoil = 1;
    size_t bytes = random_stream(stream, raw, size, &state, &spoil);
    assert_int_equal(assert_as_zlib(stream, bytes, size), spoil);
    spoilt += !spoil;
    free(stream);
    free(raw);
  }
  assert_true(spoilt > 200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_damaged),
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_incomplete_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
