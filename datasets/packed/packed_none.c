/* The twin of the writer in builds without HDF5. */
#include "datasets/packed/packed_writer.h"

static const char unavailable[] =
    "%s: packed files need HDF5, which this build has not; install it and build again";

ls_status ls_packed_writer_open(const char *path, const ls_event_layout *layout,
                                ls_packed_writer **writer, ls_error *error) {
  (void)layout;
  *writer = NULL;
  return ls_fail(error, LS_UNAVAILABLE, unavailable, path);
}

ls_status ls_packed_writer_append(ls_packed_writer *writer, const ls_pixels *planes,
                                  const ls_event_info *info, const double *truth, ls_error *error) {
  (void)writer, (void)planes, (void)info, (void)truth;
  return ls_fail(error, LS_UNAVAILABLE, unavailable, "writer");
}

ls_status ls_packed_writer_finish(ls_packed_writer *writer, ls_error *error) {
  (void)writer;
  return ls_fail(error, LS_UNAVAILABLE, unavailable, "writer");
}

void ls_packed_writer_discard(ls_packed_writer *writer) {
  (void)writer;
}
