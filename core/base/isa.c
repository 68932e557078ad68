#include "base/isa.h"

#include <string.h>

const char *ls_isa_name(ls_isa isa) {
  static const char *const names[LS_ISA_COUNT] = {"baseline", "avx2", "avx512"};
  return names[isa];
}

int ls_isa_runs(ls_isa isa) {
  if (isa == LS_ISA_BASELINE) return 1;
#if defined __x86_64__
  /* The built-in asks the operating system too: whether it saves the wide registers (XGETBV). */
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == LS_ISA_AVX2) return avx2;
  return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return 0;
#endif
}

ls_isa ls_isa_best(void) {
  int isa = LS_ISA_COUNT - 1;
  while (!ls_isa_runs((ls_isa)isa)) isa--;
  return (ls_isa)isa;
}

ls_isa ls_isa_find(const char *name) {
  int isa = 0;
  if (!name) return ls_isa_best();
  while (isa < LS_ISA_COUNT && strcmp(ls_isa_name((ls_isa)isa), name) != 0) isa++;
  return (ls_isa)isa;
}
