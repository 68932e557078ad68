/* One event's stream of random numbers: value number n is a pure function of seed, purpose, event
 * and n, so an event is the same whatever was drawn for others. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_STREAM_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_STREAM_H

#include <stdint.h>

/* Purposes: what keeps the streams of one seed apart. */
enum { LS_STREAM_ORDER = 0x6f72646572, LS_STREAM_GUN = 0x67756e, LS_STREAM_TRANSPORT = 0x747261 };

typedef struct ls_stream {
  uint64_t state;
} ls_stream;

ls_stream ls_stream_start(uint64_t seed, uint64_t purpose, uint64_t event);

/* SplitMix64: Steele, Lea and Flood, OOPSLA 2014; a counter times the golden ratio, mixed. */
static inline uint64_t ls_stream_bits(ls_stream *stream) {
  uint64_t x = stream->state += 0x9e3779b97f4a7c15u;
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

/* In (0, 1): never either end, so that logarithms are finite. */
static inline double ls_stream_uniform(ls_stream *stream) {
  return ((double)(ls_stream_bits(stream) >> 12) + 0.5) * 0x1p-52;
}

double ls_stream_exponential(ls_stream *stream); /* mean 1 */
double ls_stream_normal(ls_stream *stream);      /* mean 0, deviation 1 */
unsigned ls_stream_poisson(ls_stream *stream, double mean);
void ls_stream_direction(ls_stream *stream, double direction[3]); /* isotropic, of length 1 */

#endif
