#include "datasets/kevlar/huffman_table.h"

#include <stddef.h>

/* RFC 1951, 3.2.5. */
static const uint16_t length_base[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                         15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                         67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                         2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t distance_base[30] = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

/* A symbol's entry before its code length is added. */
static uint32_t entry(ls_huffman_alphabet alphabet, unsigned symbol) {
  if (alphabet == LS_HUFFMAN_CODE_LENGTHS) return symbol << 16;
  if (alphabet == LS_HUFFMAN_DISTANCES) {
    if (symbol >= 30) return LS_HUFFMAN_EXCEPTION;
    return (uint32_t)distance_base[symbol] << 16 | (symbol < 4 ? 0 : (symbol - 2) / 2);
  }
  if (symbol < 256) return LS_HUFFMAN_LITERAL | symbol << 16;
  if (symbol == 256) return LS_HUFFMAN_EXCEPTION | LS_HUFFMAN_END;
  if (symbol >= 286) return LS_HUFFMAN_EXCEPTION;
  return (uint32_t)length_base[symbol - 257] << 16 | length_extra[symbol - 257];
}

/* The bits of a 15-bit number in reverse order: codes arrive with their highest bit first. */
static unsigned reversed(unsigned x) {
  x = (x & 0x5555) << 1 | (x >> 1 & 0x5555);
  x = (x & 0x3333) << 2 | (x >> 2 & 0x3333);
  x = (x & 0x0f0f) << 4 | (x >> 4 & 0x0f0f);
  return ((x << 8 & 0xff00) | x >> 8) >> 1;
}

/* The symbols in use, sorted by (length, symbol): the order of their codes. */
typedef struct sorted_code {
  uint16_t symbol[LS_HUFFMAN_MAX_SYMBOLS];
  uint8_t length[LS_HUFFMAN_MAX_SYMBOLS];
  unsigned used, longest;
  int unused_codes; /* in units of the longest possible code; < 0: more codes than fit */
} sorted_code;

static void sort_code(sorted_code *code, const uint8_t *lengths, unsigned count) {
  unsigned of_length[LS_HUFFMAN_MAX_BITS + 1] = {0}, at[LS_HUFFMAN_MAX_BITS + 2];
  for (unsigned i = 0; i < count; i++) of_length[lengths[i]]++;
  of_length[0] = 0;
  code->longest = 0;
  code->unused_codes = 1 << LS_HUFFMAN_MAX_BITS;
  at[0] = at[1] = 0;
  for (unsigned bits = 1; bits <= LS_HUFFMAN_MAX_BITS; bits++) {
    code->unused_codes -= (int)(of_length[bits] << (LS_HUFFMAN_MAX_BITS - bits));
    if (of_length[bits]) code->longest = bits;
    at[bits + 1] = at[bits] + of_length[bits];
  }
  code->used = at[LS_HUFFMAN_MAX_BITS + 1];
  for (unsigned i = 0; i < count; i++)
    if (lengths[i]) {
      unsigned place = at[lengths[i]]++;
      code->symbol[place] = (uint16_t)i;
      code->length[place] = lengths[i];
    }
}

/* Codes longer than the main table's index: those that share their first bits are neighbours and
 * get a subtable behind the main table; the last of them is the longest. first: the first such
 * symbol; next_code: its code, left-aligned in 15 bits. */
static void add_subtables(uint32_t *table, unsigned bits, ls_huffman_alphabet alphabet,
                          const sorted_code *code, unsigned first, unsigned next_code) {
  unsigned start = 1u << bits;
  const unsigned tail = LS_HUFFMAN_MAX_BITS - bits;
  while (first < code->used) {
    unsigned prefix = next_code >> tail, last = first, following = next_code;
    while (last < code->used && following >> tail == prefix)
      following += 1u << (LS_HUFFMAN_MAX_BITS - code->length[last++]);
    unsigned sub_bits = code->length[last - 1] - bits;
    table[reversed(prefix << tail)] =
        LS_HUFFMAN_EXCEPTION | LS_HUFFMAN_SUBTABLE | start << 16 | sub_bits << 8 | bits;
    for (; first < last; first++) {
      unsigned length = code->length[first] - bits;
      uint32_t value = entry(alphabet, code->symbol[first]) + (length << 8 | length);
      for (unsigned i = reversed(next_code) >> bits; i < 1u << sub_bits; i += 1u << length)
        table[start + i] = value;
      next_code += 1u << (LS_HUFFMAN_MAX_BITS - code->length[first]);
    }
    start += 1u << sub_bits;
  }
}

unsigned ls_huffman_table(uint32_t *table, unsigned most_bits, ls_huffman_alphabet alphabet,
                          const uint8_t *lengths, unsigned count) {
  sorted_code code;
  sort_code(&code, lengths, count);
  if (code.unused_codes < 0) return 0;
  if (code.unused_codes && (alphabet == LS_HUFFMAN_CODE_LENGTHS || code.longest > 1)) return 0;
  if (code.unused_codes) { /* no code, or the one code 0 */
    table[0] = table[1] = LS_HUFFMAN_EXCEPTION | 1;
    if (code.used) table[0] = entry(alphabet, code.symbol[0]) + (1 << 8 | 1);
    return 1;
  }
  unsigned bits = code.longest < most_bits ? code.longest : most_bits;
  unsigned next_code = 0, i = 0;
  for (; i < code.used && code.length[i] <= bits; i++) {
    unsigned length = code.length[i];
    uint32_t value = entry(alphabet, code.symbol[i]) + (length << 8 | length);
    for (unsigned at = reversed(next_code); at < 1u << bits; at += 1u << length) table[at] = value;
    next_code += 1u << (LS_HUFFMAN_MAX_BITS - length);
  }
  add_subtables(table, bits, alphabet, &code, i, next_code);
  return bits;
}
