/* What a result depends on, as JSON: env.json of a run, and what `larscale info` prints. */
#ifndef LS_BENCH_ENVIRONMENT_H
#define LS_BENCH_ENVIRONMENT_H

#include "bench/job.h"

struct cJSON;

/* program (version, revision, compiler, flags), libraries, backends, machine, variables (OMP_* and
 * the like: a list of known names, never the whole environment). Freed with cJSON_Delete. */
ls_status ls_environment_describe(struct cJSON **environment, ls_error *error);

/* The same with the run: command line, options in force, data set, network, ranks and threads.
 * kernels: what the operators say of themselves, or NULL. data_checksum: of all images. */
ls_status ls_environment_of_run(const ls_settings *settings, const ls_job *job, const ls_comm *comm,
                                const char *kernels, const char *data_checksum,
                                struct cJSON **environment, ls_error *error);

/* Adds name, version, revision, compiler, flags and build_type of this program to an object. */
void ls_environment_program(struct cJSON *program);

const char *ls_revision(void); /* "1a2b3c4d5e6f", with "-dirty", or "unknown" */

#endif
