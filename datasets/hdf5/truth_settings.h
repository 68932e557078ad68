/* Whether a file holds what would be written. */
#ifndef LS_DATASETS_HDF5_TRUTH_SETTINGS_H
#define LS_DATASETS_HDF5_TRUTH_SETTINGS_H

#include <stddef.h>

/* 1: path is a whole HDF5 file whose truth has these settings (LS_TRUTH_SETTINGS) and, in data set
 * /truth/NAME, so many events. */
int ls_truth_settings_match(const char *path, const char *settings, const char *name,
                            size_t events);

#endif
