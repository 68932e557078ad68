#include "base/random.h"

static uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

uint64_t ls_random(uint64_t seed, uint64_t stream, uint64_t counter) {
  const uint64_t golden = 0x9e3779b97f4a7c15u;
  uint64_t key = mix(mix(seed + golden) + golden * (stream + 1));
  return mix(key + golden * (counter + 1));
}

double ls_random_uniform(uint64_t seed, uint64_t stream, uint64_t counter) {
  return (double)(ls_random(seed, stream, counter) >> 11) * 0x1p-53;
}

void ls_random_permutation(uint64_t seed, uint64_t stream, uint32_t *order, size_t count) {
  for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
  for (size_t i = count; i > 1; i--) { /* Fisher-Yates; the bias of the modulo is below 2^-31 */
    size_t j = (size_t)(ls_random(seed, stream, i) % i);
    uint32_t swap = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swap;
  }
}
