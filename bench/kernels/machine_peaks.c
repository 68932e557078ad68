#include "bench/kernels/machine_peaks.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stddef.h>

/* A trial of half a millisecond fits between two turns of another process. */
enum { CHAINS = 12, STEPS = 1 << 18, FMA_TRIALS = 128, COPY_TRIALS = 25 };

/* fma_chains_NAME(): STEPS steps of CHAINS chains x = x * factor + term. The chains start from
 * different values, or the compiler would compute only one; they are named variables, as an array
 * would not stay in registers. A macro, because the instruction set is a property of a function.
 * This file is compiled with -ffp-contract=fast: the expression becomes one instruction. */
#define FMA_CHAINS(name, attribute, width)                                                         \
  attribute static float fma_chains_##name(void) {                                                 \
    typedef float vector __attribute__((vector_size(width)));                                      \
    volatile float near_one = 0.999F, small = 0.001F; /* unknown to the compiler */                \
    vector factor = near_one - (vector){0}, term = small - (vector){0};                            \
    vector a = term, b = a + term, c = b + term, d = c + term, e = d + term, f = e + term;         \
    vector g = f + term, h = g + term, i = h + term, j = i + term, k = j + term, l = k + term;     \
    for (int step = 0; step < STEPS; step++) {                                                     \
      a = a * factor + term, b = b * factor + term, c = c * factor + term;                         \
      d = d * factor + term, e = e * factor + term, f = f * factor + term;                         \
      g = g * factor + term, h = h * factor + term, i = i * factor + term;                         \
      j = j * factor + term, k = k * factor + term, l = l * factor + term;                         \
    }                                                                                              \
    vector sum = a + b + c + d + e + f + g + h + i + j + k + l;                                    \
    return sum[0];                                                                                 \
  }

FMA_CHAINS(baseline, , 16)
#ifdef __x86_64__
FMA_CHAINS(avx2, __attribute__((target("avx2,fma"))), 32)
FMA_CHAINS(avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), 64)
#endif

typedef struct fma_kernel {
  float (*run)(void); /* NULL: not for this processor */
  int lanes;
} fma_kernel;

static fma_kernel kernel_of(ls_isa isa) {
  if (!ls_isa_runs(isa)) return (fma_kernel){NULL, 0};
#ifdef __x86_64__
  if (isa == LS_ISA_AVX512) return (fma_kernel){fma_chains_avx512, 16};
  if (isa == LS_ISA_AVX2) return (fma_kernel){fma_chains_avx2, 8};
#endif
  return (fma_kernel){fma_chains_baseline, 4};
}

double ls_peak_fma(ls_isa isa, int threads) {
  fma_kernel kernel = kernel_of(isa);
  double best = 0, flop = 2.0 * kernel.lanes * CHAINS * STEPS * threads;
  for (int trial = 0; kernel.run && trial < FMA_TRIALS; trial++) {
    float sum = 0;
    double start = ls_seconds();
#pragma omp parallel for num_threads(threads) schedule(static, 1) reduction(+ : sum)
    for (int t = 0; t < threads; t++) sum += kernel.run();
    double rate = flop / (ls_seconds() - start);
    if (rate > best && sum > 0) best = rate; /* the sum is used, so that it is computed */
  }
  return best;
}

static void copy(const double *from, double *to, size_t count, int threads) {
  (void)threads; /* of a build without OpenMP */
#pragma omp parallel for num_threads(threads) schedule(static)
  for (size_t i = 0; i < count; i++) to[i] = from[i];
}

ls_status ls_peak_copy(int threads, double *bytes_per_second, ls_error *error) {
  size_t bytes = (size_t)1 << 27, count = bytes / sizeof(double);
  void *from, *to;
  *bytes_per_second = 0;
  LS_TRY(ls_allocate(&from, bytes, "measuring the copy bandwidth", error));
  ls_status status = ls_allocate(&to, bytes, "measuring the copy bandwidth", error);
  for (int trial = 0; status == LS_OK && trial <= COPY_TRIALS; trial++) {
    double start = ls_seconds();
    copy(from, to, count, threads);
    double rate = 2 * (double)bytes / (ls_seconds() - start);
    if (trial && rate > *bytes_per_second) *bytes_per_second = rate; /* the first one touches */
  }
  ls_free(from);
  ls_free(to);
  return status;
}
