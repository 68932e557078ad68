/* Reads and writes weights for the scripts that compare with other programs' readers and writers.
 *
 * usage: weights_program write|read|dump FILE NETWORK SIZE PLANES VALUES
 *   write  VALUES (raw float32 in arena order) become the weights file FILE
 *   read   the weights file FILE becomes VALUES
 *   dump   VALUES become a step dump of two images: gradients first, then logits, probabilities
 * NETWORK: file of ls_network_read, or - for the study's.
 * A failure prints "status N: message" on the standard error. Exit code: 0, 1 failed, 2 usage. */
#include "weights/keras_weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DUMPED_IMAGES = 2 };

static ls_status move_values(const char *path, const char *mode, float *values, size_t count,
                             ls_error *error) {
  FILE *file = fopen(path, mode);
  if (!file) return ls_fail(error, LS_IO, "%s: cannot be opened", path);
  size_t moved = *mode == 'r' ? fread(values, 4, count, file) : fwrite(values, 4, count, file);
  if (fclose(file) || moved != count)
    return ls_fail(error, LS_IO, "%s: %zu of %zu values", path, moved, count);
  return LS_OK;
}

static ls_status run(char **arguments, const ls_network_spec *spec, float *values,
                     ls_error *error) {
  const char *what = arguments[1], *path = arguments[2], *raw = arguments[6];
  size_t count = ls_network_parameter_count(spec);
  if (!strcmp(what, "read")) {
    LS_TRY(ls_keras_weights_read(path, spec, values, error));
    return move_values(raw, "wb", values, count, error);
  }
  if (!strcmp(what, "write")) {
    LS_TRY(move_values(raw, "rb", values, count, error));
    return ls_keras_weights_write(path, spec, values, error);
  }
  size_t scores = DUMPED_IMAGES * (size_t)ls_network_classes(spec);
  LS_TRY(move_values(raw, "rb", values, count + 2 * scores, error));
  ls_step_dump dump = {.loss = 1.0 / 3,
                       .batch = DUMPED_IMAGES,
                       .classes = ls_network_classes(spec),
                       .logits = values + count,
                       .probabilities = values + count + scores,
                       .gradients = values};
  return ls_step_dump_write(path, spec, &dump, error);
}

int main(int count, char **arguments) {
  if (count != 7) {
    fputs("usage: weights_program write|read|dump FILE NETWORK SIZE PLANES VALUES\n", stderr);
    return 2;
  }
  ls_error error = {0};
  ls_network_spec spec =
      ls_network_study((int)strtol(arguments[4], NULL, 10), (int)strtol(arguments[5], NULL, 10));
  ls_status status = LS_OK;
  if (strcmp(arguments[3], "-")) status = ls_network_read(&spec, arguments[3], &error);
  if (status == LS_OK) status = ls_network_check(&spec, &error);
  if (status == LS_OK) {
    float *values = calloc(ls_network_parameter_count(&spec) + 1000, sizeof *values);
    status = values ? run(arguments, &spec, values, &error) : LS_MEMORY;
    free(values);
  }
  if (status == LS_OK) return 0;
  fprintf(stderr, "status %d: %s\n", status, error.message);
  return 1;
}
