#include "store/codec_library.h"

#include <blosc.h>

static int has(const char *codec) {
  return blosc_compname_to_compcode(codec) >= 0;
}

static size_t compress(const ls_codec_settings *settings, const void *in, size_t bytes, void *out) {
  /* Block size 0: blosc's own choice for the level and the caches. */
  int written =
      blosc_compress_ctx(settings->level, settings->shuffle, sizeof(float), bytes, in, out,
                         bytes + BLOSC_MAX_OVERHEAD, settings->codec, 0, settings->threads);
  return written > 0 ? (size_t)written : 0;
}

static int decompress(const void *in, size_t stored_bytes, void *out, size_t bytes, int threads) {
  size_t announced;
  if (blosc_cbuffer_validate(in, stored_bytes, &announced) < 0 || announced != bytes) return 0;
  return blosc_decompress_ctx(in, out, bytes, threads) == (int)bytes;
}

const ls_codec_library *ls_codec_library_find(void) {
  static const ls_codec_library library = {
      .version = "blosc " BLOSC_VERSION_STRING,
      .limit = BLOSC_MAX_BUFFERSIZE,
      .overhead = BLOSC_MAX_OVERHEAD,
      .has = has,
      .compress = compress,
      .decompress = decompress,
  };
  return &library;
}
