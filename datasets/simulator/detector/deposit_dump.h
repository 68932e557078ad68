/* What the detector makes of each deposit, as an HDF5 file (README.md of this folder). */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_DEPOSIT_DUMP_H
#define LS_DATASETS_SIMULATOR_DETECTOR_DEPOSIT_DUMP_H

#include "datasets/simulator/detector/readout.h"

typedef struct ls_deposit_dump ls_deposit_dump;

/* Begins the file beside path. Returns LS_OK, LS_IO or LS_MEMORY. */
ls_status ls_deposit_dump_open(const char *path, ls_deposit_dump **dump, ls_error *error);

/* Adds the deposits of an event, for which the readout has just been used. LS_OK, LS_IO, LS_MEMORY.
 */
ls_status ls_deposit_dump_add(ls_deposit_dump *dump, int64_t event, const ls_deposits *deposits,
                              const ls_readout_view *view, ls_error *error);

/* Gives the file its name. LS_OK or LS_IO; frees dump in any case. */
ls_status ls_deposit_dump_finish(ls_deposit_dump *dump, ls_error *error);
void ls_deposit_dump_discard(ls_deposit_dump *dump); /* NULL is allowed */

#endif
