#include "backends/openmp_sets.h"

#include <stdio.h>

const char *const ls_openmp_isas[] = {"baseline", "avx2", "avx512", NULL};
const char *const ls_openmp_skips[] = {"shortcut", "exact", "off", NULL};

int ls_openmp_runs(const ls_backend *openmp, const char *isa) {
  ls_error error = {0};
  ls_device *device;
  ls_backend_options options = {.threads = 1, .isa = isa};
  ls_status status = openmp->device_open(&options, &device, &error);
  openmp->device_close(device);
  if (status != LS_OK) printf("# skipped: %s\n", error.message);
  return status == LS_OK;
}
