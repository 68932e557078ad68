/* From dense bytes to the words that are not zero. */
#ifndef LS_DATASETS_KEVLAR_WORD_SCAN_H
#define LS_DATASETS_KEVLAR_WORD_SCAN_H

#include "datasets/kevlar/sparse_inflate.h"

typedef struct ls_word_scan {
  uint64_t words;       /* seen so far */
  ls_word_range wanted; /* others are passed over */
  ls_word_sink sink;
  void *context;
  uint32_t index[LS_WORD_BATCH];
  int32_t value[LS_WORD_BATCH];
} ls_word_scan;

void ls_word_scan_start(ls_word_scan *scan, ls_word_range wanted, ls_word_sink sink, void *context);

/* Hands the wanted and non-zero ones of the next count little-endian words to the sink; 1 if it
 * stopped. */
int ls_word_scan_feed(ls_word_scan *scan, const uint8_t *bytes, size_t count);

#endif
