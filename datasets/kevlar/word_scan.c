#include "datasets/kevlar/word_scan.h"

#include "datasets/kevlar/zero_window.h"

void ls_word_scan_start(ls_word_scan *scan, ls_word_sink sink, void *context) {
  scan->words = 0;
  scan->sink = sink;
  scan->context = context;
}

int ls_word_scan_feed(ls_word_scan *scan, const uint8_t *bytes, size_t count) {
  while (count) {
    size_t part = count < LS_WORD_BATCH ? count : LS_WORD_BATCH, found = 0;
    for (size_t i = 0; i < part; i++) { /* no branch: dense data are no more regular than noise */
      uint32_t word = ls_load32(bytes + 4 * i);
      scan->index[found] = (uint32_t)(scan->words + i);
      scan->value[found] = (int32_t)word;
      found += word != 0;
    }
    if (found && scan->sink(scan->context, scan->index, scan->value, found)) return 1;
    scan->words += part;
    bytes += 4 * part;
    count -= part;
  }
  return 0;
}
