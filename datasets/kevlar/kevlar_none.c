/* The twins of the reader and the writer in builds without HDF5. */
#include "datasets/kevlar/kevlar.h"
#include "datasets/kevlar/kevlar_writer.h"

#include <stdio.h>
#include <string.h>

static const char unavailable[] =
    "%s: KevLAr files need HDF5, which this build has not; install it "
    "and build again";

/* Any HDF5 file, so that opening it can say what is missing. */
int ls_kevlar_recognise(const char *path) {
  char begin[8] = "";
  FILE *file = fopen(path, "rb");
  if (!file) return 0;
  size_t got = fread(begin, 1, sizeof begin, file);
  fclose(file);
  return got == sizeof begin && !memcmp(begin, "\211HDF\r\n\032\n", sizeof begin);
}

ls_status ls_kevlar_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error) {
  (void)producer;
  *source = NULL;
  return ls_fail(error, LS_UNAVAILABLE, unavailable, path);
}

ls_status ls_kevlar_writer_open(const char *path, const ls_kevlar_layout *layout,
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

ls_status ls_kevlar_writer_finish(ls_kevlar_writer *writer, ls_error *error) {
  (void)writer;
  return ls_fail(error, LS_UNAVAILABLE, unavailable, "writer");
}

void ls_kevlar_writer_discard(ls_kevlar_writer *writer) {
  (void)writer;
}
