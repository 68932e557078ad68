/* larscale bench gpu-speedup: how much faster does training get with more devices (GPUs)?
 *
 * Question of the study (figure 3): training time against GPUs, two per node.
 *
 * Usage: mpirun -np 4 larscale bench gpu-speedup --nodes 1,2,4 --data train --epochs 1
 *
 * Measured: as cpu-speedup, with a rank on each device instead of a node: --nodes counts devices.
 * The step's time has decompression (phase decompress) and the transfer to the device in it, as far
 * as they are not hidden. The ranks of a node share one copy of the data, unless --store private.
 *
 * Formula: that of cpu-speedup: S(n) = (E(n) / T(n)) / (E(b) / T(b)), b the fewest devices.
 *
 * Devices: of any backend that declares some (core/backends/backend.h); without one the program
 * says so and ends with exit code 77: nothing is made up.
 *
 * Page: bench/drivers/gpu-speedup.md. */
#include "bench/command.h"
#include "bench/devices.h"
#include "bench/harness/harness.h"
#include "bench/harness/training_curves.h"

#include <cjson/cJSON.h>

#include <stdio.h>

/* --backend, or the first backend with a device on this node. */
static ls_status find_devices(const ls_settings *settings, const ls_comm *comm,
                              const ls_backend **backend, ls_error *error) {
  int devices;
  LS_TRY(ls_devices_find(settings->backend, backend, &devices, error));
  if (!devices && settings->backend)
    return ls_fail(error, LS_UNAVAILABLE,
                   "backend %s has no device (GPU) on this node: there is nothing to measure",
                   settings->backend);
  if (!devices)
    return ls_fail(error, LS_UNAVAILABLE,
                   "no backend of this build has a device (GPU) on this node: there is nothing to "
                   "measure");
  if (ls_comm_node_size(comm) > devices)
    return ls_fail(error, LS_USAGE,
                   "%d ranks on a node with %d devices: start one rank for each device",
                   ls_comm_node_size(comm), devices);
  return LS_OK;
}

/* The devices' names into env.json. */
static void note_devices(ls_harness *h) {
  if (!h->record) return;
  cJSON *list = cJSON_AddArrayToObject(h->facts, "devices");
  for (int i = 0; i < h->job.backend->device_count(); i++) {
    char name[128] = "";
    h->job.backend->device_name(i, name, sizeof name);
    cJSON_AddItemToArray(list, cJSON_CreateString(name));
  }
}

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  const char *scaling = settings->scaling ? settings->scaling : "strong";
  const ls_backend *backend;
  LS_TRY(ls_comm_agree(comm, ls_training_curves_check(settings, error), error));
  LS_TRY(ls_comm_agree(comm, find_devices(settings, comm, &backend, error), error));
  if (!backend) return LS_UNAVAILABLE; /* said above */
  char name[64], rank[] = "rank", node[] = "node";
  snprintf(name, sizeof name, "%s", backend->name);
  ls_settings on_devices = *settings;
  on_devices.backend = name;
  on_devices.node_is = rank;
  if (!settings->store) on_devices.store = node;
  ls_harness_needs needs = {
      .driver = "gpu-speedup", .scaling = scaling, .network = 1, .devices = 1};
  ls_harness harness;
  LS_TRY(ls_harness_open(&needs, &on_devices, comm, &harness, error));
  note_devices(&harness);
  return ls_harness_finish(&harness, ls_training_curves_measure(&harness, scaling, error), error);
}

const ls_command ls_command_gpu_speedup = {
    .name = "bench gpu-speedup",
    .summary = "training time against devices (GPUs): speed-up and efficiency",
    .details =
        "As bench cpu-speedup, with a rank on each device; --nodes counts devices. The ranks of a\n"
        "node share one copy of the data. Without a device: exit code 77. What it means:\n"
        "bench/drivers/gpu-speedup.md.",
    .example = "  mpirun -np 4 larscale bench gpu-speedup --nodes 1,2,4 --data 'train/*.h5'",
    .defaults = ls_harness_defaults,
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_network, &ls_options_training,
               &ls_options_ranks, &ls_options_store, &ls_options_scaling, &ls_options_repetitions,
               &ls_options_bench},
};
