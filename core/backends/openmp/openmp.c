/* Backend openmp: the suite's own fused kernels. README.md tells how they work. */
#include "backends/openmp/openmp.h"

#include "backends/settings.h"
#include "base/isa.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* By ls_isa; NULL: not compiled for this kind of processor. */
static const ls_openmp_kernels *const instruction_sets[LS_ISA_COUNT] = {
    [LS_ISA_BASELINE] = &ls_openmp_kernels_baseline,
#ifdef __x86_64__
    [LS_ISA_AVX2] = &ls_openmp_kernels_avx2,
    [LS_ISA_AVX512] = &ls_openmp_kernels_avx512,
#endif
};

static ls_status choose_kernels(const char *name, const ls_openmp_kernels **chosen,
                                ls_error *error) {
  ls_isa isa = ls_isa_find(name);
  *chosen = NULL;
  char here[64] = "";
  for (int i = 0; i < LS_ISA_COUNT; i++)
    if (ls_isa_runs((ls_isa)i)) ls_text_add_name(here, sizeof here, ls_isa_name((ls_isa)i));
  if (isa == LS_ISA_COUNT)
    return ls_fail(error, LS_USAGE, "backend openmp: no instruction set %s; here there are %s",
                   name, here);
  if (!ls_isa_runs(isa))
    return ls_fail(error, LS_UNAVAILABLE, "backend openmp: this processor has no %s; it has %s",
                   name, here);
  *chosen = instruction_sets[isa];
  return LS_OK;
}

static void version(char *text, size_t length) {
  snprintf(text, length, "fused kernels, version 2, for %s", ls_isa_name(ls_isa_best()));
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
