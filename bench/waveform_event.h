/* Events of whole waveforms, too large to be in memory as pixels, on their way into a file. */
#ifndef LS_BENCH_WAVEFORM_EVENT_H
#define LS_BENCH_WAVEFORM_EVENT_H

#include "bench/event_writer.h"
#include "datasets/kevlar/waveform_deflate.h"
#include "datasets/packed/packed_encode.h"

/* An event as the file will hold it: made piece by piece, by any thread. Zero-initialise. */
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

/* Appends a whole event; for the rest, as ls_event_writer_append. */
ls_status ls_event_writer_append_waveforms(ls_event_writer *writer, const ls_waveform_event *event,
                                           const ls_event_info *info, const double *truth,
                                           ls_error *error);

#endif
