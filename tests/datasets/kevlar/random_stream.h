/* Random legal zlib streams: random codes, random literals and matches. They use what no encoder
 * uses: incomplete and 15-bit codes, odd distances, length 258 written as 227 + 31. */
#ifndef LS_TESTS_DATASETS_KEVLAR_RANDOM_STREAM_H
#define LS_TESTS_DATASETS_KEVLAR_RANDOM_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that random_stream may need for a stream of so many bytes. */
size_t random_stream_room(size_t bytes);

/* Writes a stream of bytes bytes, and what it inflates to into raw. Returns the stream's length.
 * *spoil (NULL: no): 1 asks for one code made incomplete, which is decodable but not legal; it is
 * left at 1 if the stream had no place for it, else set to 0. */
size_t random_stream(uint8_t *stream, uint8_t *raw, size_t bytes, uint64_t *state, int *spoil);

#endif
