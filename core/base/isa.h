/* Instruction sets for which kernels are built apart, and which of them this machine runs. */
#ifndef LS_BASE_ISA_H
#define LS_BASE_ISA_H

typedef enum ls_isa {
  LS_ISA_BASELINE, /* what the compiler makes without being told: SSE2 on x86-64 */
  LS_ISA_AVX2,     /* AVX2 with FMA: Haswell, Broadwell, Zen and later */
  LS_ISA_AVX512,   /* AVX-512 F, BW, DQ and VL with FMA: Skylake-SP, Zen 4 and later */
  LS_ISA_COUNT
} ls_isa;

/* "baseline", "avx2", "avx512": the values of --isa. */
const char *ls_isa_name(ls_isa isa);

/* The one of that name; NULL: the widest that runs here. LS_ISA_COUNT if there is none. */
ls_isa ls_isa_find(const char *name);

/* 1 if processor and operating system run it. */
int ls_isa_runs(ls_isa isa);

/* The widest one that runs here. */
ls_isa ls_isa_best(void);

#endif
