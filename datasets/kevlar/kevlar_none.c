/* The twin of the writer in builds without HDF5. */
#include "datasets/kevlar/kevlar_writer.h"

static const char unavailable[] =
    "%s: KevLAr files need HDF5, which this build has not; install it "
    "and build again";

ls_status ls_kevlar_writer_open(const char *path, const ls_event_layout *layout,
                                ls_kevlar_writer **writer, ls_error *error) {
  (void)layout;
  *writer = NULL;
  return ls_fail(error, LS_UNAVAILABLE, unavailable, path);
}

ls_status ls_kevlar_writer_append(ls_kevlar_writer *writer, const ls_pixels *planes, int label,
                                  ls_error *error) {
  (void)writer, (void)planes, (void)label;
  return ls_fail(error, LS_UNAVAILABLE, unavailable, "writer");
}

ls_status ls_kevlar_writer_append_truth(ls_kevlar_writer *writer, const ls_pixels *planes,
                                        int label, const double *truth, ls_error *error) {
  (void)truth;
  return ls_kevlar_writer_append(writer, planes, label, error);
}

ls_status ls_kevlar_writer_finish(ls_kevlar_writer *writer, ls_error *error) {
  (void)writer;
  return ls_fail(error, LS_UNAVAILABLE, unavailable, "writer");
}

void ls_kevlar_writer_discard(ls_kevlar_writer *writer) {
  (void)writer;
}
