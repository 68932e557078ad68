#include "datasets/kevlar/dense_inflate.h"

#include "datasets/kevlar/word_scan.h"

#include <isa-l.h>

enum { PIECE = 256 << 10 };

typedef struct decoder {
  struct inflate_state stream;
  ls_word_scan scan;
  uint8_t piece[PIECE];
} decoder;

const char *ls_dense_inflate_library(void) {
  return "ISA-L";
}

size_t ls_dense_inflate_scratch(void) {
  return sizeof(decoder);
}

static ls_inflate_result reason(int answer) {
  switch (answer) {
  case ISAL_INVALID_LOOKBACK:
    return LS_INFLATE_DISTANCE;
  case ISAL_INVALID_WRAPPER:
  case ISAL_UNSUPPORTED_METHOD:
  case ISAL_NEED_DICT:
    return LS_INFLATE_HEADER;
  case ISAL_INCORRECT_CHECKSUM:
    return LS_INFLATE_CHECKSUM;
  case ISAL_END_INPUT:
    return LS_INFLATE_TRUNCATED;
  default:
    return LS_INFLATE_CORRUPT;
  }
}

/* Fills the piece, or reaches the end of the stream. */
static ls_inflate_result fill(decoder *d, ls_byte_supply supply, void *context) {
  struct inflate_state *stream = &d->stream;
  stream->next_out = d->piece;
  stream->avail_out = PIECE;
  while (stream->avail_out && stream->block_state != ISAL_BLOCK_FINISH) {
    if (!stream->avail_in) {
      const uint8_t *bytes;
      size_t count;
      if (supply(context, &bytes, &count)) return LS_INFLATE_STOPPED;
      stream->next_in = (uint8_t *)(uintptr_t)bytes; /* ISA-L's type; it only reads */
      stream->avail_in = (uint32_t)count;
      /* Output may still be waiting inside the decoder: only no progress means no input. */
      uint32_t room = stream->avail_out;
      int answer = isal_inflate(stream);
      if (answer < 0 || answer == ISAL_NEED_DICT) return reason(answer);
      if (!count && stream->avail_out == room && stream->block_state != ISAL_BLOCK_FINISH)
        return LS_INFLATE_TRUNCATED;
      continue;
    }
    int answer = isal_inflate(stream);
    if (answer < 0 || answer == ISAL_NEED_DICT) return reason(answer);
  }
  return LS_INFLATE_OK;
}

ls_inflate_result ls_dense_inflate(void *scratch, ls_byte_supply supply, void *supply_context,
                                   uint64_t expected, ls_word_range wanted, ls_word_sink sink,
                                   void *context) {
  decoder *d = scratch;
  isal_inflate_init(&d->stream);
  d->stream.crc_flag = ISAL_ZLIB;
  d->stream.avail_in = 0;
  ls_word_scan_start(&d->scan, wanted, sink, context);
  uint64_t total = 0;
  while (d->stream.block_state != ISAL_BLOCK_FINISH) {
    ls_inflate_result result = fill(d, supply, supply_context);
    if (result) return result;
    size_t count = PIECE - d->stream.avail_out;
    total += count;
    if (total > expected) return LS_INFLATE_LONG;
    if (ls_word_scan_feed(&d->scan, d->piece, count / 4)) return LS_INFLATE_STOPPED;
  }
  return total == expected ? LS_INFLATE_OK : LS_INFLATE_SHORT;
}
