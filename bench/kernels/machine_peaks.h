/* What this machine can do at most, measured: the bounds that rates of kernels are compared with.
 *
 * Both are the best of many short trials, as a bound should be: whatever else the machine does only
 * lowers them. On a machine that is never quiet they are too low, and shares of them too high. */
#ifndef LS_BENCH_KERNELS_MACHINE_PEAKS_H
#define LS_BENCH_KERNELS_MACHINE_PEAKS_H

#include "base/isa.h"
#include "base/status.h"

/* FLOP/s of threads threads that do nothing but fused multiply-adds (counted as two) in vectors of
 * that instruction set, in 12 independent chains: enough to hide a latency of 4 to 6 cycles on two
 * units. Baseline: multiplications and additions apart. 0 if the machine does not run isa. Takes
 * some 0.1 s. */
double ls_peak_fma(ls_isa isa, int threads);

/* Bytes/s of copying 128 MiB, more than the threads' share of nearly any cache, read and written
 * bytes counted, as STREAM's copy does (McCalpin, IEEE TCCA Newsletter, December 1995). Takes
 * 2 x 128 MiB for its time. LS_OK or LS_MEMORY. */
ls_status ls_peak_copy(int threads, double *bytes_per_second, ls_error *error);

#endif
