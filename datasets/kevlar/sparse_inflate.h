/* Run-aware inflate: decodes one zlib stream (RFC 1950, RFC 1951) of little-endian int32 words and
 * hands out only those that are not zero. Runs of zeros are never written anywhere, so the time
 * goes with the number of non-zero words and with the stream's length, not with the size of the
 * image. It accepts exactly what zlib accepts. */
#ifndef LS_DATASETS_KEVLAR_SPARSE_INFLATE_H
#define LS_DATASETS_KEVLAR_SPARSE_INFLATE_H

#include <stddef.h>
#include <stdint.h>

typedef enum ls_inflate_result {
  LS_INFLATE_OK = 0,
  LS_INFLATE_HEADER,    /* no zlib header, or one that asks for a preset dictionary */
  LS_INFLATE_TRUNCATED, /* the input ends inside the stream */
  LS_INFLATE_CORRUPT,   /* bad block type, code lengths, symbol or stored length */
  LS_INFLATE_DISTANCE,  /* a match reaches before the first byte */
  LS_INFLATE_LONG,      /* more output than expected */
  LS_INFLATE_SHORT,     /* less output than expected */
  LS_INFLATE_CHECKSUM,  /* the Adler-32 differs */
  LS_INFLATE_SIZE,      /* expected size not a multiple of 4, or above 2^34 bytes */
  LS_INFLATE_STOPPED    /* the sink asked to stop */
} ls_inflate_result;

enum { LS_WORD_BATCH = 2048 };

/* Receives count <= LS_WORD_BATCH words in rising order of index; value is never 0. An answer other
 * than 0 stops the decoder. Words arrive before the checksum is known: drop them if it fails. */
typedef int (*ls_word_sink)(void *context, const uint32_t *index, const int32_t *value,
                            size_t count);

/* The words first .. end - 1 of an event. */
typedef struct ls_word_range {
  uint64_t first, end;
} ls_word_range;

/* What went wrong, as the end of a sentence: "ends inside the stream". */
const char *ls_inflate_reason(ls_inflate_result result);

/* Bytes of scratch memory that ls_sparse_inflate needs. */
size_t ls_sparse_inflate_scratch(void);

/* scratch: aligned to 64 bytes, need not be cleared, one per thread. expected: bytes of output.
 * *used (NULL is allowed) is set to the length of the stream, on success only. */
ls_inflate_result ls_sparse_inflate(void *scratch, const uint8_t *input, size_t input_bytes,
                                    uint64_t expected, ls_word_sink sink, void *context,
                                    size_t *used);

#endif
