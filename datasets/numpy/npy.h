/* NumPy arrays (.npy): the reader of event images, and of label files. */
#ifndef LS_DATASETS_NUMPY_NPY_H
#define LS_DATASETS_NUMPY_NPY_H

#include "datasets/source.h"

/* 1 if the content begins as a .npy file does. */
int ls_npy_recognise(const char *path);

/* As ls_source_open: float32 or int32, [events, rows, columns] or [events, rows, columns, planes],
 * C order. producer is not used. */
ls_status ls_npy_open(const char *path, const char *producer, ls_source **source, ls_error *error);

#endif
