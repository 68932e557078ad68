/* Decoding tables of deflate's Huffman codes. */
#ifndef LS_DATASETS_KEVLAR_HUFFMAN_TABLE_H
#define LS_DATASETS_KEVLAR_HUFFMAN_TABLE_H

#include <stdint.h>

/* An entry of a table, looked up by the next bits of the input:
 *   bits 0-7    bits to drop: code and extra bits together
 *   bits 8-11   length of the code alone; of a subtable: its index bits
 *   bits 16-30  literal, base of the length or distance, or first entry of the subtable
 * Entries that are none of literal, length and distance have LS_HUFFMAN_EXCEPTION set: a subtable,
 * the end of the block, or (no further bit) a code that does not exist. */
#define LS_HUFFMAN_LITERAL 0x80000000u
#define LS_HUFFMAN_EXCEPTION 0x8000u
#define LS_HUFFMAN_SUBTABLE 0x4000u
#define LS_HUFFMAN_END 0x2000u

/* Index bits of the main tables, and room for them with their subtables. The most that a complete
 * code can need is 1334 (286 symbols, 10 bits) and 402 (30 symbols, 8 bits). */
enum {
  LS_HUFFMAN_SYMBOL_BITS = 10,
  LS_HUFFMAN_DISTANCE_BITS = 8,
  LS_HUFFMAN_CODE_LENGTH_BITS = 7,
  LS_HUFFMAN_SYMBOL_ENTRIES = 1536,
  LS_HUFFMAN_DISTANCE_ENTRIES = 512,
  LS_HUFFMAN_MAX_SYMBOLS = 288,
  LS_HUFFMAN_MAX_BITS = 15
};

typedef enum ls_huffman_alphabet {
  LS_HUFFMAN_CODE_LENGTHS, /* the code of the codes */
  LS_HUFFMAN_SYMBOLS,      /* literals, end of block, lengths */
  LS_HUFFMAN_DISTANCES
} ls_huffman_alphabet;

/* lengths[count]: bits of each symbol's code, 0 if unused. Returns the index bits of the main table
 * (at most most_bits), or 0 if the lengths make no valid code. As zlib does, it takes an incomplete
 * code only if it is empty or one code of one bit (never for code lengths). */
unsigned ls_huffman_table(uint32_t *table, unsigned most_bits, ls_huffman_alphabet alphabet,
                          const uint8_t *lengths, unsigned count);

#endif
