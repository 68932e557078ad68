/* What the tests of the inflaters share: zlib as the judge, and random numbers. */
#ifndef LS_TESTS_DATASETS_KEVLAR_CHECK_STREAM_H
#define LS_TESTS_DATASETS_KEVLAR_CHECK_STREAM_H

#include "support/test.h"

#include "datasets/kevlar/sparse_inflate.h"

/* Pseudo-random numbers from a seed; *state is never 0. */
unsigned next_random(uint64_t *state);

/* Collects words; its capacity is what may come. */
typedef struct word_list {
  uint32_t *index;
  int32_t *value;
  size_t count, capacity;
} word_list;

word_list word_list_new(size_t capacity);
void word_list_free(word_list *list);
int word_list_take(void *context, const uint32_t *index, const int32_t *value, size_t count);

/* Fails unless list holds exactly the non-zero words of raw (bytes, a multiple of 4). */
void assert_words(const char *what, const word_list *list, const uint8_t *raw, size_t bytes);

/* Fails unless the stream is accepted with the words of raw, and refused as too long or too short
 * with other sizes. */
void assert_inflates(const char *what, const uint8_t *stream, size_t stream_bytes,
                     const uint8_t *raw, size_t raw_bytes);

/* Does zlib inflate the stream to raw_bytes bytes? raw has room for one more; *used: stream's
 * length. */
int zlib_accepts(const uint8_t *stream, size_t stream_bytes, uint8_t *raw, size_t raw_bytes,
                 size_t *used);

/* Fails unless the run-aware inflater accepts the input exactly if zlib does, with the same words.
 * Returns whether both did. */
int assert_as_zlib(const uint8_t *stream, size_t stream_bytes, size_t raw_bytes);

/* count random words; share of them not zero, 0 .. 1; kind 0: small, 1: any, 2: powers of two. */
uint8_t *random_words(size_t count, double share, int kind, uint64_t *state);

/* raw compressed by zlib; free() it. flush: some blocks end early. */
uint8_t *zlib_stream(const uint8_t *raw, size_t raw_bytes, int level, int strategy, int window_bits,
                     int memory_level, int flush, size_t *stream_bytes);

#endif
