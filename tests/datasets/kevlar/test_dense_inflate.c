/* The streaming inflater: any cut of the input gives the same words; damage is refused. */
#include "check_stream.h"

#include "datasets/kevlar/dense_inflate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct pieces {
  const uint8_t *bytes;
  size_t count, given, piece;
  int fail_after; /* pieces; 0: never */
} pieces;

static int next_piece(void *context, const uint8_t **bytes, size_t *count) {
  pieces *p = context;
  if (p->fail_after && !--p->fail_after) return 1;
  size_t left = p->count - p->given;
  *count = left < p->piece ? left : p->piece;
  *bytes = p->bytes + p->given;
  p->given += *count;
  return 0;
}

static const ls_word_range all_words = {0, UINT64_MAX};

static ls_inflate_result run_range(const uint8_t *stream, size_t bytes, size_t piece,
                                   size_t expected, ls_word_range wanted, word_list *list) {
  pieces supply = {stream, bytes, 0, piece, 0};
  uint8_t *scratch = malloc(ls_dense_inflate_scratch());
  assert_non_null(scratch);
  memset(scratch, 0xa5, ls_dense_inflate_scratch());
  list->count = 0;
  ls_inflate_result result =
      ls_dense_inflate(scratch, next_piece, &supply, expected, wanted, word_list_take, list);
  free(scratch);
  return result;
}

static ls_inflate_result run(const uint8_t *stream, size_t bytes, size_t piece, size_t expected,
                             word_list *list) {
  return run_range(stream, bytes, piece, expected, all_words, list);
}

static int has_library(void) {
  if (ls_dense_inflate_library()) return 1;
  printf("# skipped: this build has neither ISA-L nor zlib\n");
  return 0;
}

static void test_pieces(void **context) {
  (void)context;
  if (!has_library()) skip();
  uint64_t state = 3;
  static const size_t sizes[] = {4, 1000, 262144, 262148, 900000};
  static const size_t cuts[] = {1, 100, 4096, 1 << 20};
  for (size_t s = 0; s < 5; s++)
    for (int level = 0; level <= 9; level += 3) {
      uint8_t *raw = random_words(sizes[s] / 4, level == 3 ? 0.01 : 0.9, level / 3 % 2, &state);
      size_t bytes;
      uint8_t *stream = zlib_stream(raw, sizes[s], level, 0, 15, 8, 0, &bytes);
      word_list list = word_list_new(sizes[s] / 4 + 1);
      for (size_t c = sizes[s] > 2000; c < 4; c++) {
        assert_int_equal(run(stream, bytes, cuts[c], sizes[s], &list), LS_INFLATE_OK);
        assert_words("in pieces", &list, raw, sizes[s]);
        assert_int_equal(run(stream, bytes, cuts[c], sizes[s] - 4, &list), LS_INFLATE_LONG);
        assert_int_equal(run(stream, bytes, cuts[c], sizes[s] + 4, &list), LS_INFLATE_SHORT);
        assert_int_equal(run(stream, bytes - 1, cuts[c], sizes[s], &list), LS_INFLATE_TRUNCATED);
        assert_int_equal(run(stream, bytes / 2, cuts[c], sizes[s], &list), LS_INFLATE_TRUNCATED);
        assert_int_equal(run(stream, 0, cuts[c], sizes[s], &list), LS_INFLATE_TRUNCATED);
      }
      word_list_free(&list);
      free(stream);
      free(raw);
    }
}

/* Words outside the range are passed over, and those inside keep their numbers. */
static void test_range(void **context) {
  (void)context;
  if (!has_library()) skip();
  enum { WORDS = 200000, BYTES = 4 * WORDS };
  static const ls_word_range ranges[] = {{0, 1},         {1, 2},         {WORDS - 1, WORDS},
                                         {70000, 70000}, {65535, 65537}, {12345, 180001}};
  uint64_t state = 6;
  uint8_t *raw = random_words(WORDS, 0.7, 1, &state), *wanted = malloc(BYTES);
  assert_non_null(wanted);
  size_t bytes;
  uint8_t *stream = zlib_stream(raw, BYTES, 6, 0, 15, 8, 0, &bytes);
  word_list list = word_list_new(WORDS + 1);
  for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
    memset(wanted, 0, BYTES);
    memcpy(wanted + 4 * ranges[r].first, raw + 4 * ranges[r].first,
           (size_t)(4 * (ranges[r].end - ranges[r].first)));
    assert_int_equal(run_range(stream, bytes, 5000, BYTES, ranges[r], &list), LS_INFLATE_OK);
    assert_words("a range", &list, wanted, BYTES);
  }
  word_list_free(&list);
  free(wanted);
  free(stream);
  free(raw);
}

/* A changed bit is refused exactly if zlib refuses it; a few mean nothing. */
static void test_damage(void **context) {
  (void)context;
  if (!has_library()) skip();
  uint64_t state = 4;
  uint8_t *raw = random_words(3000, 0.8, 0, &state), *judged = malloc(12001);
  size_t bytes, used;
  uint8_t *stream = zlib_stream(raw, 12000, 6, 0, 15, 8, 0, &bytes);
  word_list list = word_list_new(3000);
  size_t refused = 0;
  assert_non_null(judged);
  for (size_t at = 0; at < bytes; at++) {
    uint8_t change = (uint8_t)(1u << next_random(&state) % 8);
    stream[at] ^= change;
    int accepted = zlib_accepts(stream, bytes, judged, 12000, &used);
    assert_int_equal(run(stream, bytes, 512, 12000, &list) == LS_INFLATE_OK, accepted);
    if (accepted) assert_words("damaged", &list, judged, 12000);
    refused += !accepted;
    stream[at] ^= change;
  }
  assert_true(refused > bytes - bytes / 100);
  stream[bytes - 1] ^= 1;
  assert_int_equal(run(stream, bytes, 512, 12000, &list), LS_INFLATE_CHECKSUM);
  word_list_free(&list);
  free(judged);
  free(stream);
  free(raw);
}

static void test_stopped(void **context) {
  (void)context;
  if (!has_library()) skip();
  uint64_t state = 9;
  uint8_t *raw = random_words(100000, 1, 1, &state), *scratch = malloc(ls_dense_inflate_scratch());
  size_t bytes;
  uint8_t *stream = zlib_stream(raw, 400000, 1, 0, 15, 8, 0, &bytes);
  word_list list = word_list_new(50000); /* half of what comes */
  assert_int_equal(run(stream, bytes, 4096, 400000, &list), LS_INFLATE_STOPPED);
  pieces supply = {stream, bytes, 0, 4096, 5};
  assert_int_equal(
      ls_dense_inflate(scratch, next_piece, &supply, 400000, all_words, word_list_take, &list),
      LS_INFLATE_STOPPED);
  word_list_free(&list);
  free(scratch);
  free(stream);
  free(raw);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pieces),
      cmocka_unit_test(test_range),
      cmocka_unit_test(test_damage),
      cmocka_unit_test(test_stopped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
