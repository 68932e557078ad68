#include "datasets/kevlar/word_scan.h"

#include "datasets/kevlar/zero_window.h"

/* Dense data are looked at in groups: mostly all of a group is zero, or nothing of it. */
enum { GROUP = 16 };

void ls_word_scan_start(ls_word_scan *scan, ls_word_range wanted, ls_word_sink sink,
                        void *context) {
  scan->words = 0;
  scan->wanted = wanted;
  scan->sink = sink;
  scan->context = context;
}

/* Appends the non-zero ones of count <= GROUP words to the batch of found ones. */
static inline size_t take_group(ls_word_scan *scan, size_t found, const uint8_t *bytes,
                                size_t count, uint32_t first) {
  int32_t word[GROUP];
  unsigned zeros = 0;
  for (size_t i = 0; i < count; i++) {
    word[i] = (int32_t)ls_load32(bytes + 4 * i);
    zeros += word[i] == 0;
  }
  if (zeros == count) return found;
  if (zeros == 0) {
    for (size_t i = 0; i < count; i++) {
      scan->index[found + i] = first + (uint32_t)i;
      scan->value[found + i] = word[i];
    }
    return found + count;
  }
  for (size_t i = 0; i < count; i++) {
    scan->index[found] = first + (uint32_t)i;
    scan->value[found] = word[i];
    found += word[i] != 0;
  }
  return found;
}

/* How many of the next count words are not wanted, up to the first that is. */
static size_t unwanted(const ls_word_scan *scan, size_t count) {
  if (scan->words >= scan->wanted.end) return count;
  if (scan->words >= scan->wanted.first) return 0;
  uint64_t before = scan->wanted.first - scan->words;
  return before < count ? (size_t)before : count;
}

/* Puts the non-zero ones of count wanted words into the batch; returns how many they are. */
static size_t find_nonzero(ls_word_scan *scan, const uint8_t *bytes, size_t count) {
  size_t found = 0, i = 0;
  for (; i + GROUP <= count; i += GROUP)
    found = take_group(scan, found, bytes + 4 * i, GROUP, (uint32_t)(scan->words + i));
  if (i < count)
    found = take_group(scan, found, bytes + 4 * i, count - i, (uint32_t)(scan->words + i));
  return found;
}

int ls_word_scan_feed(ls_word_scan *scan, const uint8_t *bytes, size_t count) {
  while (count) {
    size_t part = unwanted(scan, count), found = 0;
    if (!part) {
      uint64_t left = scan->wanted.end - scan->words;
      part = count < LS_WORD_BATCH ? count : LS_WORD_BATCH;
      if (part > left) part = (size_t)left;
      found = find_nonzero(scan, bytes, part);
    }
    if (found && scan->sink(scan->context, scan->index, scan->value, found)) return 1;
    scan->words += part;
    bytes += 4 * part;
    count -= part;
  }
  return 0;
}
