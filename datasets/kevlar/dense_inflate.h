/* Streaming inflate for dense events (raw waveforms): input and output pass in small pieces. Which
 * library does it is decided when the suite is built: ISA-L, else zlib, else none. */
#ifndef LS_DATASETS_KEVLAR_DENSE_INFLATE_H
#define LS_DATASETS_KEVLAR_DENSE_INFLATE_H

#include "datasets/kevlar/sparse_inflate.h"

/* Hands out the next piece of the input; *count is 0 at its end. The piece stays valid until the
 * next call. An answer other than 0 stops the decoder. */
typedef int (*ls_byte_supply)(void *context, const uint8_t **bytes, size_t *count);

/* "ISA-L", "zlib", or NULL: not in this build. */
const char *ls_dense_inflate_library(void);

/* Bytes of scratch memory that ls_dense_inflate needs (0 without a library). */
size_t ls_dense_inflate_scratch(void);

/* As ls_sparse_inflate, with the input in pieces; only words of the range wanted are handed out.
 * What is stopped by supply or sink returns LS_INFLATE_STOPPED; expected is below 2^32. */
ls_inflate_result ls_dense_inflate(void *scratch, ls_byte_supply supply, void *supply_context,
                                   uint64_t expected, ls_word_range wanted, ls_word_sink sink,
                                   void *context);

#endif
