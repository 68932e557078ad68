/* KevLAr HDF5 files: the writer. Layout of the files: README.md of this folder. */
#ifndef LS_DATASETS_KEVLAR_KEVLAR_WRITER_H
#define LS_DATASETS_KEVLAR_KEVLAR_WRITER_H

#include "datasets/event_layout.h"
#include "datasets/kevlar/sparse_deflate.h"

typedef struct ls_kevlar_writer ls_kevlar_writer;

/* Begins a file beside path (see base/output_file.h). The layout is copied; an event is below 4 GB.
 * Returns LS_OK, LS_MISMATCH (a layout out of range), LS_IO, LS_MEMORY or LS_UNAVAILABLE. */
ls_status ls_kevlar_writer_open(const char *path, const ls_event_layout *layout,
                                ls_kevlar_writer **writer, ls_error *error);

/* Adds an event. planes[geometry.planes]: the pixels of the full geometry (index = row * columns +
 * column, strictly rising), values finite, and of type int32 whole numbers in its range; zeros are
 * allowed. label: the class of its one particle, or -1: a row of zeros. Returns LS_OK, LS_VALUE (a
 * value that the type does not hold, an index out of range or order, an unknown label: nothing is
 * written), LS_IO or LS_MEMORY. */
ls_status ls_kevlar_writer_append(ls_kevlar_writer *writer, const ls_pixels *planes, int label,
                                  ls_error *error);

/* The same, with the event's truth: the layout's columns, one after the other (the sum of their
 * widths); NULL: NaN. */
ls_status ls_kevlar_writer_append_truth(ls_kevlar_writer *writer, const ls_pixels *planes,
                                        int label, const double *truth, ls_error *error);

/* Adds an event that is compressed already: the zlib stream of all its words (waveform_deflate.h).
 */
ls_status ls_kevlar_writer_append_stream(ls_kevlar_writer *writer, const ls_deflate_buffer *stream,
                                         int label, const double *truth, ls_error *error);

/* Completes the file under its final name, or removes it and returns LS_IO, or LS_FORMAT if no
 * event was added; frees the writer in any case. */
ls_status ls_kevlar_writer_finish(ls_kevlar_writer *writer, ls_error *error);

/* Removes the unfinished file and frees the writer. NULL is allowed. */
void ls_kevlar_writer_discard(ls_kevlar_writer *writer);

#endif
