/* larscale train: one training run, data-parallel over the ranks, with its record.
 *
 * Measured: the phases of every step on every rank (samples.csv). Rate: events of an epoch over the
 * wall time of its steps. */
#include "bench/command.h"
#include "bench/training.h"

static ls_status run(const ls_settings *settings, ls_comm *comm, ls_error *error) {
  ls_training training;
  ls_status status = ls_training_prepare(settings, comm, &training, error);
  if (status == LS_OK) status = ls_training_run(&training, error);
  if (status == LS_OK) status = ls_training_finish(&training, error);
  ls_training_free(&training, status != LS_OK && !error->shared);
  return status;
}

const ls_command ls_command_train = {
    .name = "train",
    .summary = "train the network; writes a record of the run",
    .details =
        "Trains the study's network (or another, --network) on event files. Under mpirun or srun\n"
        "each rank takes its share of the events, and gradients are averaged at every update;\n"
        "the global batch is --global-batch, or --batch x --accumulate x ranks. At one global\n"
        "batch the weights are the same, bit for bit, for any number of ranks and threads\n"
        "(core/train/README.md). Ends with the confusion table, and RESULT VALID or RESULT\n"
        "INVALID. The record's files: results/README.md. SIGTERM, SIGUSR1 or Ctrl-C ends it "
        "in\n"
        "order, with a last checkpoint and exit code 3; send a batch job's warning as SIGUSR1, as\n"
        "Open MPI's mpirun passes it on and gives ranks only a second after SIGTERM.",
    .example =
        "  larscale train --data events.h5 --size 640 --epochs 5 --optimizer adam --out run1\n"
        "  mpirun -np 4 larscale train --data 'train/*.h5' --validation 'test/*.h5' --batch 2\n"
        "  larscale train --data 'train/*.h5' --checkpoint points --resume points",
    .ranks = 1,
    .run = run,
    .groups = {&ls_options_data, &ls_options_image, &ls_options_network, &ls_options_training,
               &ls_options_ranks, &ls_options_checkpoint, &ls_options_store, &ls_options_record},
};
