/* The codecs of the store: those of the compression library, and "none", a plain copy. */
#ifndef LS_STORE_CODEC_H
#define LS_STORE_CODEC_H

#include "base/status.h"
#include "store/codec_library.h"

/* LS_OK, LS_USAGE (value out of range or no such codec) or LS_UNAVAILABLE (not in this build). */
ls_status ls_codec_check(const ls_codec_settings *settings, ls_error *error);

/* Largest input of one call, and the room that an output of so large an input needs. */
size_t ls_codec_limit(const ls_codec_settings *settings);
size_t ls_codec_bound(const ls_codec_settings *settings, size_t bytes);

/* Returns the bytes written to out, which has room for ls_codec_bound; 0 on failure. */
size_t ls_codec_compress(const ls_codec_settings *settings, const void *in, size_t bytes,
                         void *out);

/* 1 if stored_bytes at in were exactly bytes once and are now in out; else 0. */
int ls_codec_decompress(const ls_codec_settings *settings, const void *in, size_t stored_bytes,
                        void *out, size_t bytes);

#endif
