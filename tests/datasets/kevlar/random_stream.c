#include "random_stream.h"

#include "check_stream.h"

#include <string.h>
#include <zlib.h>

enum { SYMBOLS = 286, DISTANCES = 30, FIXED = 288, MOST_BITS = 15 };

typedef struct writer {
  uint8_t *out;
  size_t bit;
  uint64_t *state;
  int *spoil;
  uint8_t length[FIXED + 32]; /* code lengths: symbols, then distances */
  unsigned code[FIXED + 32];
  unsigned lengths[29], length_count, distances[DISTANCES], distance_count;
} writer;

static unsigned below(writer *w, unsigned limit) {
  return next_random(w->state) % limit;
}

static void put(writer *w, unsigned bits, unsigned count) {
  for (; count--; bits >>= 1, w->bit++)
    if (bits & 1) w->out[w->bit / 8] |= (uint8_t)(1u << w->bit % 8);
}

/* RFC 1951, 3.2.5: base and extra bits of length number k (0..28) and distance number k (0..29). */
static unsigned length_of(unsigned k, unsigned *extra) {
  *extra = k < 8 || k == 28 ? 0 : k / 4 - 1;
  return k == 28 ? 258 : k < 8 ? k + 3 : 3 + ((4 + k % 4) << *extra);
}

static unsigned distance_of(unsigned k, unsigned *extra) {
  *extra = k < 2 ? 0 : k / 2 - 1;
  return k < 2 ? k + 1 : 1 + ((2 + k % 2) << *extra);
}

/* A random complete code for the symbols listed: leaves of a tree are split until there are enough.
 * Skew decides how lopsided it grows. */
static void random_code(writer *w, uint8_t *length, const unsigned *symbol, unsigned count,
                        unsigned most) {
  uint8_t depth[FIXED] = {0};
  unsigned skew = below(w, 3);
  if (count == 1) depth[0] = 1;
  for (unsigned leaves = 1; leaves < count; leaves++) {
    unsigned split = skew == 0 || (skew == 1 && below(w, 2)) ? leaves - 1 : below(w, leaves);
    while (depth[split] >= most) split = (split + 1) % leaves;
    depth[leaves] = ++depth[split];
  }
  for (unsigned i = 0; i < count; i++) {
    unsigned j = i + below(w, count - i);
    uint8_t taken = depth[j];
    depth[j] = depth[i];
    length[symbol[i]] = taken;
  }
}

/* Canonical codes, highest bit first as they are written. */
static void assign(const uint8_t *length, unsigned count, unsigned *code) {
  unsigned next = 0;
  for (unsigned bits = 1; bits <= MOST_BITS; bits++, next <<= 1)
    for (unsigned s = 0; s < count; s++) {
      if (length[s] != bits) continue;
      code[s] = 0;
      for (unsigned k = 0; k < bits; k++) code[s] |= (next >> k & 1) << (bits - 1 - k);
      next++;
    }
}

/* The lengths of both codes, with a random code and repeats now and then. */
static void put_code_lengths(writer *w) {
  static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
  uint8_t length[19] = {0}, all[SYMBOLS + DISTANCES];
  unsigned code[19] = {0}, symbols[19], count = SYMBOLS + DISTANCES;
  for (unsigned i = 0; i < 19; i++) symbols[i] = i;
  random_code(w, length, symbols, 19, 7);
  assign(length, 19, code);
  memcpy(all, w->length, SYMBOLS);
  memcpy(all + SYMBOLS, w->length + FIXED, DISTANCES);
  put(w, SYMBOLS - 257, 5), put(w, DISTANCES - 1, 5), put(w, 15, 4);
  for (unsigned i = 0; i < 19; i++) put(w, length[order[i]], 3);
  for (unsigned i = 0, run; i < count; i += run) {
    for (run = 1; i + run < count && all[i + run] == all[i];) run++;
    unsigned symbol = all[i], least = 1, most = 1, bits = 0;
    if (!all[i] && run >= 11 && below(w, 4))
      symbol = 18, least = 11, most = 138, bits = 7;
    else if (!all[i] && run >= 3 && below(w, 4))
      symbol = 17, least = 3, most = 10, bits = 3;
    else if (i && all[i] == all[i - 1] && run >= 3 && below(w, 4))
      symbol = 16, least = 3, most = 6, bits = 2;
    if (run > most) run = most;
    put(w, code[symbol], length[symbol]), put(w, run - least, bits);
  }
}

static void choose_codes(writer *w, int fixed) {
  w->length_count = w->distance_count = 0;
  memset(w->length, 0, sizeof w->length);
  if (fixed) {
    memset(w->length, 8, 144), memset(w->length + 144, 9, 112);
    memset(w->length + 256, 7, 24), memset(w->length + 280, 8, 8);
    memset(w->length + FIXED, 5, 32);
    for (unsigned k = 0; k < 29; k++) w->lengths[w->length_count++] = k;
    for (unsigned k = 0; k < DISTANCES; k++) w->distances[w->distance_count++] = k;
    return;
  }
  unsigned used[SYMBOLS], count = 0, literals = below(w, 4), distances = below(w, 3);
  static const unsigned one_in[] = {1, 2, 20, 256};
  for (unsigned s = 0; s < 257; s++)
    if (s == 0 || s == 256 || below(w, one_in[literals]) == 0) used[count++] = s;
  for (unsigned k = 0; k < 29; k++)
    if (k == 28 ? below(w, 8) : below(w, 3) == 0)
      used[count++] = 257 + k, w->lengths[w->length_count++] = k;
  random_code(w, w->length, used, count, MOST_BITS);
  for (unsigned k = 0; k < DISTANCES; k++)
    if (k == 0 ? below(w, 8) : distances == 0 || (distances == 1 && below(w, 3) == 0))
      w->distances[w->distance_count++] = k;
  if (w->distance_count)
    random_code(w, w->length + FIXED, w->distances, w->distance_count, MOST_BITS);
}

/* Makes one code a bit longer, so that some bits mean nothing. */
static void spoil_code(writer *w) {
  unsigned first = w->distance_count && below(w, 2) ? FIXED : 0;
  for (unsigned s = first; s < (first ? FIXED + DISTANCES : SYMBOLS); s++)
    if (w->length[s] && w->length[s] < MOST_BITS) {
      w->length[s]++;
      *w->spoil = 0;
      return;
    }
}

static void put_symbol(writer *w, unsigned symbol) {
  put(w, w->code[symbol], w->length[symbol]);
}

/* A random match that fits, now and then many times. Returns the new position. */
static size_t put_match(writer *w, uint8_t *raw, size_t at, size_t stop) {
  unsigned k = w->lengths[below(w, 2) ? w->length_count - 1 : below(w, w->length_count)];
  unsigned d = w->distances[below(w, 2) ? 0 : below(w, w->distance_count)], bits, distance_bits;
  unsigned length = length_of(k, &bits), distance = distance_of(d, &distance_bits);
  unsigned extra = below(w, 1u << bits), distance_extra = below(w, 1u << distance_bits);
  length += extra, distance += distance_extra;
  if (distance > at) return at;
  for (unsigned repeats = below(w, 3) ? 1 : below(w, 60); repeats; repeats--) {
    if (length > stop - at) return at;
    put_symbol(w, 257 + k), put(w, extra, bits);
    put(w, w->code[FIXED + d], w->length[FIXED + d]), put(w, distance_extra, distance_bits);
    for (unsigned i = 0; i < length; i++, at++) raw[at] = raw[at - distance];
  }
  return at;
}

static size_t put_stored(writer *w, uint8_t *raw, size_t at, size_t stop) {
  w->bit = (w->bit + 7) / 8 * 8;
  unsigned length = stop - at > 65535 ? 65535 : (unsigned)(stop - at);
  put(w, length, 16), put(w, length ^ 0xffff, 16);
  for (; length--; at++) {
    raw[at] = below(w, 20) ? 0 : (uint8_t)below(w, 256);
    put(w, raw[at], 8);
  }
  return at;
}

static size_t put_coded(writer *w, int fixed, uint8_t *raw, size_t at, size_t stop) {
  choose_codes(w, fixed);
  if (!fixed && w->spoil && *w->spoil) spoil_code(w);
  if (!fixed) put_code_lengths(w);
  assign(w->length, FIXED, w->code);
  assign(w->length + FIXED, 32, w->code + FIXED);
  unsigned share = below(w, 100), zeros = below(w, 2) ? 10 : 1;
  while (at < stop) {
    size_t before = at;
    if (w->length_count && w->distance_count && below(w, 100) >= share)
      at = put_match(w, raw, at, stop);
    if (at != before) continue;
    unsigned byte = below(w, zeros) ? 0 : below(w, 256);
    if (!w->length[byte]) byte = 0;
    put_symbol(w, byte);
    raw[at++] = (uint8_t)byte;
  }
  put_symbol(w, 256);
  return at;
}

size_t random_stream_room(size_t bytes) {
  return 2 * bytes + 400000;
}

size_t random_stream(uint8_t *stream, uint8_t *raw, size_t bytes, uint64_t *state, int *spoil) {
  writer w = {.out = stream, .bit = 16, .state = state, .spoil = spoil};
  memset(stream, 0, random_stream_room(bytes));
  stream[0] = 0x78, stream[1] = 0x9c;
  size_t at = 0;
  int final = 0;
  /* Short blocks cost headers: few of them, then one for the rest. */
  for (int block = 0; !final; block++) {
    size_t part = below(&w, 3) ? below(&w, 200) : below(&w, 40000);
    if (block >= 200 || part > bytes - at) part = bytes - at;
    unsigned type = below(&w, 8) == 0 ? 0 : below(&w, 5) == 0 ? 1 : 2;
    if (type == 0 && part > 65535) type = 1;
    final = at + part == bytes && (block >= 200 || below(&w, 3));
    put(&w, (unsigned) final, 1), put(&w, type, 2);
    at = type ? put_coded(&w, type == 1, raw, at, at + part) : put_stored(&w, raw, at, at + part);
  }
  w.bit = (w.bit + 7) / 8 * 8;
  uLong adler = adler32(adler32(0, NULL, 0), raw, (uInt)bytes);
  for (int k = 24; k >= 0; k -= 8) put(&w, adler >> k & 255, 8);
  return w.bit / 8;
}
