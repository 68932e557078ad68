/* Packed files, the suite's own: the writer. Layout of the files: README.md of this folder. */
#ifndef LS_DATASETS_PACKED_PACKED_WRITER_H
#define LS_DATASETS_PACKED_PACKED_WRITER_H

#include "datasets/event_layout.h"

typedef struct ls_packed_writer ls_packed_writer;
typedef struct ls_packed_encoder ls_packed_encoder; /* packed_encode.h */
typedef struct ls_packed_row ls_packed_row;         /* packed_format.h */

/* Begins a file beside path (see base/output_file.h). The layout is copied; a plane has less than
 * 2^32 pixels. Returns LS_OK, LS_MISMATCH (a layout out of range), LS_IO, LS_MEMORY or
 * LS_UNAVAILABLE (no HDF5). */
ls_status ls_packed_writer_open(const char *path, const ls_event_layout *layout,
                                ls_packed_writer **writer, ls_error *error);

/* Adds an event. planes[geometry.planes]: the pixels of the full geometry (index = row * columns +
 * column, strictly rising), values finite, and of type int32 whole numbers in its range; zeros are
 * left out. info: label (a class, or -1), pdg, run, subrun and event are kept; NULL: unknown.
 * truth: the layout's columns, one after the other (the sum of their widths); NULL: NaN. Returns
 * LS_OK, LS_VALUE (a value that the type does not hold, an index out of range or order, an unknown
 * label: nothing is written), LS_IO or LS_MEMORY. */
ls_status ls_packed_writer_append(ls_packed_writer *writer, const ls_pixels *planes,
                                  const ls_event_info *info, const double *truth, ls_error *error);

/* Adds an event that was encoded before, as this file's next, by ls_packed_encode_begin and _add:
 * row's pixels and bytes are of it. LS_INTERNAL: it was encoded as another. */
ls_status ls_packed_writer_append_record(ls_packed_writer *writer, const ls_packed_encoder *encoder,
                                         const ls_packed_row *row, const ls_event_info *info,
                                         const double *truth, ls_error *error);

/* Completes the file under its final name, or removes it and returns LS_IO, or LS_FORMAT if no
 * event was added; frees the writer in any case. */
ls_status ls_packed_writer_finish(ls_packed_writer *writer, ls_error *error);

/* Removes the unfinished file and frees the writer. NULL is allowed. */
void ls_packed_writer_discard(ls_packed_writer *writer);

#endif
