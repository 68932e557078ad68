#include "check_stream.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

unsigned next_random(uint64_t *state) { /* xorshift64: Marsaglia, J. Stat. Softw. 8(14), 2003 */
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (unsigned)(*state >> 16);
}

word_list word_list_new(size_t capacity) {
  word_list list = {malloc(4 * capacity + 4), malloc(4 * capacity + 4), 0, capacity};
  assert_non_null(list.index);
  assert_non_null(list.value);
  return list;
}

void word_list_free(word_list *list) {
  free(list->index);
  free(list->value);
}

int word_list_take(void *context, const uint32_t *index, const int32_t *value, size_t count) {
  word_list *list = context;
  if (count > LS_WORD_BATCH || list->count + count > list->capacity) return 1;
  memcpy(list->index + list->count, index, 4 * count);
  memcpy(list->value + list->count, value, 4 * count);
  list->count += count;
  return 0;
}

void assert_words(const char *what, const word_list *list, const uint8_t *raw, size_t bytes) {
  size_t found = 0;
  for (size_t k = 0; k < bytes / 4; k++) {
    int32_t value;
    memcpy(&value, raw + 4 * k, 4);
    if (!value) continue;
    if (found >= list->count || list->index[found] != k || list->value[found] != value)
      fail_msg("%s: word %zu of %zu differs", what, k, bytes / 4);
    found++;
  }
  if (found != list->count) fail_msg("%s: %zu words, not %zu", what, list->count, found);
}

/* Scratch memory full of rubbish, input in a block of its exact size, so that a read past its end
 * is seen by a sanitizer. */
static ls_inflate_result run(const uint8_t *stream, size_t stream_bytes, size_t raw_bytes,
                             word_list *list, size_t *used) {
  static _Alignas(64) uint8_t scratch[1 << 18];
  assert_true(ls_sparse_inflate_scratch() <= sizeof scratch);
  memset(scratch, 0xa5, ls_sparse_inflate_scratch());
  uint8_t *input = malloc(stream_bytes ? stream_bytes : 1);
  assert_non_null(input);
  if (stream_bytes) memcpy(input, stream, stream_bytes);
  ls_inflate_result result =
      ls_sparse_inflate(scratch, input, stream_bytes, raw_bytes, word_list_take, list, used);
  free(input);
  return result;
}

void assert_inflates(const char *what, const uint8_t *stream, size_t stream_bytes,
                     const uint8_t *raw, size_t raw_bytes) {
  word_list list = word_list_new(raw_bytes / 4);
  size_t used = 0;
  ls_inflate_result result = run(stream, stream_bytes, raw_bytes, &list, &used);
  if (result) fail_msg("%s: %s", what, ls_inflate_reason(result));
  assert_words(what, &list, raw, raw_bytes);
  assert_int_equal(used, stream_bytes);
  if (raw_bytes) {
    list.count = 0;
    assert_int_equal(run(stream, stream_bytes, raw_bytes - 4, &list, NULL), LS_INFLATE_LONG);
  }
  list.count = 0;
  assert_int_equal(run(stream, stream_bytes, raw_bytes + 4, &list, NULL), LS_INFLATE_SHORT);
  word_list_free(&list);
}

int zlib_accepts(const uint8_t *stream, size_t stream_bytes, uint8_t *raw, size_t raw_bytes,
                 size_t *used) {
  z_stream z = {0};
  assert_int_equal(inflateInit(&z), Z_OK);
  z.next_in = (Bytef *)(uintptr_t)stream;
  z.avail_in = (uInt)stream_bytes;
  z.next_out = raw;
  z.avail_out = (uInt)raw_bytes + 1;
  int accepted = inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == raw_bytes;
  *used = z.total_in;
  inflateEnd(&z);
  return accepted;
}

int assert_as_zlib(const uint8_t *stream, size_t stream_bytes, size_t raw_bytes) {
  uint8_t *raw = malloc(raw_bytes + 1);
  assert_non_null(raw);
  size_t used, zlib_used;
  int accepted = zlib_accepts(stream, stream_bytes, raw, raw_bytes, &zlib_used);
  word_list list = word_list_new(raw_bytes / 4);
  ls_inflate_result result = run(stream, stream_bytes, raw_bytes, &list, &used);
  if ((result == LS_INFLATE_OK) != accepted)
    fail_msg("zlib %s it, here it %s", accepted ? "accepts" : "refuses", ls_inflate_reason(result));
  if (accepted) {
    assert_words("as zlib", &list, raw, raw_bytes);
    assert_int_equal(used, zlib_used);
  }
  word_list_free(&list);
  free(raw);
  return accepted;
}

uint8_t *random_words(size_t count, double share, int kind, uint64_t *state) {
  uint8_t *raw = calloc(count + 1, 4);
  assert_non_null(raw);
  for (size_t k = 0; k < count; k++) {
    if (next_random(state) % 1000000 >= share * 1e6) continue;
    unsigned r = next_random(state);
    int32_t value = kind == 0   ? (int32_t)(r % 41) - 20
                    : kind == 1 ? (int32_t)(r ^ next_random(state) << 16)
                                : (r % 2 ? -1 : (int32_t)(1u << r / 2 % 31));
    memcpy(raw + 4 * k, &value, 4);
  }
  return raw;
}

uint8_t *zlib_stream(const uint8_t *raw, size_t raw_bytes, int level, int strategy, int window_bits,
                     int memory_level, int flush, size_t *stream_bytes) {
  z_stream z = {0};
  assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, window_bits, memory_level, strategy), Z_OK);
  size_t room = deflateBound(&z, (uLong)raw_bytes) + 100000;
  uint8_t *stream = malloc(room);
  assert_non_null(stream);
  z.next_in = (Bytef *)(uintptr_t)raw;
  z.next_out = stream;
  z.avail_out = (uInt)room;
  for (int part = 0; flush && raw_bytes >= 100 && part < 3;
       part++) { /* empty stored blocks, blocks cut short */
    z.avail_in = (uInt)(raw_bytes / 7);
    assert_int_equal(deflate(&z, part == 1 ? Z_FULL_FLUSH : Z_PARTIAL_FLUSH), Z_OK);
  }
  z.avail_in = (uInt)(raw_bytes - z.total_in);
  assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
  *stream_bytes = z.total_out;
  deflateEnd(&z);
  return stream;
}
