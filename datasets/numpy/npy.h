/* NumPy arrays (.npy): the reader of event images, and of label files. */
#ifndef LS_DATASETS_NUMPY_NPY_H
#define LS_DATASETS_NUMPY_NPY_H

#include "datasets/source.h"

/* 1 if the content begins as a .npy file does. */
int ls_npy_recognise(const char *path);

/* As ls_source_open: float32 or int32, little-endian, C order, [events, rows, columns] or
 * [events, rows, columns, planes] with 1 to LS_MAX_PLANES planes. producer is not used. A file that
 * is shorter or longer than its header says is LS_FORMAT; an integer beyond 2^24 is LS_VALUE when
 * it is read. Memory: a block of 64 Ki pixels. */
ls_status ls_npy_open(const char *path, const char *producer, ls_source **source, ls_error *error);

/* Reads an array of integers of any width, or of floats that are whole numbers, of shape [count] or
 * [count, 1]. *values is the caller's, to be freed with free(), NULL on failure. Returns LS_OK,
 * LS_IO, LS_FORMAT, LS_VALUE (not a whole number, or beyond 2^53) or LS_MEMORY. */
ls_status ls_npy_read_integers(const char *path, int64_t **values, size_t *count, ls_error *error);

#endif
