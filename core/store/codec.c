#include "store/codec.h"

#include "base/text.h"
#include "store/store.h"

#include <stdint.h>
#include <string.h>

enum { MAX_LEVEL = 9, MAX_SHUFFLE = 2, MAX_THREADS = 256 };

/* All that --codec may say, whether or not this build has it; "none" is always there. */
static const char *const known[] = {"lz4", "lz4hc", "zstd", "zlib", "blosclz", "none"};
enum { KNOWN = sizeof known / sizeof *known };

static int is_plain(const char *codec) {
  return !strcmp(codec, "none");
}

static int in_build(const char *codec) {
  const ls_codec_library *library = ls_codec_library_find();
  return is_plain(codec) || (library && library->has(codec));
}

const char *ls_store_codec_at(int i) {
  for (int k = 0; k < KNOWN; k++)
    if (in_build(known[k]) && i-- == 0) return known[k];
  return NULL;
}

const char *ls_store_codec_library(void) {
  const ls_codec_library *library = ls_codec_library_find();
  return library ? library->version : "none";
}

/* "lz4, zstd, none": the codecs of this build. */
static void list_codecs(char *text, size_t length) {
  text[0] = 0;
  for (int i = 0; ls_store_codec_at(i); i++) ls_text_add_name(text, length, ls_store_codec_at(i));
}

static ls_status check_range(const char *option, int value, int low, int high, ls_error *error) {
  if (value >= low && value <= high) return LS_OK;
  return ls_fail(error, LS_USAGE, "the store's %s is %d; choose %d to %d", option, value, low,
                 high);
}

ls_status ls_codec_check(const ls_codec_settings *settings, ls_error *error) {
  char codecs[128];
  list_codecs(codecs, sizeof codecs);
  if (!settings->codec)
    return ls_fail(error, LS_USAGE, "no codec named; choose one of: %s", codecs);
  int is_known = 0;
  for (int k = 0; k < KNOWN; k++) is_known |= !strcmp(settings->codec, known[k]);
  if (!is_known)
    return ls_fail(error, LS_USAGE, "no codec is called '%s'; choose one of: %s", settings->codec,
                   codecs);
  if (!in_build(settings->codec))
    return ls_fail(error, LS_UNAVAILABLE, "this build has no codec %s; choose one of: %s%s",
                   settings->codec, codecs,
                   ls_codec_library_find() ? "" : ", or build with c-blosc");
  LS_TRY(check_range("compression level", settings->level, 0, MAX_LEVEL, error));
  LS_TRY(
      check_range("shuffle (0 none, 1 bytes, 2 bits)", settings->shuffle, 0, MAX_SHUFFLE, error));
  return check_range("number of threads", settings->threads, 1, MAX_THREADS, error);
}

size_t ls_codec_limit(const ls_codec_settings *settings) {
  return is_plain(settings->codec) ? SIZE_MAX / 2 : ls_codec_library_find()->limit;
}

size_t ls_codec_bound(const ls_codec_settings *settings, size_t bytes) {
  return is_plain(settings->codec) ? bytes : bytes + ls_codec_library_find()->overhead;
}

size_t ls_codec_compress(const ls_codec_settings *settings, const void *in, size_t bytes,
                         void *out) {
  if (!is_plain(settings->codec))
    return ls_codec_library_find()->compress(settings, in, bytes, out);
  memcpy(out, in, bytes);
  return bytes;
}

int ls_codec_decompress(const ls_codec_settings *settings, const void *in, size_t stored_bytes,
                        void *out, size_t bytes) {
  if (!is_plain(settings->codec))
    return ls_codec_library_find()->decompress(in, stored_bytes, out, bytes, settings->threads);
  if (stored_bytes != bytes) return 0;
  memcpy(out, in, bytes);
  return 1;
}
