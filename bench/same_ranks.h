/* Ranks that were started unlike each other: another build of the program on a node, other options
 * (mpirun's "A : B"), another state of a file. Found before anything is computed from it, with one
 * line that names rank and difference. All ranks together; an error is every rank's. */
#ifndef LS_BENCH_SAME_RANKS_H
#define LS_BENCH_SAME_RANKS_H

#include "bench/job.h"

struct cJSON;

/* Version, revision and build of the program, its MPI, and the arguments (without argv[0], as
 * places may differ). LS_MISMATCH, LS_MEMORY or LS_COMM. */
ls_status ls_same_program(ls_comm *comm, int argc, char **argv, ls_error *error);

/* Backend, network, and the events: number, image policy; names, sizes and times of modification of
 * the files, also those of --validation, --labels and --weights. As above, and LS_IO. */
ls_status ls_same_input(ls_comm *comm, const ls_settings *settings, const ls_job *job,
                        ls_error *error);

/* Compares facts, an object of texts, with rank 0's, and frees it (NULL: LS_MEMORY). advice: what
 * to do if they differ. */
ls_status ls_same_facts(ls_comm *comm, struct cJSON *facts, const char *advice, ls_error *error);

/* The first fact that differs, in order: "another NAME: A there, B on rank 0"; 0 if none does. */
int ls_same_difference(const struct cJSON *own, const struct cJSON *root, char *text,
                       size_t length);

#endif
