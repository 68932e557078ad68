/* Packed files, the suite's own: the reader. Layout of the files: README.md of this folder. */
#ifndef LS_DATASETS_PACKED_PACKED_H
#define LS_DATASETS_PACKED_PACKED_H

#include "datasets/source.h"

/* 1 if the content is an HDF5 file with a group /packed. */
int ls_packed_recognise(const char *path);

/* As ls_source_open; producer: NULL, or the name of the image set that was packed ("wires"). */
ls_status ls_packed_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error);

#endif
