#include "datasets/kevlar/dense_inflate.h"

#include "datasets/kevlar/word_scan.h"

#include <string.h>
#include <zlib.h>

enum { PIECE = 256 << 10 };

typedef struct decoder {
  z_stream stream;
  ls_word_scan scan;
  uint8_t piece[PIECE];
} decoder;

const char *ls_dense_inflate_library(void) {
  return "zlib";
}

size_t ls_dense_inflate_scratch(void) {
  return sizeof(decoder);
}

static ls_inflate_result reason(int answer, const char *message) {
  if (answer == Z_NEED_DICT) return LS_INFLATE_HEADER;
  if (message && strstr(message, "distance too far")) return LS_INFLATE_DISTANCE;
  if (message && strstr(message, "data check")) return LS_INFLATE_CHECKSUM;
  if (message &&
      (strstr(message, "header") || strstr(message, "method") || strstr(message, "window size")))
    return LS_INFLATE_HEADER;
  return LS_INFLATE_CORRUPT;
}

/* Fills the piece, or reaches the end of the stream (then *ended). */
static ls_inflate_result fill(decoder *d, ls_byte_supply supply, void *context, int *ended) {
  z_stream *stream = &d->stream;
  stream->next_out = d->piece;
  stream->avail_out = PIECE;
  while (stream->avail_out && !*ended) {
    if (!stream->avail_in) {
      const uint8_t *bytes;
      size_t count;
      if (supply(context, &bytes, &count)) return LS_INFLATE_STOPPED;
      stream->next_in = (Bytef *)(uintptr_t)bytes; /* zlib's type; it only reads */
      stream->avail_in = (uInt)count;
    }
    int answer = inflate(stream, Z_NO_FLUSH);
    if (answer == Z_BUF_ERROR) return LS_INFLATE_TRUNCATED; /* neither input nor progress */
    if (answer != Z_OK && answer != Z_STREAM_END) return reason(answer, stream->msg);
    *ended = answer == Z_STREAM_END;
  }
  return LS_INFLATE_OK;
}

ls_inflate_result ls_dense_inflate(void *scratch, ls_byte_supply supply, void *supply_context,
                                   uint64_t expected, ls_word_range wanted, ls_word_sink sink,
                                   void *context) {
  decoder *d = scratch;
  memset(&d->stream, 0, sizeof d->stream);
  if (inflateInit(&d->stream) != Z_OK) return LS_INFLATE_STOPPED;
  ls_word_scan_start(&d->scan, wanted, sink, context);
  uint64_t total = 0;
  int ended = 0;
  ls_inflate_result result = LS_INFLATE_OK;
  while (!result && !ended) {
    result = fill(d, supply, supply_context, &ended);
    if (result) break;
    size_t count = PIECE - d->stream.avail_out;
    total += count;
    if (total > expected)
      result = LS_INFLATE_LONG;
    else if (ls_word_scan_feed(&d->scan, d->piece, count / 4))
      result = LS_INFLATE_STOPPED;
  }
  inflateEnd(&d->stream);
  if (result) return result;
  return total == expected ? LS_INFLATE_OK : LS_INFLATE_SHORT;
}
