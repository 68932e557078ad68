/* The encoder of whole waveforms: zlib and the run-aware inflater read what it writes. */
#include "check_stream.h"

#include "datasets/kevlar/waveform_deflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MOST_ROWS = 70 };

/* How the values are drawn. */
enum { ZEROS, CONSTANT, NOISE, QUIET, WILD, PAIRS, MANNERS };

static uint16_t value_of(int manner, uint64_t *state) {
  unsigned r = next_random(state);
  switch (manner) {
  case ZEROS:
    return 0;
  case CONSTANT:
    return 2046;
  case NOISE: /* across a change of the upper byte */
    return (uint16_t)(2040 + r % 16);
  case QUIET: /* within one upper byte */
    return (uint16_t)(464 + r % 16);
  case PAIRS: /* bytes of either kind often equal */
    return (uint16_t)((r & 1) | (r >> 1 & 1) << 8);
  default:
    return (uint16_t)r;
  }
}

/* parts pieces of rows rows each. */
static void compare(ls_waveform_deflate *d, int manner, int parts, int rows, int width,
                    int columns) {
  uint64_t state = 5 + (uint64_t)width;
  ls_error error = {0};
  size_t count = (size_t)parts * (size_t)rows * (size_t)columns, at = 0;
  int32_t *raw = calloc(count, sizeof *raw), *inflated = malloc(count * sizeof *raw);
  uint16_t *values = calloc((size_t)rows * (size_t)width + 1, sizeof *values);
  assert_true(raw && inflated && values);
  assert_int_equal(ls_waveform_deflate_begin(d, &error), LS_OK);
  for (int part = 0; part < parts; part++) {
    for (int r = 0; r < rows; r++, at += (size_t)columns)
      for (int i = 0; i < width; i++)
        raw[at + (size_t)i] = values[r * width + i] = value_of(manner, &state);
    assert_int_equal(ls_waveform_deflate_add(d, values, rows, width, columns, &error), LS_OK);
  }
  assert_int_equal(ls_waveform_deflate_end(d, &error), LS_OK);
  assert_true(d->stream.count <= d->stream.capacity);
  uLongf got = (uLongf)(count * sizeof *raw);
  assert_int_equal(uncompress((Bytef *)inflated, &got, d->stream.bytes, (uLong)d->stream.count),
                   Z_OK);
  assert_int_equal(got, count * sizeof *raw);
  assert_memory_equal(inflated, raw, count * sizeof *raw);
  assert_inflates("own stream", d->stream.bytes, d->stream.count, (uint8_t *)raw,
                  count * sizeof *raw);
  free(raw);
  free(inflated);
  free(values);
}

static void test_all_shapes(void **context) {
  (void)context;
  ls_waveform_deflate d = {0};
  static const int widths[][2] = {{0, 1}, {1, 1}, {1, 2}, {3, 70}, {66, 66}, {64, 129}, {500, 777}};
  for (int manner = 0; manner < MANNERS; manner++)
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
      for (int parts = 1; parts <= 3; parts++)
        for (int rows = 1; rows <= MOST_ROWS; rows += 23)
          compare(&d, manner, parts, rows, widths[w][0], widths[w][1]);
  free(d.stream.bytes);
}

/* Sums of many words keep within their type, and noise takes few bits. */
static void test_size(void **context) {
  (void)context;
  ls_waveform_deflate d = {0};
  compare(&d, WILD, 20, 64, 3000, 3000);
  compare(&d, QUIET, 4, 64, 3000, 3456);
  double bits = 8.0 * (double)d.stream.count / (4.0 * 64 * 3000);
  print_message("# %.2f bits a sample, of which noise is 4\n", bits);
  assert_true(bits < 7.5);
  free(d.stream.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_shapes),
      cmocka_unit_test(test_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
