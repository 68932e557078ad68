/* White noise from a counter, short filters, digits. */
#include "datasets/simulator/detector/vectors.h"

#include <math.h>

/* A 32-bit mixer with two rounds of key (constants of C. Wellons' hash prospector, triple32). */
static inline uint32_t mix(uint32_t x, uint32_t key_0, uint32_t key_1) {
  x += key_0;
  x ^= x >> 17;
  x *= 0xed5ad4bbu;
  x ^= key_1;
  x ^= x >> 11;
  x *= 0xac4c1b51u;
  x ^= x >> 15;
  x *= 0x31848babu;
  return x ^ x >> 14;
}

/* sin(2 pi z) for |z| <= 1/4: its series, the last term fitted. */
static inline float sine(float z) {
  float y = z * z;
  return z *
         (6.2831853F + y * (-41.341702F + y * (81.605249F + y * (-76.705860F + y * 39.955759F))));
}

/* Box and Muller's pairs: ticks i and i + 16 of each 32. */
void LS_LANE(ls_white)(float *output, int first, int count, uint64_t key) {
  uint32_t key_0 = (uint32_t)key, key_1 = (uint32_t)(key >> 32);
  for (int t = first; t < first + count; t += 32, output += 32) {
    float *restrict out = output;
    for (int i = 0; i < 16; i++) {
      uint32_t a = mix((uint32_t)(t + i), key_0, key_1);
      uint32_t b = mix((uint32_t)(t + 16 + i), key_0, key_1);
      float r = sqrtf(-2 * ls_log(((float)(int32_t)(a >> 8) + 0.5F) * 5.9604645e-8F));
      float turn = (float)(int32_t)b * 2.3283064e-10F, size = fabsf(turn);
      out[i] = r * sine(0.25F - size);
      out[i + 16] = r * sine(size > 0.25F ? copysignf(0.5F - size, turn) : turn);
    }
  }
}

void LS_LANE(ls_filter)(float *output, const float *input, const float *taps, int tap_count,
                        int count) {
  for (int i = 0; i < count; i += 4 * LS_LANES) {
    ls_floats a = {0}, b = {0}, c = {0}, d = {0};
    const float *x = input + i;
    for (int j = 0; j < tap_count; j++, x++) {
      a += taps[j] * *(const ls_floats *)x;
      b += taps[j] * *(const ls_floats *)(x + LS_LANES);
      c += taps[j] * *(const ls_floats *)(x + 2 * LS_LANES);
      d += taps[j] * *(const ls_floats *)(x + 3 * LS_LANES);
    }
    ls_floats *y = (ls_floats *)(output + i);
    y[0] = a;
    y[1] = b;
    y[2] = c;
    y[3] = d;
  }
}

void LS_LANE(ls_sums)(float *restrict output, const float *restrict input, int count) {
  for (int i = 0; i < count; i++) {
    const float *x = input + i;
    output[i] = fabsf(x[-3] + x[-2] + x[-1] + x[0] + x[1] + x[2] + x[3]);
  }
}

void LS_LANE(ls_add_row)(float *restrict sum, const float *restrict row, float weight) {
  for (int i = 0; i < LS_ROW; i++) sum[i] += weight * row[i];
}

/* Adding and subtracting 1.5 * 2^23 rounds to a whole number. */
static inline float digit(float value, float pedestal, float most) {
  value += pedestal;
  value = value > 0 ? value : 0;
  value = value < most ? value : most;
  return (value + 12582912.0F) - 12582912.0F - pedestal;
}

void LS_LANE(ls_digitise)(float *restrict signal, const float *restrict noise, int count,
                          float pedestal, float most) {
  if (noise)
    for (int i = 0; i < count; i++) signal[i] = digit(signal[i] + noise[i], pedestal, most);
  else
    for (int i = 0; i < count; i++) signal[i] = digit(signal[i], pedestal, most);
}
