#include "datasets/kevlar/waveform_deflate.h"

/* Of neighbouring words, mostly only the lowest bytes differ: a literal and a match of 3 bytes at
 * distance 4, some 3 bits a word besides what the noise itself says. That distance is the only one
 * in use; wires that a plane has not are long matches. */

enum { DISTANCE_SYMBOL = 3 /* distance 4 */, UPPER_BYTES = 3 };

/* count words equal to the one before. */
static void equal_words(ls_deflate_code *c, uint64_t count) {
  uint64_t bytes = 4 * count;
  while (bytes) {
    unsigned part = bytes < LS_DEFLATE_LONGEST ? (unsigned)bytes : LS_DEFLATE_LONGEST;
    if (bytes > part && bytes - part < LS_DEFLATE_SHORTEST) part -= LS_DEFLATE_SHORTEST;
    ls_deflate_match(c, part);
    bytes -= part;
  }
}

/* A word whose upper bytes are not those of the one before. */
static void new_word(ls_deflate_code *c, uint32_t word) {
  ls_deflate_symbol(c, word & 255);
  ls_deflate_symbol(c, word >> 8);
  ls_deflate_symbol(c, 0);
  ls_deflate_symbol(c, 0);
}

static inline void add_word(ls_deflate_code *c, uint32_t before, uint32_t word) {
  if (before >> 8 != word >> 8) {
    new_word(c, word);
    return;
  }
  ls_deflate_symbol(c, word & 255);
  ls_deflate_match(c, UPPER_BYTES);
}

/* One block. The first word of all has none before it. */
static void walk(ls_waveform_deflate *d, const uint16_t *values, int rows, int width, int columns) {
  ls_deflate_code *c = &d->code;
  uint32_t before = d->words ? d->before : UINT32_MAX;
  for (int r = 0; r < rows; r++) {
    const uint16_t *row = values + (size_t)r * (size_t)width;
    for (int i = 0; i < width; i++) {
      add_word(c, before, row[i]);
      before = row[i];
    }
    if (columns > width) {
      add_word(c, before, 0);
      before = 0;
      equal_words(c, (unsigned)(columns - width - 1));
    }
  }
  ls_deflate_symbol(c, LS_DEFLATE_END);
  if (!c->counting) d->before = before;
}

static void add_sums(ls_waveform_deflate *d, const uint16_t *values, int rows, int width,
                     int columns) {
  for (int r = 0; r < rows; r++, d->words += (unsigned)columns) {
    const uint16_t *row = values + (size_t)r * (size_t)width;
    uint64_t bytes = 0, weighted = 0, high = 0; /* of the row; places counted from its start */
    for (int i = 0; i < width; i++) {
      uint32_t both = (row[i] & 255u) + (row[i] >> 8);
      bytes += both;
      weighted += (uint64_t)both * (unsigned)i;
      high += row[i] >> 8;
    }
    d->byte_sum += bytes;
    d->weighted_sum += 4 * weighted + high + 4 * d->words % LS_ADLER_MODULUS * bytes;
    d->weighted_sum %= LS_ADLER_MODULUS;
  }
}

ls_status ls_waveform_deflate_begin(ls_waveform_deflate *d, ls_error *error) {
  ls_deflate_code_begin(&d->code);
  d->stream.count = 0;
  d->before = 0;
  d->words = d->byte_sum = d->weighted_sum = 0;
  LS_TRY(ls_deflate_reserve(&d->stream, 64, error));
  d->code.out = d->stream.bytes;
  ls_deflate_put_stream_header(&d->code);
  d->stream.count = (size_t)(d->code.out - d->stream.bytes);
  return LS_OK;
}

ls_status ls_waveform_deflate_add(ls_waveform_deflate *d, const uint16_t *values, int rows,
                                  int width, int columns, ls_error *error) {
  ls_deflate_code_count(&d->code);
  walk(d, values, rows, width, columns);
  LS_TRY(ls_deflate_reserve(&d->stream, ls_deflate_code_make(&d->code), error));
  d->code.out = d->stream.bytes + d->stream.count;
  ls_deflate_put_block_header(&d->code, 0, DISTANCE_SYMBOL);
  walk(d, values, rows, width, columns);
  d->stream.count = (size_t)(d->code.out - d->stream.bytes);
  add_sums(d, values, rows, width, columns);
  return LS_OK;
}

/* An empty last block, of the fixed code: its end is 7 zero bits. */
ls_status ls_waveform_deflate_end(ls_waveform_deflate *d, ls_error *error) {
  LS_TRY(ls_deflate_reserve(&d->stream, 64, error));
  d->code.out = d->stream.bytes + d->stream.count;
  ls_deflate_put(&d->code, 3, 10);
  ls_deflate_put_checksum(&d->code, d->byte_sum, d->weighted_sum, 4 * d->words);
  d->stream.count = (size_t)(d->code.out - d->stream.bytes);
  return LS_OK;
}
