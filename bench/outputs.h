/* Files that a command writes where the user says: never over what it reads, and over another file
 * only on request. */
#ifndef LS_BENCH_OUTPUTS_H
#define LS_BENCH_OUTPUTS_H

#include "bench/options.h"
#include "datasets/dataset.h"

/* option: "--out", for the message; path: NULL is allowed (nothing to write). Before any work.
 * LS_USAGE: there is such a file, and no --overwrite; LS_IO: it could not be replaced. */
ls_status ls_output_wanted(const ls_settings *settings, const char *option, const char *path,
                           ls_error *error);

/* LS_USAGE if path is one of the files that are read: those of the data set, of labels, weights or
 * network; under whatever name. */
ls_status ls_output_is_no_input(const ls_settings *settings, const ls_dataset *dataset,
                                const char *option, const char *path, ls_error *error);

#endif
