/* Whole events into a file of the format that the user chose. */
#ifndef LS_BENCH_EVENT_WRITER_H
#define LS_BENCH_EVENT_WRITER_H

#include "datasets/kevlar/kevlar_writer.h"
#include "datasets/packed/packed_writer.h"

typedef struct ls_event_writer {
  ls_kevlar_writer *kevlar; /* one of the two */
  ls_packed_writer *packed;
} ls_event_writer;

/* format: "packed", "kevlar" or NULL (kevlar). Messages and statuses are those of the writers. */
ls_status ls_event_writer_open(ls_event_writer *writer, const char *format, const char *path,
                               const ls_event_layout *layout, ls_error *error);
ls_status ls_event_writer_append(ls_event_writer *writer, const ls_pixels *planes,
                                 const ls_event_info *info, const double *truth, ls_error *error);
ls_status ls_event_writer_finish(ls_event_writer *writer, ls_error *error);
void ls_event_writer_discard(ls_event_writer *writer);

#endif
