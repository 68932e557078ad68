/* larscale simulate in a build that cannot write its files. */
#include "bench/command.h"

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  (void)settings, (void)comm;
  error->shared = 1;
  return ls_fail(error, LS_UNAVAILABLE,
                 "this build has no HDF5, which simulated events are written with; build with "
                 "libhdf5-dev");
}

const ls_command ls_command_simulate = {
    .name = "simulate",
    .summary = "make labelled events of a liquid argon detector (needs HDF5)",
    .details = "Not available: this build has no HDF5.",
    .example = "  larscale simulate --events 500 --out simulated",
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_simulate},
};
