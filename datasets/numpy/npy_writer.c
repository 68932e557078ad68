#include "datasets/numpy/npy_writer.h"

#include "base/output_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ls_npy_writer {
  ls_output_file file;
  uint64_t expected, written; /* bytes of the array */
};

/* Version 1.0: magic, length of the header, a Python dictionary padded with spaces so that the
 * array begins at a multiple of 64 (numpy.lib.format's documentation). */
static void write_header(ls_output_file *file, ls_npy_type type, const size_t *shape, int rank) {
  char text[256], sides[128] = "";
  for (int i = 0; i < rank; i++) {
    size_t used = strlen(sides);
    snprintf(sides + used, sizeof sides - used, "%zu,%s", shape[i], i < rank - 1 ? " " : "");
  }
  int length =
      snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
               type == LS_NPY_FLOAT32 ? "<f4" : "<i8", sides);
  int header = (10 + length + 1 + 63) / 64 * 64 - 10;
  const unsigned char start[10] = {0x93,
                                   'N',
                                   'U',
                                   'M',
                                   'P',
                                   'Y',
                                   1,
                                   0,
                                   (unsigned char)(header & 0xff),
                                   (unsigned char)(header >> 8)};
  char padded[512];
  snprintf(padded, sizeof padded, "%-*s\n", header - 1, text);
  ls_output_write(file, start, sizeof start);
  ls_output_write(file, padded, (size_t)header);
}

ls_status ls_npy_writer_open(const char *path, ls_npy_type type, const size_t *shape, int rank,
                             ls_npy_writer **out, ls_error *error) {
  *out = NULL;
  ls_npy_writer *writer = calloc(1, sizeof *writer);
  if (!writer) return ls_fail(error, LS_MEMORY, "%s: no memory to write it", path);
  ls_status status = ls_output_open(&writer->file, path, error);
  if (status != LS_OK) {
    free(writer);
    return status;
  }
  writer->expected = type == LS_NPY_FLOAT32 ? 4 : 8;
  for (int i = 0; i < rank; i++) writer->expected *= shape[i];
  write_header(&writer->file, type, shape, rank);
  *out = writer;
  return LS_OK;
}

void ls_npy_writer_append(ls_npy_writer *writer, const void *data, size_t bytes) {
  ls_output_write(&writer->file, data, bytes);
  writer->written += bytes;
}

ls_status ls_npy_writer_finish(ls_npy_writer *writer, ls_error *error) {
  ls_status status;
  if (writer->written == writer->expected)
    status = ls_output_commit(&writer->file, error);
  else
    status = ls_fail(error, LS_INTERNAL, "%s: %llu bytes were written of %llu", writer->file.path,
                     (unsigned long long)writer->written, (unsigned long long)writer->expected);
  ls_npy_writer_discard(writer);
  return status;
}

void ls_npy_writer_discard(ls_npy_writer *writer) {
  if (!writer) return;
  ls_output_discard(&writer->file);
  free(writer);
}
