/* The compression library behind the store, as a table; one file per library fills it. */
#ifndef LS_STORE_CODEC_LIBRARY_H
#define LS_STORE_CODEC_LIBRARY_H

#include <stddef.h>

typedef struct ls_codec_settings {
  const char *codec;
  int level, shuffle, threads; /* as in ls_store_options */
} ls_codec_settings;

/* Nothing here keeps state between calls, so that any number of threads may compress and
 * decompress at once. All data are 4-byte elements. */
typedef struct ls_codec_library {
  const char *version; /* "blosc 1.21.3" */
  size_t limit;        /* largest input of one call, in bytes */
  size_t overhead;     /* the most by which an output exceeds its input, in bytes */

  int (*has)(const char *codec);

  /* Returns the bytes written to out, which has room for bytes + overhead; 0 on failure. */
  size_t (*compress)(const ls_codec_settings *settings, const void *in, size_t bytes, void *out);

  /* 1 if stored_bytes at in were exactly bytes once and are now in out; else 0. */
  int (*decompress)(const void *in, size_t stored_bytes, void *out, size_t bytes, int threads);
} ls_codec_library;

/* NULL in a build without a compression library. */
const ls_codec_library *ls_codec_library_find(void);

#endif
