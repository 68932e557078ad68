#include "datasets/kevlar/sparse_deflate.h"

#include <stdlib.h>
#include <string.h>

/* A run of zeros is a literal 0 (unless a zero byte precedes it) and matches at distance 1, as long
 * as they come: 258 bytes. The distance is the only one in use, so it costs one bit; the length's
 * code is mostly one bit too: 2 bits for 258 bytes. Everything else is a literal. */

enum {
  SYMBOLS = 286,
  END_OF_BLOCK = 256,
  FIRST_LENGTH = 257,
  LONGEST_MATCH = 258,
  SHORTEST_MATCH = 3,
  MOST_BITS = 15,
  ADLER_MODULUS = 65521
};

/* What a symbol, a match with its extra and distance bits, or a literal, looks like in the stream.
 */
typedef struct code_bits {
  uint32_t bits;
  uint32_t count;
} code_bits;

typedef struct encoder {
  int counting; /* first pass: only count */
  int after_zero;
  uint64_t frequency[SYMBOLS];
  uint8_t length[SYMBOLS];
  code_bits code[SYMBOLS];
  code_bits match[LONGEST_MATCH + 1];
  uint16_t match_symbol[LONGEST_MATCH + 1];
  uint8_t match_extra[LONGEST_MATCH + 1], match_extra_bits[LONGEST_MATCH + 1];
  uint64_t byte_sum, weighted_sum; /* for the Adler-32, as the inflater's */
  uint64_t word;
  unsigned filled;
  uint8_t *out;
} encoder;

/* RFC 1951, 3.2.5: four symbols for each number of extra bits, eight for none, 258 on its own. */
static void number_matches(encoder *e) {
  unsigned length = SHORTEST_MATCH, symbol = FIRST_LENGTH;
  for (unsigned extra_bits = 0; extra_bits <= 5; extra_bits++)
    for (unsigned k = 0; k < (extra_bits ? 4 : 8); k++, symbol++)
      for (unsigned extra = 0; extra < 1u << extra_bits && length < LONGEST_MATCH;
           extra++, length++) {
        e->match_symbol[length] = (uint16_t)symbol;
        e->match_extra[length] = (uint8_t)extra;
        e->match_extra_bits[length] = (uint8_t)extra_bits;
      }
  e->match_symbol[LONGEST_MATCH] = SYMBOLS - 1;
}

static inline void put(encoder *e, uint64_t bits, unsigned count) { /* count <= 32 */
  e->word |= bits << e->filled;
  e->filled += count;
  while (e->filled >= 8) {
    *e->out++ = (uint8_t)e->word;
    e->word >>= 8;
    e->filled -= 8;
  }
}

static inline void literal(encoder *e, unsigned byte) {
  if (e->counting)
    e->frequency[byte]++;
  else
    put(e, e->code[byte].bits, e->code[byte].count);
}

static inline void match(encoder *e, unsigned length) {
  if (e->counting)
    e->frequency[e->match_symbol[length]]++;
  else
    put(e, e->match[length].bits, e->match[length].count);
}

/* count matches of 258 bytes, as many at a time as 32 bits hold. */
static void longest_matches(encoder *e, uint64_t count) {
  if (e->counting) {
    e->frequency[SYMBOLS - 1] += count;
    return;
  }
  code_bits one = e->match[LONGEST_MATCH];
  unsigned many = 32 / one.count;
  uint64_t bits = 0;
  for (unsigned k = 0; k < many; k++) bits |= (uint64_t)one.bits << k * one.count;
  for (; count >= many; count -= many) put(e, bits, many * one.count);
  for (; count; count--) put(e, one.bits, one.count);
}

static void zeros(encoder *e, uint64_t count) {
  if (!count) return;
  if (!e->after_zero) {
    literal(e, 0);
    count--;
  }
  e->after_zero = 1;
  longest_matches(e, count / LONGEST_MATCH);
  unsigned rest = (unsigned)(count % LONGEST_MATCH);
  if (rest >= SHORTEST_MATCH)
    match(e, rest);
  else
    for (; rest; rest--) literal(e, 0);
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
        literal(e, byte);
        e->after_zero = 0;
        e->byte_sum += byte;
        e->weighted_sum = (e->weighted_sum + at * byte) % ADLER_MODULUS;
        position = at + 1;
      }
    }
  zeros(e, 4 * (uint64_t)plane_words * (unsigned)plane_count - position);
  if (e->counting)
    e->frequency[END_OF_BLOCK]++;
  else
    put(e, e->code[END_OF_BLOCK].bits, e->code[END_OF_BLOCK].count);
}

typedef struct leaf {
  uint64_t weight;
  int symbol;
} leaf;

static int by_weight(const void *left, const void *right) {
  const leaf *a = left, *b = right;
  if (a->weight != b->weight) return a->weight < b->weight ? -1 : 1;
  return a->symbol - b->symbol;
}

/* Huffman's algorithm on leaves sorted by weight: joined nodes come out sorted too, so the lightest
 * two are at the heads of two queues. Returns the longest code's bits. */
static unsigned huffman_lengths(const leaf *leaves, int count, uint8_t *length) {
  uint64_t weight[2 * SYMBOLS];
  int parent[2 * SYMBOLS] = {0};
  unsigned depth[2 * SYMBOLS] = {0}, longest = 0;
  for (int i = 0; i < count; i++) weight[i] = leaves[i].weight;
  int next_leaf = 0, next_node = count, nodes = count;
  for (; nodes < 2 * count - 1; nodes++) {
    weight[nodes] = 0;
    for (int child = 0; child < 2; child++) {
      int take_leaf =
          next_leaf < count && (next_node == nodes || weight[next_leaf] <= weight[next_node]);
      int taken = take_leaf ? next_leaf++ : next_node++;
      weight[nodes] += weight[taken];
      parent[taken] = nodes;
    }
  }
  for (int i = nodes - 2; i >= 0; i--) {
    depth[i] = depth[parent[i]] + 1;
    if (i >= count) continue;
    length[leaves[i].symbol] = (uint8_t)depth[i];
    if (depth[i] > longest) longest = depth[i];
  }
  return longest;
}

/* Code lengths for the counted symbols. Too long a code: the weights are made more even. */
static void choose_lengths(encoder *e) {
  leaf leaves[SYMBOLS];
  int count = 0;
  for (int s = 0; s < SYMBOLS; s++)
    if (e->frequency[s]) leaves[count++] = (leaf){e->frequency[s], s};
  qsort(leaves, (size_t)count, sizeof *leaves, by_weight);
  memset(e->length, 0, sizeof e->length);
  while (huffman_lengths(leaves, count, e->length) > MOST_BITS)
    for (int i = 0; i < count; i++) leaves[i].weight = (leaves[i].weight + 1) / 2;
}

static uint32_t reversed(uint32_t code, unsigned count) {
  uint32_t out = 0;
  for (unsigned k = 0; k < count; k++) out |= (code >> k & 1) << (count - 1 - k);
  return out;
}

/* Canonical codes of the lengths (RFC 1951, 3.2.2), and the bits of each match. */
static void assign_codes(encoder *e) {
  uint32_t next = 0;
  for (unsigned bits = 1; bits <= MOST_BITS; bits++, next <<= 1)
    for (int s = 0; s < SYMBOLS; s++)
      if (e->length[s] == bits) e->code[s] = (code_bits){reversed(next++, bits), bits};
  for (unsigned length = SHORTEST_MATCH; length <= LONGEST_MATCH; length++) {
    code_bits symbol = e->code[e->match_symbol[length]];
    e->match[length].bits = symbol.bits | (uint32_t)e->match_extra[length] << symbol.count;
    /* The distance's code is one bit, 0. */
    e->match[length].count = symbol.count + e->match_extra_bits[length] + 1;
  }
}

/* An upper limit of the stream's bytes. */
static size_t stream_bytes(const encoder *e) {
  uint64_t bits = 8 * 256; /* headers, checksum, rounding */
  for (int s = 0; s < SYMBOLS; s++)
    bits += e->frequency[s] * (e->length[s] + (s > END_OF_BLOCK ? 6u : 0u));
  return (size_t)(bits / 8 + 1);
}

/* The headers of stream and block. The lengths are written with a code of 4 bits for each of the
 * lengths 0..15; 150 bytes an event are not worth more. */
static void put_headers(encoder *e) {
  put(e, 0x78, 8); /* RFC 1950: deflate, 32 KiB window */
  put(e, 0x5e, 8); /* level "fast"; the two bytes are a multiple of 31 */
  put(e, 1, 1);    /* last block */
  put(e, 2, 2);    /* dynamic codes */
  put(e, SYMBOLS - 257, 5);
  put(e, 0, 5);      /* one distance code */
  put(e, 19 - 4, 4); /* all code lengths' codes, in their order: 16, 17, 18 unused */
  for (int i = 0; i < 19; i++) put(e, i < 3 ? 0 : 4, 3);
  for (int s = 0; s < SYMBOLS; s++) put(e, reversed(e->length[s], 4), 4);
  put(e, reversed(1, 4), 4);
}

static void put_checksum(encoder *e, uint64_t bytes) {
  put(e, 0, (8 - e->filled) % 8);
  uint64_t n = bytes % ADLER_MODULUS, sum = e->byte_sum % ADLER_MODULUS;
  uint64_t a = (1 + sum) % ADLER_MODULUS;
  uint64_t b = (n + n * sum + ADLER_MODULUS - e->weighted_sum) % ADLER_MODULUS;
  put(e, b >> 8 | (b & 255) << 8, 16);
  put(e, a >> 8 | (a & 255) << 8, 16);
}

static ls_status reserve(ls_deflate_buffer *buffer, size_t bytes, ls_error *error) {
  if (bytes <= buffer->capacity) return LS_OK;
  uint8_t *grown = malloc(bytes);
  if (!grown)
    return ls_fail(error, LS_MEMORY, "cannot allocate %.1f MB for a compressed event",
                   (double)bytes / 1e6);
  free(buffer->bytes);
  buffer->bytes = grown;
  buffer->capacity = bytes;
  return LS_OK;
}

ls_status ls_sparse_deflate(const ls_pixels *planes, int plane_count, uint32_t plane_words,
                            ls_value_type type, ls_deflate_buffer *buffer, ls_error *error) {
  encoder e = {.counting = 1};
  number_matches(&e);
  walk(&e, planes, plane_count, plane_words, type);
  choose_lengths(&e);
  assign_codes(&e);
  LS_TRY(reserve(buffer, stream_bytes(&e), error));
  e.counting = 0;
  e.out = buffer->bytes;
  put_headers(&e);
  walk(&e, planes, plane_count, plane_words, type);
  put_checksum(&e, 4 * (uint64_t)plane_words * (unsigned)plane_count);
  buffer->count = (size_t)(e.out - buffer->bytes);
  return LS_OK;
}
