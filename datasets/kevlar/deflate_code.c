#include "datasets/kevlar/deflate_code.h"

#include <stdlib.h>

enum { FIRST_LENGTH = 257, MOST_BITS = 15 };

/* RFC 1951, 3.2.5: four symbols for each number of extra bits, eight for none, 258 on its own. */
static void number_matches(ls_deflate_code *e) {
  unsigned length = LS_DEFLATE_SHORTEST, symbol = FIRST_LENGTH;
  for (unsigned extra_bits = 0; extra_bits <= 5; extra_bits++)
    for (unsigned k = 0; k < (extra_bits ? 4 : 8); k++, symbol++)
      for (unsigned extra = 0; extra < 1u << extra_bits && length < LS_DEFLATE_LONGEST;
           extra++, length++) {
        e->match_symbol[length] = (uint16_t)symbol;
        e->match_extra[length] = (uint8_t)extra;
        e->match_extra_bits[length] = (uint8_t)extra_bits;
      }
  e->match_symbol[LS_DEFLATE_LONGEST] = LS_DEFLATE_SYMBOLS - 1;
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
  uint64_t weight[2 * LS_DEFLATE_SYMBOLS];
  int parent[2 * LS_DEFLATE_SYMBOLS] = {0};
  unsigned depth[2 * LS_DEFLATE_SYMBOLS] = {0}, longest = 0;
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
static void choose_lengths(ls_deflate_code *e) {
  leaf leaves[LS_DEFLATE_SYMBOLS];
  int count = 0;
  for (int s = 0; s < LS_DEFLATE_SYMBOLS; s++)
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
static void assign_codes(ls_deflate_code *e) {
  uint32_t next = 0;
  for (unsigned bits = 1; bits <= MOST_BITS; bits++, next <<= 1)
    for (int s = 0; s < LS_DEFLATE_SYMBOLS; s++)
      if (e->length[s] == bits) e->code[s] = (ls_code_bits){reversed(next++, bits), bits};
  for (unsigned length = LS_DEFLATE_SHORTEST; length <= LS_DEFLATE_LONGEST; length++) {
    ls_code_bits symbol = e->code[e->match_symbol[length]];
    e->match[length].bits = symbol.bits | (uint32_t)e->match_extra[length] << symbol.count;
    /* The distance's code is one bit, 0. */
    e->match[length].count = symbol.count + e->match_extra_bits[length] + 1;
  }
}

/* An upper limit of the stream's bytes. */
static size_t stream_bytes(const ls_deflate_code *e) {
  uint64_t bits = 8 * 256; /* headers, checksum, rounding, whole words */
  for (int s = 0; s < LS_DEFLATE_SYMBOLS; s++)
    bits += e->frequency[s] * (e->length[s] + (s > LS_DEFLATE_END ? 6u : 0u));
  return (size_t)(bits / 8 + 1);
}

void ls_deflate_code_begin(ls_deflate_code *e) {
  memset(e, 0, sizeof *e);
  number_matches(e);
}

void ls_deflate_code_count(ls_deflate_code *e) {
  memset(e->frequency, 0, sizeof e->frequency);
  e->counting = 1;
}

size_t ls_deflate_code_make(ls_deflate_code *e) {
  choose_lengths(e);
  assign_codes(e);
  e->counting = 0;
  return stream_bytes(e);
}

void ls_deflate_put_stream_header(ls_deflate_code *e) {
  ls_deflate_put(e, 0x78, 8); /* RFC 1950: deflate, 32 KiB window */
  ls_deflate_put(e, 0x5e, 8); /* level "fast"; the two bytes are a multiple of 31 */
}

/* The lengths are written with a code of 4 bits for each of the lengths 0..15; 150 bytes an event
 * are not worth more. */
void ls_deflate_put_block_header(ls_deflate_code *e, int last, unsigned distance_symbol) {
  ls_deflate_put(e, last ? 1 : 0, 1);
  ls_deflate_put(e, 2, 2); /* dynamic codes */
  ls_deflate_put(e, LS_DEFLATE_SYMBOLS - 257, 5);
  ls_deflate_put(e, distance_symbol, 5); /* distance codes, less one */
  ls_deflate_put(e, 19 - 4, 4); /* all code lengths' codes, in their order: 16, 17, 18 unused */
  for (int i = 0; i < 19; i++) ls_deflate_put(e, i < 3 ? 0 : 4, 3);
  for (int s = 0; s < LS_DEFLATE_SYMBOLS; s++) ls_deflate_put(e, reversed(e->length[s], 4), 4);
  for (unsigned s = 0; s <= distance_symbol; s++)
    ls_deflate_put(e, reversed(s == distance_symbol, 4), 4);
}

void ls_deflate_put_checksum(ls_deflate_code *e, uint64_t byte_sum, uint64_t weighted_sum,
                             uint64_t bytes) {
  ls_deflate_put(e, 0, (8 - e->filled) % 8);
  uint64_t n = bytes % LS_ADLER_MODULUS, sum = byte_sum % LS_ADLER_MODULUS;
  uint64_t a = (1 + sum) % LS_ADLER_MODULUS;
  uint64_t b = (n + n * sum + LS_ADLER_MODULUS - weighted_sum) % LS_ADLER_MODULUS;
  ls_deflate_put(e, b >> 8 | (b & 255) << 8, 16);
  ls_deflate_put(e, a >> 8 | (a & 255) << 8, 16);
}

ls_status ls_deflate_reserve(ls_deflate_buffer *buffer, size_t bytes, ls_error *error) {
  size_t wanted = buffer->count + bytes;
  if (wanted <= buffer->capacity) return LS_OK;
  uint8_t *grown = realloc(buffer->bytes, wanted);
  if (!grown)
    return ls_fail(error, LS_MEMORY, "cannot allocate %.1f MB for a compressed event",
                   (double)wanted / 1e6);
  buffer->bytes = grown;
  buffer->capacity = wanted;
  return LS_OK;
}
