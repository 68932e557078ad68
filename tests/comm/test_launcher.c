/* How a launcher is recognised, in environments as each of them makes. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "comm/launcher.h"

#include <stdlib.h>

static const char *const names[] = {
    "OMPI_COMM_WORLD_SIZE",
    "OMPI_COMM_WORLD_LOCAL_SIZE",
    "PMI_SIZE",
    "MPI_LOCALNRANKS",
    "PRTE_JOB_SIZE",
    "SLURM_STEP_NUM_TASKS",
    "SLURM_PROCID",
    "SLURM_NODEID",
    "SLURM_STEP_TASKS_PER_NODE",
};

static int forget(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unsetenv(names[i]);
  return 0;
}

typedef struct example {
  const char *environment[10]; /* name, value, .. */
  const char *launcher;
  int ranks, node_ranks;
} example;

static const example examples[] = {
    {{NULL}, "none", 0, 0},
    {{"OMPI_COMM_WORLD_SIZE", "12", "OMPI_COMM_WORLD_LOCAL_SIZE", "4"}, "mpirun", 12, 4},
    {{"OMPI_COMM_WORLD_SIZE", "12"}, "mpirun", 12, 0},
    {{"PMI_SIZE", "12", "MPI_LOCALNRANKS", "6"}, "mpirun", 12, 6},
    {{"PRTE_JOB_SIZE", "12"}, "mpirun", 12, 0},
    {{"PMI_SIZE", "12"}, "PMI", 12, 0},
    /* An allocation of Slurm, but not a rank of srun. */
    {{"SLURM_STEP_NUM_TASKS", "4"}, "none", 0, 0},
    {{"SLURM_STEP_NUM_TASKS", "4", "SLURM_PROCID", "0"}, "srun", 4, 0},
    {{"SLURM_STEP_NUM_TASKS", "40", "SLURM_PROCID", "0", "SLURM_STEP_TASKS_PER_NODE", "16(x2),8",
      "SLURM_NODEID", "1"},
     "srun",
     40,
     16},
    {{"SLURM_STEP_NUM_TASKS", "40", "SLURM_PROCID", "39", "SLURM_STEP_TASKS_PER_NODE", "16(x2),8",
      "SLURM_NODEID", "2"},
     "srun",
     40,
     8},
    {{"SLURM_STEP_NUM_TASKS", "40", "SLURM_PROCID", "39", "SLURM_STEP_TASKS_PER_NODE", "16(x2),8",
      "SLURM_NODEID", "3"},
     "srun",
     40,
     0},
    {{"SLURM_STEP_NUM_TASKS", "2", "SLURM_PROCID", "0", "SLURM_STEP_TASKS_PER_NODE", "2(y3",
      "SLURM_NODEID", "1"},
     "srun",
     2,
     0},
    {{"SLURM_STEP_NUM_TASKS", "2", "SLURM_PROCID", "0", "SLURM_STEP_TASKS_PER_NODE", "2(x3",
      "SLURM_NODEID", "1"},
     "srun",
     2,
     0},
    /* srun --mpi=pmi2 */
    {{"SLURM_STEP_NUM_TASKS", "4", "SLURM_PROCID", "1", "PMI_SIZE", "4"}, "srun", 4, 0},
    /* mpirun inside an allocation: its helpers are srun's. */
    {{"OMPI_COMM_WORLD_SIZE", "2", "OMPI_COMM_WORLD_LOCAL_SIZE", "1", "SLURM_STEP_NUM_TASKS", "4",
      "SLURM_PROCID", "0"},
     "mpirun",
     2,
     1},
    {{"PMI_SIZE", "8", "MPI_LOCALNRANKS", "4", "SLURM_STEP_NUM_TASKS", "2", "SLURM_PROCID", "0"},
     "mpirun",
     8,
     4},
    {{"OMPI_COMM_WORLD_SIZE", "many", "OMPI_COMM_WORLD_LOCAL_SIZE", "-1"}, "mpirun", 0, 0},
};

static void test_examples(void **state) {
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    const example *e = &examples[i];
    forget(state);
    for (int v = 0; e->environment[v]; v += 2) setenv(e->environment[v], e->environment[v + 1], 1);
    assert_string_equal(ls_launcher_name(), e->launcher);
    assert_int_equal(ls_launcher_ranks(), e->ranks);
    assert_int_equal(ls_launcher_node_ranks(), e->node_ranks);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_examples, forget, forget),
  };
  return cmocka_run_group_tests_name("launcher", tests, NULL, NULL);
}
