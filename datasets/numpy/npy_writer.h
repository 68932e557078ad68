/* NumPy arrays (.npy): writers of images and labels. */
#ifndef LS_DATASETS_NUMPY_NPY_WRITER_H
#define LS_DATASETS_NUMPY_NPY_WRITER_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct ls_npy_writer ls_npy_writer;

typedef enum ls_npy_type { LS_NPY_FLOAT32, LS_NPY_INT64 } ls_npy_type;

/* Begins a file beside path (see base/output_file.h): a C-ordered array of that type and shape,
 * rank 1 to 4. Returns LS_OK, LS_IO or LS_MEMORY. */
ls_status ls_npy_writer_open(const char *path, ls_npy_type type, const size_t *shape, int rank,
                             ls_npy_writer **writer, ls_error *error);

/* The next bytes of the array. Write errors are reported by ls_npy_writer_finish. */
void ls_npy_writer_append(ls_npy_writer *writer, const void *data, size_t bytes);

/* Completes the file under its final name. LS_IO if writing failed, LS_INTERNAL if more or less was
 * appended than the shape says; nothing is left then. Frees the writer in any case. */
ls_status ls_npy_writer_finish(ls_npy_writer *writer, ls_error *error);
void ls_npy_writer_discard(ls_npy_writer *writer); /* NULL is allowed */

#endif
