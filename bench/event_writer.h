/* Whole events into a file of the format that the user chose. */
#ifndef LS_BENCH_EVENT_WRITER_H
#define LS_BENCH_EVENT_WRITER_H

#include "datasets/kevlar/kevlar_writer.h"
#include "datasets/kevlar/waveform_deflate.h"
#include "datasets/packed/packed_writer.h"

/* What all events of a file share, whatever its format. */
typedef ls_packed_layout ls_event_layout;

typedef struct ls_event_writer {
  ls_kevlar_writer *kevlar; /* one of the two */
  ls_packed_writer *packed;
} ls_event_writer;

/* An event of whole waveforms, as the file will hold it: made piece by piece, by any thread.
 * Zero-initialise. */
typedef struct ls_waveform_event {
  int packed;
  ls_waveform_deflate deflate;
  ls_packed_encoder encoder;
  ls_packed_row row;
  ls_pixels piece;
} ls_waveform_event;

/* number: of the event in its file. Values of a plane come tick by tick, [ticks][wires], planes
 * rising; columns: wires of the file. LS_OK, LS_MEMORY or LS_INTERNAL. */
ls_status ls_waveform_event_begin(ls_waveform_event *event, const char *format, size_t number,
                                  ls_error *error);
ls_status ls_waveform_event_add(ls_waveform_event *event, int plane, const uint16_t *values,
                                int first_tick, int ticks, int wires, int columns, ls_error *error);
ls_status ls_waveform_event_end(ls_waveform_event *event, ls_error *error);
void ls_waveform_event_destroy(ls_waveform_event *event);

/* format: "packed", "kevlar" or NULL (kevlar). Messages and statuses are those of the writers. */
ls_status ls_event_writer_open(ls_event_writer *writer, const char *format, const char *path,
                               const ls_event_layout *layout, ls_error *error);
ls_status ls_event_writer_append(ls_event_writer *writer, const ls_pixels *planes,
                                 const ls_event_info *info, const double *truth, ls_error *error);
ls_status ls_event_writer_append_waveforms(ls_event_writer *writer, const ls_waveform_event *event,
                                           const ls_event_info *info, const double *truth,
                                           ls_error *error);
ls_status ls_event_writer_finish(ls_event_writer *writer, ls_error *error);
void ls_event_writer_discard(ls_event_writer *writer);

#endif
