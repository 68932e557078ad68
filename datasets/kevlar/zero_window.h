/* The output of the run-aware inflater: a window that knows where its zeros are.
 *
 * Output lives in a ring of 64 KiB (deflate looks back 32 KiB; the rest is room for bytes that have
 * not been scanned yet), cut into blocks of 64 bytes. unscanned is the first block not yet searched
 * for non-zero words. One bit per block below it says whether the block holds a non-zero byte.
 * A run of zeros only moves the position: ls_zero_window_skip clears the rest of its first block,
 * scans what came before, and clears just those later blocks whose bit is set. Bytes behind the
 * position are garbage: a copy writes up to 31 bytes past its end, hence a skip first clears 64. */
#ifndef LS_DATASETS_KEVLAR_ZERO_WINDOW_H
#define LS_DATASETS_KEVLAR_ZERO_WINDOW_H

#include "datasets/kevlar/sparse_inflate.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
  LS_WINDOW_BYTES = 1 << 16,
  LS_WINDOW_MASK = LS_WINDOW_BYTES - 1,
  LS_WINDOW_BLOCK = 64,
  LS_WINDOW_BLOCKS = LS_WINDOW_BYTES / LS_WINDOW_BLOCK,
  LS_WINDOW_UNSCANNED = 1 << 14, /* bytes that may wait for a scan */
  LS_WINDOW_SLOP = 32,           /* bytes that a copy may write too far */
  LS_ADLER_MODULUS = 65521
};

typedef struct ls_zero_window {
  uint8_t bytes[LS_WINDOW_BYTES + LS_WINDOW_BLOCK];
  uint64_t occupied[LS_WINDOW_BLOCKS / 64]; /* bit b: block b of the ring holds a non-zero byte */
  uint64_t unscanned;                       /* a block's number since the start of the output */
  uint64_t byte_sum, weighted_sum;          /* of bytes, and of position * byte, for the Adler-32 */
  uint32_t index[LS_WORD_BATCH];
  int32_t value[LS_WORD_BATCH];
  size_t count;
  ls_word_sink sink;
  void *context;
} ls_zero_window;

static inline uint64_t ls_load64(const uint8_t *p) {
  uint64_t x;
  memcpy(&x, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  x = __builtin_bswap64(x);
#endif
  return x;
}

static inline uint32_t ls_load32(const uint8_t *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void ls_zero_window_start(ls_zero_window *window, ls_word_sink sink, void *context) {
  memset(window->bytes, 0, sizeof window->bytes);
  memset(window->occupied, 0, sizeof window->occupied);
  window->unscanned = window->byte_sum = window->weighted_sum = window->count = 0;
  window->sink = sink;
  window->context = context;
}

/* Adds a word to the batch and its four bytes to the sums, two bytes at a time. */
static inline void ls_zero_window_emit(ls_zero_window *window, uint32_t index, uint32_t word) {
  uint32_t odd = (word >> 8) & 0xff00ff, pairs = (word & 0xff00ff) + odd;
  uint32_t sum = (pairs & 0xffff) + (pairs >> 16);
  window->byte_sum += sum;
  window->weighted_sum +=
      (uint64_t)4 * index * sum + (odd & 0xffff) + (odd >> 16) + 2 * (pairs >> 16);
  window->index[window->count] = index;
  window->value[window->count++] = (int32_t)word;
}

/* The non-zero words of a block, one bit each. */
static inline unsigned ls_zero_window_words(const uint8_t *block) {
#ifdef __SSE2__
  const __m128i *p = (const __m128i *)(const void *)block, zero = _mm_setzero_si128();
  __m128i low = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_load_si128(p), zero),
                                _mm_cmpeq_epi32(_mm_load_si128(p + 1), zero));
  __m128i high = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_load_si128(p + 2), zero),
                                 _mm_cmpeq_epi32(_mm_load_si128(p + 3), zero));
  return 0xffff ^ (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high));
#else
  unsigned words = 0;
  for (unsigned k = 0; k < 16; k++) words |= (unsigned)(ls_load32(block + 4 * k) != 0) << k;
  return words;
#endif
}

/* Scans the blocks before end, notes which hold anything and hands on full batches. 1 if the sink
 * asked to stop. */
static inline int ls_zero_window_scan(ls_zero_window *window, uint64_t end) {
  for (uint64_t b = window->unscanned; b < end; b++) {
    unsigned in_ring = (unsigned)(b % LS_WINDOW_BLOCKS);
    const uint8_t *block = window->bytes + in_ring * LS_WINDOW_BLOCK;
    unsigned words = ls_zero_window_words(block);
    uint64_t bit = (uint64_t)1 << in_ring % 64;
    if (!words) {
      window->occupied[in_ring / 64] &= ~bit;
      continue;
    }
    window->occupied[in_ring / 64] |= bit;
    for (; words; words &= words - 1) {
      unsigned k = (unsigned)__builtin_ctz(words);
      ls_zero_window_emit(window, (uint32_t)(b * (LS_WINDOW_BLOCK / 4) + k),
                          ls_load32(block + 4 * k));
    }
    if (window->count > LS_WORD_BATCH - LS_WINDOW_BLOCK / 4) {
      window->byte_sum %= LS_ADLER_MODULUS;
      window->weighted_sum %= LS_ADLER_MODULUS;
      if (window->sink(window->context, window->index, window->value, window->count)) return 1;
      window->count = 0;
    }
  }
  window->unscanned = end;
  return 0;
}

/* Says that the output from position from up to position to is zero. 1 if the sink stopped. */
static inline int ls_zero_window_skip(ls_zero_window *window, uint64_t from, uint64_t to) {
  memset(window->bytes + (from & LS_WINDOW_MASK), 0, LS_WINDOW_BLOCK);
  uint64_t block = from / LS_WINDOW_BLOCK + 1, last = to / LS_WINDOW_BLOCK;
  if (last < block) return 0;
  if (ls_zero_window_scan(window, block)) return 1;
  window->unscanned = last;
  if (last - block >= LS_WINDOW_BLOCKS) block = last - LS_WINDOW_BLOCKS + 1;
  while (block <= last) { /* 64 blocks, one word of bits, at a time */
    unsigned word = (unsigned)(block / 64) % (LS_WINDOW_BLOCKS / 64);
    unsigned first = (unsigned)(block % 64);
    uint64_t count = 64 - first, bits = ~(uint64_t)0 << first;
    if (count > last - block + 1) {
      count = last - block + 1;
      bits &= ~(uint64_t)0 >> (64 - first - count);
    }
    bits &= window->occupied[word];
    window->occupied[word] ^= bits;
    for (; bits; bits &= bits - 1)
      memset(window->bytes + (word * 64 + (unsigned)__builtin_ctzll(bits)) * LS_WINDOW_BLOCK, 0,
             LS_WINDOW_BLOCK);
    block += count;
  }
  return 0;
}

/* Are the count >= 8 bytes at position zero? (Answers no if they wrap.) */
static inline int ls_zero_window_is_zero(const ls_zero_window *window, uint64_t position,
                                         unsigned count) {
  unsigned offset = (unsigned)(position & LS_WINDOW_MASK);
  if (offset + count > LS_WINDOW_BYTES) return 0;
  const uint8_t *p = window->bytes + offset, *last = p + count - 8;
  for (; p < last; p += 8)
    if (ls_load64(p)) return 0;
  return !ls_load64(last);
}

/* A match of length bytes at distance <= position. */
static inline void ls_zero_window_copy(ls_zero_window *window, uint64_t position, unsigned distance,
                                       unsigned length) {
  uint8_t *bytes = window->bytes;
  unsigned to = (unsigned)(position & LS_WINDOW_MASK);
  unsigned from = (unsigned)((position - distance) & LS_WINDOW_MASK);
  if ((to > from ? to : from) + length + LS_WINDOW_SLOP > LS_WINDOW_BYTES) {
    for (; length; length--) bytes[to++ & LS_WINDOW_MASK] = bytes[from++ & LS_WINDOW_MASK];
    return;
  }
  uint8_t *out = bytes + to, *end = out + length;
  const uint8_t *in = bytes + from;
  if (distance >= 32) {
    for (; out < end; out += 32, in += 32) memcpy(out, in, 32);
  } else if (distance >= 8) {
    for (; out < end; out += 8, in += 8) memcpy(out, in, 8);
  } else if (distance == 4 || distance == 1) {
    uint32_t word = *in * 0x01010101u;
    if (distance == 4) memcpy(&word, in, 4);
    uint64_t two = (uint64_t)word << 32 | word;
    for (; out < end; out += 8) memcpy(out, &two, 8);
  } else { /* each step adds at least distance good bytes; the buffers overlap */
    for (; out < end; out += distance, in += distance) {
      uint64_t eight;
      memcpy(&eight, in, 8);
      memcpy(out, &eight, 8);
    }
  }
}

#endif
