/* The run-aware inflater accepts what every encoder makes, with the right words. */
#include "check_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const double shares[] = {0, 1e-5, 1e-4, 1e-2, 0.1, 0.5, 1};
static const size_t sizes[] = {0, 4, 60, 64, 68, 4096, 65536, 262148, 1000000};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void one(const uint8_t *raw, size_t bytes, int level, int strategy, int flush,
                uint64_t *state) {
  int window = next_random(state) % 4 ? 15 : 9 + (int)(next_random(state) % 7);
  int memory = next_random(state) % 2 ? 8 : 1 + (int)(next_random(state) % 9);
  size_t stream_bytes;
  uint8_t *stream = zlib_stream(raw, bytes, level, strategy, window, memory, flush, &stream_bytes);
  char what[120];
  snprintf(what, sizeof what, "%zu bytes, level %d, strategy %d, window %d, memory %d, flush %d",
           bytes, level, strategy, window, memory, flush);
  assert_inflates(what, stream, stream_bytes, raw, bytes);
  free(stream);
}

/* Levels 0 (stored) to 9; strategies default, filtered, Huffman only, run lengths, fixed codes. */
static void test_encoders(void **context) {
  (void)context;
  uint64_t state = 88172645463325252u;
  for (size_t d = 0; d < COUNT(shares); d++)
    for (size_t s = 0; s < COUNT(sizes); s++)
      for (int kind = 0; kind < 3; kind++) {
        if (sizes[s] > 60000 && kind != (int)(d % 3)) continue;
        uint8_t *raw = random_words(sizes[s] / 4, shares[d], kind, &state);
        for (int level = 0; level <= 9; level++)
          for (int strategy = 0; strategy <= Z_FIXED; strategy++)
            if (sizes[s] <= 100000 ? level % 3 == kind || level == 5
                                   : level == 5 || (strategy == 0 && level % 4 == 1))
              one(raw, sizes[s], level, strategy, next_random(&state) % 2, &state);
        free(raw);
      }
}

/* Long runs of zeros, as an event has, at every strategy; with the counted repeats interrupted at
 * changing places. */
static void test_long_runs(void **context) {
  (void)context;
  uint64_t state = 362436069;
  const size_t bytes = 4000000;
  for (int round = 0; round < 4; round++) {
    uint8_t *raw = random_words(bytes / 4, 0, 0, &state);
    for (int k = 0; k < 40; k++) raw[next_random(&state) % bytes] = (uint8_t)next_random(&state);
    for (int strategy = 0; strategy <= Z_FIXED; strategy++)
      one(raw, bytes, round % 2 ? 1 : 6, strategy, 0, &state);
    free(raw);
  }
}

static int stop(void *context, const uint32_t *index, const int32_t *value, size_t count) {
  (void)index, (void)value, (void)count;
  return ++*(int *)context == 2;
}

static void test_refusals(void **context) {
  (void)context;
  static _Alignas(64) uint8_t scratch[1 << 18];
  uint64_t state = 5;
  uint8_t *raw = random_words(20000, 1, 1, &state);
  size_t bytes;
  uint8_t *stream = zlib_stream(raw, 80000, 5, 0, 15, 8, 0, &bytes);
  int calls = 0;
#define INFLATE(input, count, expected)                                                            \
  ls_sparse_inflate(scratch, input, count, expected, stop, &calls, NULL)
  assert_int_equal(INFLATE(stream, bytes, 80000), LS_INFLATE_STOPPED);
  assert_int_equal(calls, 2);
  assert_int_equal(INFLATE(stream, bytes, 80001), LS_INFLATE_SIZE);
  assert_int_equal(INFLATE(stream, bytes, ((uint64_t)1 << 34) + 4), LS_INFLATE_SIZE);
  assert_int_equal(INFLATE(stream, 0, 80000), LS_INFLATE_TRUNCATED);
  const uint8_t no_zlib[] = {0x1f, 0x8b, 8, 0}, dictionary[] = {0x78, 0xbb, 0, 0, 0, 0};
  assert_int_equal(INFLATE(no_zlib, sizeof no_zlib, 4), LS_INFLATE_HEADER);
  assert_int_equal(INFLATE(dictionary, sizeof dictionary, 4), LS_INFLATE_HEADER);
  stream[bytes - 1] ^= 1;
  calls = 100; /* never stops */
  assert_int_equal(INFLATE(stream, bytes, 80000), LS_INFLATE_CHECKSUM);
  for (int r = LS_INFLATE_OK; r <= LS_INFLATE_STOPPED; r++)
    assert_true(strlen(ls_inflate_reason((ls_inflate_result)r)) > 5);
  free(stream);
  free(raw);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_encoders),
      cmocka_unit_test(test_long_runs),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
