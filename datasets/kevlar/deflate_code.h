/* What the compressors of sparse and of dense events share: a deflate block of one dynamic Huffman
 * code whose matches all have the same distance (RFC 1951), in a stream of RFC 1950. A block is
 * walked twice with the same calls, first to count the symbols, then to write them. */
#ifndef LS_DATASETS_KEVLAR_DEFLATE_CODE_H
#define LS_DATASETS_KEVLAR_DEFLATE_CODE_H

#include "datasets/kevlar/sparse_deflate.h"

#include <stdint.h>
#include <string.h>

enum {
  LS_DEFLATE_SYMBOLS = 286,
  LS_DEFLATE_END = 256, /* of a block */
  LS_DEFLATE_LONGEST = 258,
  LS_DEFLATE_SHORTEST = 3,
  LS_ADLER_MODULUS = 65521
};

/* What a symbol, a match with its extra and distance bits, or a literal, looks like in the stream.
 */
typedef struct ls_code_bits {
  uint32_t bits;
  uint32_t count;
} ls_code_bits;

typedef struct ls_deflate_code {
  int counting; /* first walk: only count */
  uint64_t frequency[LS_DEFLATE_SYMBOLS];
  uint8_t length[LS_DEFLATE_SYMBOLS];
  ls_code_bits code[LS_DEFLATE_SYMBOLS];
  ls_code_bits match[LS_DEFLATE_LONGEST + 1];
  uint16_t match_symbol[LS_DEFLATE_LONGEST + 1];
  uint8_t match_extra[LS_DEFLATE_LONGEST + 1], match_extra_bits[LS_DEFLATE_LONGEST + 1];
  uint64_t word; /* bits not yet written */
  unsigned filled;
  uint8_t *out;
} ls_deflate_code;

/* Zeroes it and numbers the matches. */
void ls_deflate_code_begin(ls_deflate_code *code);

/* Before the first walk of a block: counts are 0. */
void ls_deflate_code_count(ls_deflate_code *code);

/* Between the walks: makes the code. Returns an upper limit of the bytes that follow, headers, ends
 * and checksum included. */
size_t ls_deflate_code_make(ls_deflate_code *code);

/* Before the second walk. The distance symbol is 0 for distance 1, 3 for distance 4. */
void ls_deflate_put_stream_header(ls_deflate_code *code);
void ls_deflate_put_block_header(ls_deflate_code *code, int last, unsigned distance_symbol);

/* Adler-32 of so many bytes: byte_sum of all bytes, weighted_sum of each by its place from 0 on. */
void ls_deflate_put_checksum(ls_deflate_code *code, uint64_t byte_sum, uint64_t weighted_sum,
                             uint64_t bytes);

/* Room for so many bytes behind those there are. LS_OK or LS_MEMORY. */
ls_status ls_deflate_reserve(ls_deflate_buffer *buffer, size_t bytes, ls_error *error);

static inline void ls_deflate_put(ls_deflate_code *c, uint64_t bits, unsigned count) { /* <= 32 */
  c->word |= bits << c->filled;
  c->filled += count;
  memcpy(c->out, &c->word, sizeof c->word); /* little-endian, as the events; there is room */
  c->out += c->filled / 8;
  c->word >>= c->filled / 8 * 8;
  c->filled %= 8;
}

static inline void ls_deflate_symbol(ls_deflate_code *c, unsigned symbol) {
  if (c->counting)
    c->frequency[symbol]++;
  else
    ls_deflate_put(c, c->code[symbol].bits, c->code[symbol].count);
}

static inline void ls_deflate_match(ls_deflate_code *c, unsigned length) {
  if (c->counting)
    c->frequency[c->match_symbol[length]]++;
  else
    ls_deflate_put(c, c->match[length].bits, c->match[length].count);
}

#endif
