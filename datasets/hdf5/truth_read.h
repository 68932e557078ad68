/* What a file knows of its simulated events, as text. */
#ifndef LS_DATASETS_HDF5_TRUTH_READ_H
#define LS_DATASETS_HDF5_TRUTH_READ_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* "momentum 0.75 (p [GeV/c]), vertex 1, 2, 3 (x, y, z [cm])": the sets of group /truth of at most
 * six values an event that are known (not NaN), by name. Empty: no HDF5, or no such group. Returns
 * LS_OK or LS_FORMAT (a set that is damaged or has no row for the event). */
ls_status ls_truth_text(const char *path, size_t event, char *text, size_t size, ls_error *error);

#endif
