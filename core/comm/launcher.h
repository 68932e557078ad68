/* Whether a parallel launcher started this process, as its environment says: known before MPI
 * starts. */
#ifndef LS_COMM_LAUNCHER_H
#define LS_COMM_LAUNCHER_H

/* "mpirun", "srun", "PMI" (another that speaks PMI), or "none". */
const char *ls_launcher_name(void);

/* Number of ranks that the launcher announced; 0 if there is none. */
int ls_launcher_ranks(void);

/* Ranks of this node; 0 if there is no launcher, or it does not say. */
int ls_launcher_node_ranks(void);

#endif
