#include "bench/event_writer.h"

#include <string.h>

ls_status ls_event_writer_open(ls_event_writer *writer, const char *format, const char *path,
                               const ls_event_layout *layout, ls_error *error) {
  *writer = (ls_event_writer){0};
  if (format && !strcmp(format, "packed"))
    return ls_packed_writer_open(path, layout, &writer->packed, error);
  return ls_kevlar_writer_open(path, layout, &writer->kevlar, error);
}

ls_status ls_event_writer_append(ls_event_writer *writer, const ls_pixels *planes,
                                 const ls_event_info *info, const double *truth, ls_error *error) {
  if (writer->packed) return ls_packed_writer_append(writer->packed, planes, info, truth, error);
  return ls_kevlar_writer_append_truth(writer->kevlar, planes, info ? info->label : -1, truth,
                                       error);
}

ls_status ls_event_writer_finish(ls_event_writer *writer, ls_error *error) {
  return writer->packed ? ls_packed_writer_finish(writer->packed, error)
                        : ls_kevlar_writer_finish(writer->kevlar, error);
}

void ls_event_writer_discard(ls_event_writer *writer) {
  ls_packed_writer_discard(writer->packed);
  ls_kevlar_writer_discard(writer->kevlar);
  *writer = (ls_event_writer){0};
}
