/* Vectors of LS_LANES floats for the kernel files, which are compiled once for each instruction set
 * (see CMakeLists.txt): LS_LANES and LS_SUFFIX come from the command line.
 *
 * Arithmetic is written with the vector extensions of gcc and clang, where a * b + c becomes a
 * fused multiply-add. The three operations that C has no sign for (maximum, compare, select) are
 * named functions below. */
#ifndef LS_BACKENDS_OPENMP_VECTOR_H
#define LS_BACKENDS_OPENMP_VECTOR_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if LS_LANES == 16 || defined(__SSE2__)
#include <immintrin.h>
#endif

#define PASTE2(a, b) a##_##b
#define PASTE(a, b) PASTE2(a, b)
#define NAME(function) PASTE(ls_openmp_##function, LS_SUFFIX)

#define INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(LS_LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LS_LANES * 4)));
typedef float vec_anywhere __attribute__((vector_size(LS_LANES * 4), aligned(4), may_alias));

/* Eight in any instruction set: the compiler makes two of them where it must. */
typedef float eight __attribute__((vector_size(32)));
typedef float eight_anywhere __attribute__((vector_size(32), aligned(4), may_alias));

INLINE vec load(const float *p) {
  return *(const vec_anywhere *)p;
}
INLINE void store(float *p, vec v) {
  *(vec_anywhere *)p = v;
}
INLINE vec all(float x) {
  return x - (vec){0};
}
INLINE ivec all_int(int32_t x) {
  return x - (ivec){0};
}

#if LS_LANES == 16
INLINE vec larger(vec a, vec b) {
  return (vec)_mm512_max_ps((__m512)a, (__m512)b);
}
/* where a > b: x, else y */
INLINE ivec if_greater(vec a, vec b, ivec x, ivec y) {
  return (ivec)_mm512_mask_mov_epi32(
      (__m512i)y, _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ), (__m512i)x);
}
/* The same for numbers, without a mask: the sign of b - a. Where multiply-adds wait for an
 * execution port, a comparison into a mask takes one from them and this does not. */
INLINE ivec if_more(vec a, vec b, ivec x, ivec y) {
  return (ivec)_mm512_ternarylogic_epi32((__m512i)((ivec)(b - a) >> 31), (__m512i)x, (__m512i)y,
                                         0xca); /* bits of x where the sign is set, else of y */
}
#elif LS_LANES == 8
INLINE vec larger(vec a, vec b) {
  return (vec)_mm256_max_ps((__m256)a, (__m256)b);
}
INLINE ivec if_greater(vec a, vec b, ivec x, ivec y) {
  return (ivec)_mm256_blendv_epi8((__m256i)y, (__m256i)x,
                                  (__m256i)_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ));
}
#else
INLINE ivec if_greater(vec a, vec b, ivec x, ivec y) {
  ivec greater = a > b;
  return (greater & x) | (~greater & y);
}
INLINE vec larger(vec a, vec b) {
  return (vec)if_greater(a, b, (ivec)a, (ivec)b);
}
#endif

#if LS_LANES != 16
INLINE ivec if_more(vec a, vec b, ivec x, ivec y) {
  return if_greater(a, b, x, y);
}
#endif

/* exp(x) - 1 for x > 0: x, else exp(x) - 1; NaN stays. exp as in Cephes' expf: x = n ln 2 + r, a
 * polynomial in r (S. Moshier, Cephes Mathematical Library, single/expf.c), about one unit in the
 * last place; below -87 it is 0 for this purpose. */
INLINE vec elu(vec x) {
  vec t = larger(all(-87), -larger(-x, all(0))); /* min(x, 0) */
  const vec magic = all(12582912);               /* 1.5 * 2^23: rounds to a whole number */
  vec n = (t * 1.44269504088896341f + magic) - magic;
  vec r = t - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  vec p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  ivec scale = (__builtin_convertvector(n, ivec) + 127) << 23;
  return (vec)if_greater(x, all(0), (ivec)x, (ivec)(p * (vec)scale - 1.0f)) + (x - x);
}

/* Adding this to a vector makes those lanes NaN where x is NaN or infinite, and leaves the others.
 */
INLINE vec not_finite(vec x) {
  return x - x;
}

/* 1 if no lane is NaN. */
INLINE int no_nan(vec x) {
#if LS_LANES == 16
  return !_mm512_cmp_ps_mask((__m512)x, (__m512)x, _CMP_UNORD_Q);
#elif LS_LANES == 8
  return !_mm256_movemask_ps(_mm256_cmp_ps((__m256)x, (__m256)x, _CMP_UNORD_Q));
#else
  ivec same = x == x;
  return same[0] & same[1] & same[2] & same[3] & 1;
#endif
}

/* REPEAT_5(i, statement) writes the statement five times with i = 0 .. 4, each a constant.
 * Compilers keep an array of accumulators in registers only if every index is a constant before
 * their loop optimisers run, which a loop's counter is not. They nest. */
#define REPEAT_STEP(i, n, ...)                                                                     \
  {                                                                                                \
    enum { i = n };                                                                                \
    __VA_ARGS__                                                                                    \
  }
#define REPEAT_1(i, ...) REPEAT_STEP(i, 0, __VA_ARGS__)
#define REPEAT_2(i, ...)                                                                           \
  { REPEAT_STEP(i, 0, __VA_ARGS__) REPEAT_STEP(i, 1, __VA_ARGS__) }
#define REPEAT_4(i, ...)                                                                           \
  {                                                                                                \
    REPEAT_STEP(i, 0, __VA_ARGS__)                                                                 \
    REPEAT_STEP(i, 1, __VA_ARGS__)                                                                 \
    REPEAT_STEP(i, 2, __VA_ARGS__)                                                                 \
    REPEAT_STEP(i, 3, __VA_ARGS__)                                                                 \
  }
#define REPEAT_5(i, ...)                                                                           \
  {                                                                                                \
    REPEAT_4(i, __VA_ARGS__)                                                                       \
    REPEAT_STEP(i, 4, __VA_ARGS__)                                                                 \
  }

#define REPEAT_9(i, ...)                                                                           \
  {                                                                                                \
    REPEAT_5(i, __VA_ARGS__)                                                                       \
    REPEAT_STEP(i, 5, __VA_ARGS__)                                                                 \
    REPEAT_STEP(i, 6, __VA_ARGS__)                                                                 \
    REPEAT_STEP(i, 7, __VA_ARGS__)                                                                 \
    REPEAT_STEP(i, 8, __VA_ARGS__)                                                                 \
  }

/* Rows become columns. One round swaps, between rows `half` apart, the blocks off the diagonal;
 * each is a shuffle of two vectors: lanes of a where bit `half` of their number is clear, else of
 * b. */
#define UPPER(i) ((i)&half ? LS_LANES + ((i) & ~half) : (i))
#define LOWER(i) ((i)&half ? LS_LANES + (i) : (i) | half)
#define TRANSPOSE_ROUND(number, rows)                                                              \
  {                                                                                                \
    enum { half = number };                                                                        \
    for (int i = 0; i < LS_LANES; i++)                                                             \
      if (!(i & half)) {                                                                           \
        const vec a = rows[i], b = rows[i | half];                                                 \
        rows[i] = __builtin_shufflevector(a, b, EACH_LANE(UPPER));                                 \
        rows[i | half] = __builtin_shufflevector(a, b, EACH_LANE(LOWER));                          \
      }                                                                                            \
  }

/* f(0), f(1), .. for each lane: the indices of a shuffle. */
#if LS_LANES == 16
#define EACH_LANE(f) EIGHT_LANES(f, 0), EIGHT_LANES(f, 8)
#elif LS_LANES == 8
#define EACH_LANE(f) EIGHT_LANES(f, 0)
#else
#define EACH_LANE(f) f(0), f(1), f(2), f(3)
#endif
#define EIGHT_LANES(f, i)                                                                          \
  f((i)), f((i) + 1), f((i) + 2), f((i) + 3), f((i) + 4), f((i) + 5), f((i) + 6), f((i) + 7)

INLINE void transpose(vec *rows) {
  TRANSPOSE_ROUND(1, rows)
  TRANSPOSE_ROUND(2, rows)
#if LS_LANES >= 8
  TRANSPOSE_ROUND(4, rows)
#endif
#if LS_LANES >= 16
  TRANSPOSE_ROUND(8, rows)
#endif
}

/* The first `count` lanes, as floats and as bytes; nothing is written past them. */
INLINE void store_some(float *p, vec v, int count) {
#if LS_LANES == 16
  _mm512_mask_storeu_ps(p, (__mmask16)(0xffffu >> (16 - count)), (__m512)v);
#else
  for (int i = 0; i < LS_LANES && i < count; i++) p[i] = v[i];
#endif
}
INLINE void store_some_bytes(uint8_t *p, ivec v, int count) {
#if LS_LANES == 16
  _mm512_mask_cvtepi32_storeu_epi8(p, (__mmask16)(0xffffu >> (16 - count)), (__m512i)v);
#else
  for (int i = 0; i < LS_LANES && i < count; i++) p[i] = (uint8_t)v[i];
#endif
}

/* A barrier for the compiler: gcc otherwise moves loads of several taps together and then has no
 * registers left for the accumulators. */
#define KEEP_LOADS_HERE() __asm__ volatile("" ::: "memory")

/* UNROLL(n) before a loop: n turns at a time, which compilers do not choose by themselves here. */
#define PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define UNROLL(n) PRAGMA(clang loop unroll_count(n))
#else
#define UNROLL(n) PRAGMA(GCC unroll n)
#endif

#endif
