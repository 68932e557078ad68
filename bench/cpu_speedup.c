/* larscale bench cpu-speedup: how much faster does training get with more CPU nodes?
 *
 * Question of the study (figure 2): relative speed-up of 10 epochs against nodes.
 *
 * Usage: mpirun -np 4 larscale bench cpu-speedup --nodes 1,2,4 --data train --epochs 1
 *
 * Measured: T(n), the wall time of all steps of a whole training (--epochs or --steps) on the first
 * n nodes, from the same initial weights each time; of several ranks the slowest one's. Loading,
 * evaluation and whatever lies between steps are not in it.
 *
 * Formula: speed-up S(n) = (E(n) / T(n)) / (E(b) / T(b)), efficiency S(n) r(b) / r(n), with E the
 * images of a training, r the ranks, and b the base: the fewest nodes of the same curve. Medians of
 * T, with 95% intervals from ranks; the base's absolute time stands beside them.
 *
 * strong: one global batch for all n, so all trainings end with the same weights, bit for bit,
 * which is checked.
 *
 * weak: each rank's batch is the same, and the global batch grows with n.
 *
 * Page: bench/drivers/cpu-speedup.md. */
#include "bench/command.h"
#include "bench/harness/harness.h"
#include "bench/harness/training_curves.h"

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  const char *scaling = settings->scaling ? settings->scaling : "strong";
  ls_harness_needs needs = {.driver = "cpu-speedup", .scaling = scaling, .network = 1};
  ls_harness harness;
  LS_TRY(ls_comm_agree(comm, ls_training_curves_check(settings, error), error));
  LS_TRY(ls_harness_open(&needs, settings, comm, &harness, error));
  return ls_harness_finish(&harness, ls_training_curves_measure(&harness, scaling, error), error);
}

const ls_command ls_command_cpu_speedup = {
    .name = "bench cpu-speedup",
    .summary = "training time against CPU nodes: speed-up and efficiency",
    .details =
        "Trains on 1, 2, 4 .. nodes of one launch, with communication overlapped and blocking, "
        "and\n"
        "says how much faster it gets. Ranks beyond a point's nodes sleep. The record's files:\n"
        "results/README.md; what it means: bench/drivers/cpu-speedup.md.",
    .example =
        "  mpirun -np 4 larscale bench cpu-speedup --nodes 1,2,4 --data 'train/*.h5' --epochs 1\n"
        "  mpirun -np 8 larscale bench cpu-speedup --scaling weak --steps 10 --data events.h5",
    .defaults = ls_harness_defaults,
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_network, &ls_options_training,
               &ls_options_ranks, &ls_options_store, &ls_options_scaling, &ls_options_repetitions,
               &ls_options_bench},
};
