/* Devices (GPUs) of this machine, as the backends of this build tell. */
#ifndef LS_BENCH_DEVICES_H
#define LS_BENCH_DEVICES_H

#include "backends/backend.h"

/* --backend (NULL: the first backend with a device here, none that emulates it); *devices of it, 0:
 * there is none. *backend: NULL where no backend was named and none has one. As ls_backend_find. */
ls_status ls_devices_find(const char *name, const ls_backend **backend, int *devices,
                          ls_error *error);

#endif
