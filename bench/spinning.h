/* Threads that wait for each other must sleep, not spin, where they share cores with those of other
 * ranks. */
#ifndef LS_BENCH_SPINNING_H
#define LS_BENCH_SPINNING_H

/* To be called first of all in main. Starts the program again from its beginning, with
 * OMP_WAIT_POLICY=passive and LARSCALE_RESTARTED=1 in the environment, if the ranks of this node
 * have more threads than there are processors and the user did not choose how threads wait
 * (OMP_WAIT_POLICY, GOMP_SPINCOUNT). Else, or if that fails, it returns.
 *
 * Why: libgomp's threads spin for milliseconds at the end of each parallel region. Within one
 * process it sees when there are too many threads, and stops that; of other processes on the same
 * cores it knows nothing, so their threads wait for a core that is busy with waiting. libgomp reads
 * its environment when it is loaded, before main, and has no call to change it later; and MPI
 * cannot be started twice, so this must come before it. */
void ls_spinning_avoid(int argc, char **argv);

/* The decision: node_ranks (0: not known) x threads (0: no wish) against the processors of this
 * process and of the node. */
int ls_spinning_harms(int node_ranks, int threads, int processors, int node_processors);

/* Value of the last --threads N or --threads=N among the arguments, 0 if none. */
long ls_spinning_threads(int argc, char **argv);

#endif
