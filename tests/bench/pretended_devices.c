/* A build of the program, for tests alone, whose first backend says that the node has 2 devices:
 * the way through gpu-speedup, without any. It is the reference backend, which computes on
 * processors; its name says so in every file. Instead of core/backends/registry.c. */
#include "backends/registry.h"

#include <stdio.h>
#include <string.h>

extern const ls_backend ls_backend_reference;

enum { DEVICES = 2 };

static int device_count(void) {
  return DEVICES;
}

static void device_name(int device, char *text, size_t length) {
  snprintf(text, length, "pretended device %d", device);
}

/* Which one a rank was given is on standard error, for the test. */
static ls_status device_open(const ls_backend_options *options, ls_device **device,
                             ls_error *error) {
  if (options->device < 0 || options->device >= DEVICES)
    return ls_fail(error, LS_UNAVAILABLE, "there is no device %d", options->device);
  fprintf(stderr, "opened device %d\n", options->device);
  return ls_backend_reference.device_open(options, device, error);
}

const ls_backend *ls_backend_at(int i) {
  static ls_backend pretended;
  if (i) return i == 1 ? &ls_backend_reference : NULL; /* that kernels are checked against */
  pretended = ls_backend_reference;
  pretended.name = "pretended";
  pretended.device_count = device_count;
  pretended.device_name = device_name;
  pretended.device_open = device_open;
  return &pretended;
}

const ls_backend_absent *ls_backend_absent_at(int i) {
  return (void)i, NULL;
}

ls_status ls_backend_find(const char *name, const ls_backend **found, ls_error *error) {
  for (int i = 0; (*found = ls_backend_at(i)); i++)
    if (!name || !strcmp(name, (*found)->name)) return LS_OK;
  return ls_fail(error, LS_USAGE, "--backend %s: choose pretended", name);
}
