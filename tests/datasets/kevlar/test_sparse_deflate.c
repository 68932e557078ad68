/* The encoder of sparse planes: zlib and the run-aware inflater read what it writes. */
#include "check_stream.h"

#include "base/memory.h"
#include "datasets/kevlar/sparse_deflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Planes of words words each; every value at its place in raw. */
static void compare(ls_pixels *planes, int count, uint32_t words, ls_deflate_buffer *buffer) {
  ls_error error = {0};
  size_t bytes = 4 * (size_t)words * (size_t)count;
  uint8_t *raw = calloc(bytes, 1), *inflated = malloc(bytes);
  assert_non_null(raw);
  assert_non_null(inflated);
  for (int p = 0; p < count; p++)
    for (size_t i = 0; i < planes[p].count; i++) {
      int32_t value = (int32_t)planes[p].value[i];
      memcpy(raw + 4 * ((size_t)p * words + planes[p].index[i]), &value, 4);
    }
  assert_int_equal(ls_sparse_deflate(planes, count, words, LS_VALUE_INT32, buffer, &error), LS_OK);
  assert_true(buffer->count <= buffer->capacity);
  uLongf got = (uLongf)bytes;
  assert_int_equal(uncompress(inflated, &got, buffer->bytes, (uLong)buffer->count), Z_OK);
  assert_int_equal(got, bytes);
  assert_memory_equal(inflated, raw, bytes);
  assert_inflates("own stream", buffer->bytes, buffer->count, raw, bytes);
  free(inflated);
  free(raw);
}

static void test_densities(void **context) {
  (void)context;
  uint64_t state = 77;
  ls_deflate_buffer buffer = {0};
  static const double shares[] = {0, 1e-4, 0.01, 0.3, 1};
  static const uint32_t sizes[] = {1, 2, 63, 65, 66, 5000, 300000};
  for (size_t d = 0; d < 5; d++)
    for (size_t s = 0; s < 7; s++)
      for (int count = 1; count <= LS_MAX_PLANES; count++) {
        ls_pixels planes[LS_MAX_PLANES] = {{0}};
        ls_error error = {0};
        for (int p = 0; p < count; p++) {
          assert_int_equal(ls_pixels_reserve(&planes[p], sizes[s], &error), LS_OK);
          for (uint32_t i = 0; i < sizes[s]; i++) {
            if (next_random(&state) % 1000000 >= shares[d] * 1e6) continue;
            unsigned r = next_random(&state);
            int value = d % 2 ? (int)(r % 4000) - 1000 : (int)(r % (1 << 25)) - (1 << 24);
            planes[p].index[planes[p].count] = i;
            planes[p].value[planes[p].count++] = (float)value; /* some are 0: allowed */
          }
        }
        compare(planes, count, sizes[s], &buffer);
        for (int p = 0; p < count; p++) {
          ls_free(planes[p].index);
          ls_free(planes[p].value);
        }
      }
  free(buffer.bytes);
}

/* Frequencies like Fibonacci numbers make the plain Huffman code longer than deflate's 15 bits. */
static void test_skewed_code(void **context) {
  (void)context;
  enum { DISTINCT = 24 };
  ls_pixels plane = {0};
  ls_error error = {0};
  ls_deflate_buffer buffer = {0};
  assert_int_equal(ls_pixels_reserve(&plane, 200000, &error), LS_OK);
  for (uint32_t byte = 1, many = 1, before = 1; byte <= DISTINCT; byte++) {
    for (uint32_t k = 0; k < many && plane.count < 200000; k++) {
      plane.index[plane.count] = (uint32_t)plane.count;
      plane.value[plane.count++] = (float)(byte * 0x01010101u >> 8);
    }
    uint32_t next = many + before;
    before = many, many = next;
  }
  compare(&plane, 1, (uint32_t)plane.count + 1, &buffer);
  ls_free(plane.index);
  ls_free(plane.value);
  free(buffer.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_densities),
      cmocka_unit_test(test_skewed_code),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
