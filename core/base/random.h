/* Counter-based random numbers: a value is a pure function of (seed, stream, counter), so it is the
 * same for any number of threads and ranks and in any order.
 * Source: SplitMix64's finaliser, Steele, Lea and Flood, OOPSLA 2014, applied to the mixed key. */
#ifndef LS_BASE_RANDOM_H
#define LS_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

uint64_t ls_random(uint64_t seed, uint64_t stream, uint64_t counter);

/* Uniform in [0, 1), multiples of 2^-53. */
double ls_random_uniform(uint64_t seed, uint64_t stream, uint64_t counter);

/* Fills order with a permutation of 0 .. count-1 that depends on seed and stream alone. */
void ls_random_permutation(uint64_t seed, uint64_t stream, uint32_t *order, size_t count);

#endif
