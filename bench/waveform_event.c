#include "bench/waveform_event.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

ls_status ls_waveform_event_begin(ls_waveform_event *event, const char *format, size_t number,
                                  ls_error *error) {
  event->packed = format && !strcmp(format, "packed");
  if (!event->packed) return ls_waveform_deflate_begin(&event->deflate, error);
  ls_packed_encode_begin(&event->encoder, number, &event->row);
  return LS_OK;
}

static ls_status add_packed(ls_waveform_event *event, int plane, const uint16_t *values,
                            int first_tick, int ticks, int wires, int columns, ls_error *error) {
  enum { TICKS = 64 };
  ls_pixels *piece = &event->piece;
  LS_TRY(ls_pixels_reserve(piece, (size_t)TICKS * (size_t)wires, error));
  for (int t = 0; t < ticks;) {
    piece->count = 0;
    for (int end = t + TICKS < ticks ? t + TICKS : ticks; t < end; t++)
      for (int w = 0; w < wires; w++) {
        piece->index[piece->count] = (uint32_t)(first_tick + t) * (uint32_t)columns + (uint32_t)w;
        piece->value[piece->count++] = values[(size_t)t * (size_t)wires + (size_t)w];
      }
    LS_TRY(ls_packed_encode_add(&event->encoder, piece, plane, LS_VALUE_INT32, &event->row, error));
  }
  return LS_OK;
}

ls_status ls_waveform_event_add(ls_waveform_event *event, int plane, const uint16_t *values,
                                int first_tick, int ticks, int wires, int columns,
                                ls_error *error) {
  if (event->packed)
    return add_packed(event, plane, values, first_tick, ticks, wires, columns, error);
  return ls_waveform_deflate_add(&event->deflate, values, ticks, wires, columns, error);
}

ls_status ls_waveform_event_end(ls_waveform_event *event, ls_error *error) {
  return event->packed ? LS_OK : ls_waveform_deflate_end(&event->deflate, error);
}

void ls_waveform_event_destroy(ls_waveform_event *event) {
  free(event->deflate.stream.bytes);
  ls_packed_encoder_destroy(&event->encoder);
  ls_free(event->piece.index);
  ls_free(event->piece.value);
  *event = (ls_waveform_event){0};
}

ls_status ls_event_writer_append_waveforms(ls_event_writer *writer, const ls_waveform_event *event,
                                           const ls_event_info *info, const double *truth,
                                           ls_error *error) {
  if (writer->packed)
    return ls_packed_writer_append_record(writer->packed, &event->encoder, &event->row, info, truth,
                                          error);
  return ls_kevlar_writer_append_stream(writer->kevlar, &event->deflate.stream,
                                        info ? info->label : -1, truth, error);
}
