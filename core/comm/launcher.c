#include "comm/launcher.h"

#include <limits.h>
#include <stdlib.h>

typedef struct launcher {
  const char *name;
  const char *ranks;      /* variable with the number of ranks */
  const char *mark;       /* must be there too, unless NULL */
  const char *node_ranks; /* variable with the number of this node, or with those of all nodes */
  const char *node; /* NULL: the former; else the variable with this node's place in the list */
} launcher;

/* The first that fits. mpirun inside an allocation of Slurm may start its helpers by srun, so it
 * comes before; a rank of srun --mpi=pmi2 has PMI_SIZE too, so the plain PMI comes after. Slurm
 * sets the number of tasks in a whole allocation; only a rank of srun has SLURM_PROCID. */
static const launcher launchers[] = {
    {"mpirun", "OMPI_COMM_WORLD_SIZE", NULL, "OMPI_COMM_WORLD_LOCAL_SIZE", NULL}, /* Open MPI */
    {"mpirun", "PMI_SIZE", "MPI_LOCALNRANKS", "MPI_LOCALNRANKS", NULL}, /* MPICH, Intel MPI */
    {"mpirun", "PRTE_JOB_SIZE", NULL, NULL, NULL},                      /* PRRTE */
    {"srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_STEP_TASKS_PER_NODE", "SLURM_NODEID"},
    {"PMI", "PMI_SIZE", NULL, NULL, NULL},
};

static const launcher *find(void) {
  for (unsigned i = 0; i < sizeof launchers / sizeof *launchers; i++)
    if (getenv(launchers[i].ranks) && (!launchers[i].mark || getenv(launchers[i].mark)))
      return &launchers[i];
  return NULL;
}

/* The number at the start of a text, 0 if there is none. */
static int number(const char *text) {
  long value = text ? strtol(text, NULL, 10) : 0;
  return value > 0 && value <= INT_MAX ? (int)value : 0;
}

/* Entry number node of a list as Slurm writes it, "16(x2),8" being 16, 16, 8; 0 if it ends before.
 */
static int list_entry(const char *list, int node) {
  while (*list) {
    char *end;
    long value = strtol(list, &end, 10);
    if (end == list) return 0;
    long times = 1;
    if (end[0] == '(' && end[1] == 'x') {
      times = strtol(end + 2, &end, 10);
      if (*end++ != ')' || times < 1) return 0;
    }
    if (node < times) return value > 0 && value <= INT_MAX ? (int)value : 0;
    node -= (int)times;
    if (*end != ',') return 0;
    list = end + 1;
  }
  return 0;
}

const char *ls_launcher_name(void) {
  const launcher *l = find();
  return l ? l->name : "none";
}

int ls_launcher_ranks(void) {
  const launcher *l = find();
  return l ? number(getenv(l->ranks)) : 0;
}

int ls_launcher_node_ranks(void) {
  const launcher *l = find();
  const char *ranks = l && l->node_ranks ? getenv(l->node_ranks) : NULL;
  if (!ranks) return 0;
  if (!l->node) return number(ranks);
  return getenv(l->node) ? list_entry(ranks, number(getenv(l->node))) : 0;
}
