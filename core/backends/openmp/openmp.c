/* Backend openmp: the suite's own fused kernels. README.md tells how they work. */
#include "backends/openmp/openmp.h"

#include "backends/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Best first. */
static const ls_openmp_kernels *const instruction_sets[] = {
#ifdef __x86_64__
    &ls_openmp_kernels_avx512,
    &ls_openmp_kernels_avx2,
#endif
    &ls_openmp_kernels_baseline,
};
enum { SETS = sizeof instruction_sets / sizeof *instruction_sets };

/* Whether processor and operating system (which must save the registers) have what the kernels were
 * compiled for. */
static int runs_here(const ls_openmp_kernels *kernels) {
#ifdef __x86_64__
  if (kernels == &ls_openmp_kernels_avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("fma");
  if (kernels == &ls_openmp_kernels_avx2)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return kernels == &ls_openmp_kernels_baseline;
}

static ls_status choose_kernels(const char *isa, const ls_openmp_kernels **chosen,
                                ls_error *error) {
  char here[64] = "";
  for (int i = 0; i < SETS; i++) {
    *chosen = instruction_sets[i];
    if (!runs_here(*chosen)) {
      if (isa && !strcmp(isa, (*chosen)->name))
        return ls_fail(error, LS_UNAVAILABLE, "backend openmp: this processor has no %s", isa);
      continue;
    }
    if (!isa || !strcmp(isa, (*chosen)->name)) return LS_OK;
    size_t used = strlen(here);
    snprintf(here + used, sizeof here - used, "%s%s", used ? ", " : "", (*chosen)->name);
  }
  return ls_fail(error, LS_USAGE, "backend openmp: no instruction set %s; here there are %s",
                 isa ? isa : "", here);
}

static void version(char *text, size_t length) {
  const ls_openmp_kernels *kernels = NULL;
  choose_kernels(NULL, &kernels, NULL);
  snprintf(text, length, "fused kernels, version 1, for %s", kernels->name);
}

static ls_status device_open(const ls_backend_options *options, ls_device **device,
                             ls_error *error) {
  static const char *const skips[] = {"shortcut", "exact", "off", NULL};
  static const char *const winograds[] = {"off", "1d", NULL};
  const ls_openmp_kernels *kernels;
  int skip, winograd;
  *device = NULL;
  LS_TRY(choose_kernels(options->isa, &kernels, error));
  LS_TRY(ls_backend_choose("openmp", "--skip", options->skip, skips, &skip, error));
  LS_TRY(ls_backend_choose("openmp", "--winograd", options->winograd, winograds, &winograd, error));
  *device = calloc(1, sizeof **device);
  if (!*device) return ls_fail(error, LS_MEMORY, "backend openmp: no memory");
  (*device)->kernels = kernels;
  (*device)->skip = (ls_openmp_skip)skip;
  (*device)->winograd = winograd;
#ifdef _OPENMP
  (*device)->threads = options->threads;
#else
  (*device)->threads = 1;
#endif
  return LS_OK;
}

static void device_close(ls_device *device) {
  free(device);
}

static const char *const variants[] = {"fused", NULL};

const ls_backend ls_backend_openmp = {
    .name = "openmp",
    .summary = "own kernels: conv, pool and ELU fused, backward at maxima only, empty regions "
               "skipped",
    .variants = variants,
    .takes_images = 1,
    .version = version,
    .device_open = device_open,
    .device_close = device_close,
    .conv_block_new = ls_openmp_conv_new,
    .dense_new = ls_openmp_dense_new,
};
