/* Energy deposits from Geant4 or another program, in an HDF5 file (README.md of this folder). */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_DEPOSIT_FILE_H
#define LS_DATASETS_SIMULATOR_DETECTOR_DEPOSIT_FILE_H

#include "datasets/simulator/deposits.h"

typedef struct ls_deposit_file ls_deposit_file;

/* Reads the file once and checks every row: LS_IO, LS_FORMAT (no data set /deposits, a column that
 * is missing or of another type, events that are not together), LS_VALUE (NaN, infinite, a negative
 * energy or length, beyond 10 km or 10 TeV), each naming column and row; LS_MEMORY. */
ls_status ls_deposit_file_open(const char *path, ls_deposit_file **file, ls_error *error);
void ls_deposit_file_close(ls_deposit_file *file); /* NULL is allowed */

size_t ls_deposit_file_events(const ls_deposit_file *file);
uint64_t ls_deposit_file_rows(const ls_deposit_file *file);
uint64_t ls_deposit_file_checksum(const ls_deposit_file *file); /* of all values read */

/* The deposits of event number index (from 0, in the file's order) replace those in deposits;
 * *event is what the file calls it. One thread at a time. Returns LS_OK, LS_FORMAT or LS_MEMORY. */
ls_status ls_deposit_file_read(ls_deposit_file *file, size_t index, ls_deposits *deposits,
                               int64_t *event, ls_error *error);

#endif
