/* Whether a parallel launcher started this process. */
#ifndef LS_COMM_LAUNCHER_H
#define LS_COMM_LAUNCHER_H

/* Number of ranks that mpirun, srun or another PMI launcher announced in the environment; 0 if
 * none. */
int ls_launcher_ranks(void);

#endif
