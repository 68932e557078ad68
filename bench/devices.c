#include "bench/devices.h"

#include "backends/registry.h"

static int devices_of(const ls_backend *backend) {
  char reason[128];
  if (!backend->device_count) return 0;
  if (backend->available && !backend->available(reason, sizeof reason)) return 0;
  return backend->device_count();
}

ls_status ls_devices_find(const char *name, const ls_backend **backend, int *devices,
                          ls_error *error) {
  *backend = NULL;
  *devices = 0;
  for (int i = 0; !name && !*backend && ls_backend_at(i); i++)
    if (!ls_backend_at(i)->emulated && devices_of(ls_backend_at(i))) *backend = ls_backend_at(i);
  if (name) LS_TRY(ls_backend_find(name, backend, error));
  if (*backend) *devices = devices_of(*backend);
  return LS_OK;
}
