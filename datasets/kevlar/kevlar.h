/* KevLAr HDF5 files: the reader. Layout of the files: README.md of this folder. */
#ifndef LS_DATASETS_KEVLAR_KEVLAR_H
#define LS_DATASETS_KEVLAR_KEVLAR_H

#include "datasets/source.h"

/* 1 if the content is an HDF5 file with a group /image. */
int ls_kevlar_recognise(const char *path);

/* As ls_source_open; producer: "wires", "rawdigits", NULL (the first of these that is there). */
ls_status ls_kevlar_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error);

#endif
