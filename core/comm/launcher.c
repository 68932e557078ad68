#include "comm/launcher.h"

#include <stdlib.h>

/* Set by Open MPI; MPICH, Intel MPI and PMI servers; PRRTE; Slurm's srun (only inside a step). */
int ls_launcher_ranks(void) {
  static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PRTE_JOB_SIZE"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    const char *value = getenv(names[i]);
    if (value) return (int)strtol(value, NULL, 10);
  }
  const char *tasks = getenv("SLURM_STEP_NUM_TASKS");
  return tasks && getenv("SLURM_PROCID") ? (int)strtol(tasks, NULL, 10) : 0;
}
