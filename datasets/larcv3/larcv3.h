/* larcv3 HDF5 files: the reader of sparse 2-D images. */
#ifndef LS_DATASETS_LARCV3_LARCV3_H
#define LS_DATASETS_LARCV3_LARCV3_H

#include "datasets/source.h"

/* 1 if the content is an HDF5 file with a group /Data. */
int ls_larcv3_recognise(const char *path);

/* As ls_source_open; producer: NAME of a group sparse2d_NAME_group, NULL: the first of them. */
ls_status ls_larcv3_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error);

#endif
