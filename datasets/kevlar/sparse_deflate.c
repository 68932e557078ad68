#include "datasets/kevlar/deflate_code.h"

#include <string.h>

/* A run of zeros is a literal 0 (unless a zero byte precedes it) and matches at distance 1, as long
 * as they come: 258 bytes. The distance is the only one in use, so it costs one bit; the length's
 * code is mostly one bit too: 2 bits for 258 bytes. Everything else is a literal. */

typedef struct encoder {
  ls_deflate_code code;
  int after_zero;
  uint64_t byte_sum, weighted_sum; /* for the Adler-32, as the inflater's */
} encoder;

/* count matches of 258 bytes, as many at a time as 32 bits hold. */
static void longest_matches(ls_deflate_code *c, uint64_t count) {
  if (c->counting) {
    c->frequency[LS_DEFLATE_SYMBOLS - 1] += count;
    return;
  }
  ls_code_bits one = c->match[LS_DEFLATE_LONGEST];
  unsigned many = 32 / one.count;
  uint64_t bits = 0;
  for (unsigned k = 0; k < many; k++) bits |= (uint64_t)one.bits << k * one.count;
  for (; count >= many; count -= many) ls_deflate_put(c, bits, many * one.count);
  for (; count; count--) ls_deflate_put(c, one.bits, one.count);
}

static void zeros(encoder *e, uint64_t count) {
  if (!count) return;
  if (!e->after_zero) {
    ls_deflate_symbol(&e->code, 0);
    count--;
  }
  e->after_zero = 1;
  longest_matches(&e->code, count / LS_DEFLATE_LONGEST);
  unsigned rest = (unsigned)(count % LS_DEFLATE_LONGEST);
  if (rest >= LS_DEFLATE_SHORTEST)
    ls_deflate_match(&e->code, rest);
  else
    for (; rest; rest--) ls_deflate_symbol(&e->code, 0);
}

/* The four bytes of a value as they lie in the event. */
static uint32_t word_of(float value, ls_value_type type) {
  uint32_t word = 0;
  if (type == LS_VALUE_INT32) return (uint32_t)(int32_t)value;
  memcpy(&word, &value, sizeof word);
  return word;
}

/* The whole event as literals and matches. */
static void walk(encoder *e, const ls_pixels *planes, int plane_count, uint32_t plane_words,
                 ls_value_type type) {
  e->after_zero = 0;
  e->byte_sum = e->weighted_sum = 0;
  uint64_t position = 0; /* first byte not yet given, all before a pending run of zeros */
  for (int p = 0; p < plane_count; p++)
    for (size_t i = 0; i < planes[p].count; i++) {
      uint32_t word = word_of(planes[p].value[i], type);
      uint64_t at = 4 * ((uint64_t)p * plane_words + planes[p].index[i]);
      for (; word; word >>= 8, at++) {
        unsigned byte = word & 255;
        if (!byte) continue; /* joins a run */
        zeros(e, at - position);
        ls_deflate_symbol(&e->code, byte);
        e->after_zero = 0;
        e->byte_sum += byte;
        e->weighted_sum = (e->weighted_sum + at * byte) % LS_ADLER_MODULUS;
        position = at + 1;
      }
    }
  zeros(e, 4 * (uint64_t)plane_words * (unsigned)plane_count - position);
  ls_deflate_symbol(&e->code, LS_DEFLATE_END);
}

ls_status ls_sparse_deflate(const ls_pixels *planes, int plane_count, uint32_t plane_words,
                            ls_value_type type, ls_deflate_buffer *buffer, ls_error *error) {
  encoder e;
  ls_deflate_code_begin(&e.code);
  ls_deflate_code_count(&e.code);
  walk(&e, planes, plane_count, plane_words, type);
  buffer->count = 0;
  LS_TRY(ls_deflate_reserve(buffer, ls_deflate_code_make(&e.code), error));
  e.code.out = buffer->bytes;
  ls_deflate_put_stream_header(&e.code);
  ls_deflate_put_block_header(&e.code, 1, 0);
  walk(&e, planes, plane_count, plane_words, type);
  ls_deflate_put_checksum(&e.code, e.byte_sum, e.weighted_sum,
                          4 * (uint64_t)plane_words * (unsigned)plane_count);
  buffer->count = (size_t)(e.code.out - buffer->bytes);
  return LS_OK;
}
