#include "datasets/kevlar/sparse_inflate.h"

#include "datasets/kevlar/huffman_table.h"
#include "datasets/kevlar/zero_window.h"

/* The stream of an image that is nearly all zeros is nearly all matches whose source is zeros. Such
 * a match only moves the position. The encoder repeats one pair of codes (258 bytes, some small
 * distance) thousands of times, which makes the bits periodic: the repeats are counted by comparing
 * 64 bits at a time with the 64 that began one period earlier, and never decoded. */

enum { RUN_FROM = 24 }; /* shorter runs of zeros are written like any other match */

/* The input as bits, lowest first. Bits of word at and above count are either the input's own next
 * bits or zero. After the end, padding bytes of zeros are made up; using one is found out later. */
typedef struct bit_input {
  const uint8_t *next, *end;
  uint64_t word;
  unsigned count;
  unsigned padding;
} bit_input;

typedef struct inflater {
  ls_zero_window window;
  uint32_t symbols[LS_HUFFMAN_SYMBOL_ENTRIES];
  uint32_t distances[LS_HUFFMAN_DISTANCE_ENTRIES];
  uint32_t code_lengths[1 << LS_HUFFMAN_CODE_LENGTH_BITS];
  unsigned symbol_bits, distance_bits;
  int has_fixed; /* symbols and distances hold the fixed codes */
  uint64_t position, expected;
} inflater;

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t low_bits(uint64_t x, unsigned count) {
  return x & (((uint64_t)1 << count) - 1);
}

INLINE void drop(bit_input *in, unsigned count) {
  in->word >>= count;
  in->count -= count;
}

INLINE int beyond_end(const bit_input *in) {
  return in->padding * 8 > in->count;
}

/* Makes at least 56 bits good. 0 if the bits taken so far reach beyond the end of the input. */
INLINE int refill(bit_input *in) {
  if (in->end - in->next >= 8) {
    in->word |= ls_load64(in->next) << in->count;
    in->next += (63 - in->count) >> 3;
    in->count |= 56;
    return 1;
  }
  if (beyond_end(in)) return 0;
  for (; in->count < 56; in->count += 8) {
    if (in->next < in->end)
      in->word |= (uint64_t)*in->next++ << in->count;
    else
      in->padding++;
  }
  return 1;
}

/* Drops the rest of the current byte and gives whole bytes back. 0: beyond the end. */
static int align(bit_input *in) {
  drop(in, in->count & 7);
  if (beyond_end(in)) return 0;
  in->next -= in->count / 8 - in->padding;
  in->word = in->count = in->padding = 0;
  return 1;
}

/* The entry of the next code, in the subtable if it is a long one; *bits counts what of the input
 * lies before the part that the entry itself drops. */
INLINE uint32_t look_up(uint64_t word, const uint32_t *table, uint64_t mask, unsigned *bits) {
  uint32_t e = table[word & mask];
  *bits = 0;
  if (!(e & LS_HUFFMAN_SUBTABLE)) return e;
  *bits = e & 255;
  return table[(e >> 16) + low_bits(word >> *bits, e >> 8 & 15)];
}

/* The length or distance of an entry whose code begins at word's first bit. */
INLINE unsigned entry_value(uint32_t e, uint64_t word) {
  return (e >> 16 & 0x7fff) + (unsigned)(low_bits(word, e & 255) >> (e >> 8 & 15));
}

/* Called when position has passed *soft: scans, and moves *soft on. */
static ls_inflate_result make_room(inflater *s, uint64_t position, uint64_t *soft) {
  if (position > s->expected) return LS_INFLATE_LONG;
  if (ls_zero_window_scan(&s->window, position / LS_WINDOW_BLOCK)) return LS_INFLATE_STOPPED;
  *soft = s->window.unscanned * LS_WINDOW_BLOCK + LS_WINDOW_UNSCANNED;
  if (*soft > s->expected) *soft = s->expected;
  return LS_INFLATE_OK;
}

static ls_inflate_result stored_block(inflater *s, bit_input *in) {
  if (!align(in) || in->end - in->next < 4) return LS_INFLATE_TRUNCATED;
  unsigned length = in->next[0] | (unsigned)in->next[1] << 8;
  unsigned complement = in->next[2] | (unsigned)in->next[3] << 8;
  if ((length ^ 0xffff) != complement) return LS_INFLATE_CORRUPT;
  in->next += 4;
  if ((size_t)(in->end - in->next) < length) return LS_INFLATE_TRUNCATED;
  while (length) {
    unsigned offset = (unsigned)(s->position & LS_WINDOW_MASK), part = LS_WINDOW_BYTES - offset;
    if (part > length) part = length;
    if (part > LS_WINDOW_UNSCANNED) part = LS_WINDOW_UNSCANNED;
    memcpy(s->window.bytes + offset, in->next, part);
    in->next += part;
    s->position += part;
    length -= part;
    uint64_t soft;
    ls_inflate_result result = make_room(s, s->position, &soft);
    if (result) return result;
  }
  return LS_INFLATE_OK;
}

static void fixed_codes(inflater *s) {
  if (s->has_fixed) return;
  uint8_t lengths[288 + 32];
  memset(lengths, 8, 144);
  memset(lengths + 144, 9, 112);
  memset(lengths + 256, 7, 24);
  memset(lengths + 280, 8, 8);
  memset(lengths + 288, 5, 32);
  s->symbol_bits =
      ls_huffman_table(s->symbols, LS_HUFFMAN_SYMBOL_BITS, LS_HUFFMAN_SYMBOLS, lengths, 288);
  s->distance_bits = ls_huffman_table(s->distances, LS_HUFFMAN_DISTANCE_BITS, LS_HUFFMAN_DISTANCES,
                                      lengths + 288, 32);
  s->has_fixed = 1;
}

/* Decodes count code lengths with the code of code lengths. lengths has room for 138 more. */
static ls_inflate_result read_lengths(const inflater *s, unsigned bits, bit_input *in,
                                      uint8_t *lengths, unsigned count) {
  unsigned i = 0;
  while (i < count) {
    if (!refill(in)) return LS_INFLATE_TRUNCATED;
    uint32_t e = s->code_lengths[low_bits(in->word, bits)];
    if (e & LS_HUFFMAN_EXCEPTION) return LS_INFLATE_CORRUPT;
    drop(in, e & 255);
    unsigned length = e >> 16, repeats = 1, extra = 0;
    if (length == 16) {
      if (!i) return LS_INFLATE_CORRUPT;
      extra = 2, repeats = 3, length = lengths[i - 1];
    } else if (length == 17) {
      extra = 3, repeats = 3, length = 0;
    } else if (length == 18) {
      extra = 7, repeats = 11, length = 0;
    }
    repeats += (unsigned)low_bits(in->word, extra);
    drop(in, extra);
    memset(lengths + i, (int)length, repeats);
    i += repeats;
  }
  return i == count ? LS_INFLATE_OK : LS_INFLATE_CORRUPT;
}

static ls_inflate_result dynamic_codes(inflater *s, bit_input *in) {
  static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
  unsigned symbols = (unsigned)low_bits(in->word, 5) + 257;
  unsigned distances = (unsigned)low_bits(in->word >> 5, 5) + 1;
  unsigned code_lengths = (unsigned)low_bits(in->word >> 10, 4) + 4;
  drop(in, 14);
  if (symbols > 286 || distances > 30) return LS_INFLATE_CORRUPT;
  s->has_fixed = 0;
  uint8_t lengths[286 + 30 + 138] = {0};
  for (unsigned i = 0; i < code_lengths; i++) {
    if (in->count < 3 && !refill(in)) return LS_INFLATE_TRUNCATED;
    lengths[order[i]] = in->word & 7;
    drop(in, 3);
  }
  unsigned bits = ls_huffman_table(s->code_lengths, LS_HUFFMAN_CODE_LENGTH_BITS,
                                   LS_HUFFMAN_CODE_LENGTHS, lengths, 19);
  if (!bits) return LS_INFLATE_CORRUPT;
  memset(lengths, 0, 19);
  ls_inflate_result result = read_lengths(s, bits, in, lengths, symbols + distances);
  if (result) return result;
  if (!lengths[256]) return LS_INFLATE_CORRUPT; /* no end of block */
  s->symbol_bits =
      ls_huffman_table(s->symbols, LS_HUFFMAN_SYMBOL_BITS, LS_HUFFMAN_SYMBOLS, lengths, symbols);
  s->distance_bits = ls_huffman_table(s->distances, LS_HUFFMAN_DISTANCE_BITS, LS_HUFFMAN_DISTANCES,
                                      lengths + symbols, distances);
  return s->symbol_bits && s->distance_bits ? LS_INFLATE_OK : LS_INFLATE_CORRUPT;
}

/* How often the pair of codes (its bits: pair, period <= 28 of them), just taken, follows again;
 * takes these repeats. */
INLINE uint64_t take_repeats(bit_input *in, uint64_t pair, unsigned period) {
  uint64_t change = in->word ^ (in->word << period | pair);
  uint64_t same = change ? (unsigned)__builtin_ctzll(change) : 64;
  if (same < in->count || in->end - in->next < 8) {
    if (same > in->count) same = in->count;
    drop(in, (unsigned)(same - same % period));
    return same / period;
  }
  same = in->count;
  uint64_t previous = ls_load64(in->next - 8);
  while (in->end - in->next >= 8) {
    uint64_t next = ls_load64(in->next);
    if (next != (next << period | previous >> (64 - period))) break;
    in->next += 8;
    same += 64;
    previous = next;
  }
  in->count = (unsigned)(same % period);
  in->word = in->count ? ls_load64(in->next - 8) >> (64 - in->count) : 0;
  return same / period;
}

/* Output from zero_from to *position is zero: takes all codes that go on with zeros. */
INLINE ls_inflate_result take_zeros(const inflater *s, bit_input *in, uint64_t zero_from,
                                    uint64_t *position) {
  const uint64_t symbol_mask = ((uint64_t)1 << s->symbol_bits) - 1;
  const uint64_t distance_mask = ((uint64_t)1 << s->distance_bits) - 1;
  for (;;) {
    if (*position > s->expected) return LS_INFLATE_LONG;
    if (!refill(in)) return LS_INFLATE_TRUNCATED;
    unsigned before, period;
    uint64_t word = in->word;
    uint32_t e = look_up(word, s->symbols, symbol_mask, &before);
    if (e & LS_HUFFMAN_EXCEPTION) return LS_INFLATE_OK;
    period = before + (e & 255);
    if (e & LS_HUFFMAN_LITERAL) {
      if (e & 0xff0000) return LS_INFLATE_OK;
      drop(in, period);
      ++*position;
      continue;
    }
    unsigned length = entry_value(e, word >> before);
    word >>= period;
    e = look_up(word, s->distances, distance_mask, &before);
    if (e & LS_HUFFMAN_EXCEPTION) return LS_INFLATE_OK;
    period += before + (e & 255);
    if (zero_from + entry_value(e, word >> before) > *position) return LS_INFLATE_OK;
    *position += length;
    const uint64_t pair = low_bits(in->word, period);
    drop(in, period);
    if (period > 28) continue;
    if (!refill(in)) return LS_INFLATE_TRUNCATED;
    *position += take_repeats(in, pair, period) * length;
  }
}

/* Is the source of this match zeros? Then *zero_from is where the zeros that end at position begin
 * (for a source farther back: position itself). */
INLINE int source_is_zero(const ls_zero_window *window, uint64_t position, unsigned distance,
                          unsigned length, uint64_t *zero_from) {
  if (length < RUN_FROM) return 0;
  if (distance <= 8) {
    unsigned any = 0;
    for (unsigned k = 1; k <= distance; k++) any |= window->bytes[(position - k) & LS_WINDOW_MASK];
    *zero_from = position - distance;
    return !any;
  }
  *zero_from = distance <= length ? position - distance : position;
  return ls_zero_window_is_zero(window, position - distance, distance < length ? distance : length);
}

/* Literals and matches up to the end of the block. */
static ls_inflate_result coded_block(inflater *s, bit_input *input) {
  ls_zero_window *const window = &s->window;
  const uint64_t symbol_mask = ((uint64_t)1 << s->symbol_bits) - 1;
  const uint64_t distance_mask = ((uint64_t)1 << s->distance_bits) - 1;
  bit_input local = *input, *const in = &local; /* a copy that stays in registers */
  uint64_t position = s->position, soft = 0;
  ls_inflate_result result;
  for (;;) {
    if (!refill(in)) return LS_INFLATE_TRUNCATED; /* a match needs at most 48 of the 56 bits */
    if (position > soft && (result = make_room(s, position, &soft))) return result;
    unsigned before;
    uint32_t e = look_up(in->word, s->symbols, symbol_mask, &before);
    drop(in, before);
    if (e & LS_HUFFMAN_LITERAL) {
      drop(in, e & 255);
      window->bytes[position++ & LS_WINDOW_MASK] = (uint8_t)(e >> 16);
      e = s->symbols[in->word & symbol_mask];
      if (!(e & LS_HUFFMAN_LITERAL)) continue;
      drop(in, e & 255);
      window->bytes[position++ & LS_WINDOW_MASK] = (uint8_t)(e >> 16);
      continue;
    }
    if (e & LS_HUFFMAN_EXCEPTION) {
      if (!(e & LS_HUFFMAN_END)) return LS_INFLATE_CORRUPT;
      drop(in, e & 255);
      s->position = position;
      *input = local;
      return LS_INFLATE_OK;
    }
    unsigned length = entry_value(e, in->word);
    drop(in, e & 255);
    e = look_up(in->word, s->distances, distance_mask, &before);
    if (e & LS_HUFFMAN_EXCEPTION) return LS_INFLATE_CORRUPT;
    drop(in, before);
    unsigned distance = entry_value(e, in->word);
    drop(in, e & 255);
    if (distance > position) return LS_INFLATE_DISTANCE;
    uint64_t from = position, zero_from;
    position += length;
    if (!source_is_zero(window, from, distance, length, &zero_from)) {
      ls_zero_window_copy(window, from, distance, length);
      continue;
    }
    if ((result = take_zeros(s, in, zero_from, &position))) return result;
    if (ls_zero_window_skip(window, from, position)) return LS_INFLATE_STOPPED;
    soft = 0;
  }
}

/* After the last block: the checksum, the size, and what is left in the batch. */
static ls_inflate_result finish(inflater *s, bit_input *in) {
  ls_zero_window *window = &s->window;
  uint64_t position = s->position;
  if (position > s->expected) return LS_INFLATE_LONG;
  if (!align(in) || in->end - in->next < 4) return LS_INFLATE_TRUNCATED;
  if (position % LS_WINDOW_BLOCK)
    memset(window->bytes + (position & LS_WINDOW_MASK), 0,
           LS_WINDOW_BLOCK - position % LS_WINDOW_BLOCK);
  if (ls_zero_window_scan(window, (position + LS_WINDOW_BLOCK - 1) / LS_WINDOW_BLOCK))
    return LS_INFLATE_STOPPED;
  /* a = 1 + sum of the bytes b[i]; b = n + sum of (n - i) b[i]; zeros only count in n. */
  uint64_t n = position % LS_ADLER_MODULUS, sum = window->byte_sum % LS_ADLER_MODULUS;
  uint64_t weighted = window->weighted_sum % LS_ADLER_MODULUS;
  uint32_t a = (uint32_t)((1 + sum) % LS_ADLER_MODULUS);
  uint32_t b = (uint32_t)((n + n * sum + LS_ADLER_MODULUS - weighted) % LS_ADLER_MODULUS);
  const uint8_t *stored = in->next;
  in->next += 4;
  if ((b >> 8) != stored[0] || (b & 255) != stored[1] || (a >> 8) != stored[2] ||
      (a & 255) != stored[3])
    return LS_INFLATE_CHECKSUM;
  if (position != s->expected) return LS_INFLATE_SHORT;
  if (window->count && window->sink(window->context, window->index, window->value, window->count))
    return LS_INFLATE_STOPPED;
  return LS_INFLATE_OK;
}

size_t ls_sparse_inflate_scratch(void) {
  return (sizeof(inflater) + 63) / 64 * 64;
}

ls_inflate_result ls_sparse_inflate(void *scratch, const uint8_t *input, size_t input_bytes,
                                    uint64_t expected, ls_word_sink sink, void *context,
                                    size_t *used) {
  if (expected % 4 || expected > (uint64_t)1 << 34) return LS_INFLATE_SIZE;
  if (input_bytes < 2) return LS_INFLATE_TRUNCATED;
  /* RFC 1950, 2.2: deflate, window at most 32 KiB, check bits, no preset dictionary. */
  if ((input[0] & 15) != 8 || input[0] >> 4 > 7 || (input[0] * 256 + input[1]) % 31 ||
      input[1] & 32)
    return LS_INFLATE_HEADER;
  inflater *s = scratch;
  ls_zero_window_start(&s->window, sink, context);
  s->has_fixed = 0;
  s->position = 0;
  s->expected = expected;
  bit_input in = {input + 2, input + input_bytes, 0, 0, 0};
  unsigned final;
  do {
    if (!refill(&in)) return LS_INFLATE_TRUNCATED;
    final = in.word & 1;
    unsigned type = in.word >> 1 & 3;
    drop(&in, 3);
    ls_inflate_result result = type == 3 ? LS_INFLATE_CORRUPT : LS_INFLATE_OK;
    if (type == 0)
      result = stored_block(s, &in);
    else if (type == 1)
      fixed_codes(s);
    else if (type == 2)
      result = dynamic_codes(s, &in);
    if (!result && type) result = coded_block(s, &in);
    if (result) return result;
    if (beyond_end(&in)) return LS_INFLATE_TRUNCATED;
  } while (!final);
  ls_inflate_result result = finish(s, &in);
  if (!result && used) *used = (size_t)(in.next - input);
  return result;
}

const char *ls_inflate_reason(ls_inflate_result result) {
  static const char *const reasons[] = {
      [LS_INFLATE_OK] = "is complete",
      [LS_INFLATE_HEADER] = "does not begin as a zlib stream",
      [LS_INFLATE_TRUNCATED] = "ends inside the stream",
      [LS_INFLATE_CORRUPT] = "holds no valid deflate code",
      [LS_INFLATE_DISTANCE] = "refers to bytes before its beginning",
      [LS_INFLATE_LONG] = "inflates to more than one event",
      [LS_INFLATE_SHORT] = "inflates to less than one event",
      [LS_INFLATE_CHECKSUM] = "has a wrong checksum",
      [LS_INFLATE_SIZE] = "is of an impossible size",
      [LS_INFLATE_STOPPED] = "was stopped",
  };
  return reasons[result];
}
