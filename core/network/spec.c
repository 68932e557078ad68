#define _POSIX_C_SOURCE 200809L
#include "network/spec.h"

#include "base/input_file.h"
#include "base/random.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ls_network_spec ls_network_study(int size, int planes) {
  return (ls_network_spec){.height = size,
                           .width = size,
                           .planes = planes,
                           .block_count = 4,
                           .dense_count = 2,
                           .kernel = 5,
                           .pool = 5,
                           .block_channels = {10, 64, 128, 256},
                           .dense_outputs = {32, 5}};
}

/* Reads whitespace-separated positive integers into values; returns how many, -1 on anything else.
 */
static int read_integers(char *text, int *values, int most) {
  int count = 0;
  for (char *end = text;; text = end) {
    text += strspn(text, " \t\r\n");
    if (!*text) return count;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || errno || value < 1 || value > 1 << 20 || count == most) return -1;
    values[count++] = (int)value;
  }
}

/* One line of a network file. seen: one bit for each key. */
static ls_status read_key(ls_network_spec *spec, char *line, const char *path, size_t number,
                          unsigned *seen, ls_error *error) {
  static const char *const keys[] = {"blocks", "dense", "kernel", "pool"};
  line[strcspn(line, "#")] = 0;
  char *key = line + strspn(line, " \t\r");
  if (!*key) return LS_OK;
  size_t length = strcspn(key, " \t\r");
  char *rest = key + length + (key[length] != 0);
  key[length] = 0;
  unsigned k = 0;
  while (k < 4 && strcmp(key, keys[k]) != 0) k++;
  if (k == 4)
    return ls_fail(error, LS_FORMAT,
                   "%s:%zu: unknown key '%s'; known are blocks, dense, kernel, pool", path, number,
                   key);
  if (*seen >> k & 1)
    return ls_fail(error, LS_FORMAT, "%s:%zu: %s is there already; name it once", path, number,
                   key);
  *seen |= 1u << k;
  int *const values[] = {spec->block_channels, spec->dense_outputs, &spec->kernel, &spec->pool};
  const int most[] = {LS_MAX_BLOCKS, LS_MAX_DENSE, 1, 1};
  int count = read_integers(rest, values[k], most[k]);
  if (k == 0) spec->block_count = count;
  if (k == 1) spec->dense_count = count;
  if (count >= 1) return LS_OK;
  return ls_fail(error, LS_FORMAT,
                 "%s:%zu: %s wants positive whole numbers (at most %d blocks, %d dense layers)",
                 path, number, key, LS_MAX_BLOCKS, LS_MAX_DENSE);
}

ls_status ls_network_read(ls_network_spec *spec, const char *path, ls_error *error) {
  FILE *file;
  LS_TRY(ls_input_stream(path, &file, error));
  char line[512];
  unsigned seen = 0;
  int found = 1;
  ls_status status = LS_OK;
  for (size_t number = 1; status == LS_OK && found; number++) {
    status = ls_input_line(file, path, number, line, sizeof line, &found, error);
    if (status == LS_OK && found) status = read_key(spec, line, path, number, &seen, error);
  }
  fclose(file);
  if (status == LS_OK && !seen)
    status = ls_fail(error, LS_FORMAT,
                     "%s: names nothing of a network; keys are blocks, dense, kernel, pool", path);
  return status;
}

ls_status ls_network_check(const ls_network_spec *spec, ls_error *error) {
  if (spec->planes < 1 || spec->planes > 3)
    return ls_fail(error, LS_MISMATCH, "a network takes 1, 2 or 3 planes, not %d", spec->planes);
  if (spec->height > 1 << 14 || spec->width > 1 << 14)
    return ls_fail(error, LS_MISMATCH, "an image of %d x %d is too large; --size goes up to %d",
                   spec->height, spec->width, 1 << 14);
  if (spec->block_count < 1 || spec->dense_count < 1)
    return ls_fail(error, LS_MISMATCH, "a network needs at least one block and one dense layer");
  if (ls_network_classes(spec) > LS_MAX_CLASSES)
    return ls_fail(error, LS_MISMATCH, "%d classes; at most %d", ls_network_classes(spec),
                   LS_MAX_CLASSES);
  if (spec->kernel < 1 || spec->kernel % 2 == 0 || spec->kernel > 15)
    return ls_fail(error, LS_MISMATCH, "kernel %d: odd numbers up to 15 only ('same' padding)",
                   spec->kernel);
  if (spec->pool < 1 || spec->pool > 15)
    return ls_fail(error, LS_MISMATCH, "pool %d: 1 to 15 only", spec->pool);
  long long least = 1;
  for (int b = 0; b < spec->block_count; b++) least *= spec->pool;
  if (spec->height < least || spec->width < least)
    return ls_fail(error, LS_MISMATCH,
                   "an image of %d x %d is too small: %d pools of %d need --size %lld or more",
                   spec->height, spec->width, spec->block_count, spec->pool, least);
  double inputs = floor((double)spec->height / (double)least) *
                  floor((double)spec->width / (double)least) *
                  spec->block_channels[spec->block_count - 1];
  if (inputs > INT_MAX)
    return ls_fail(error, LS_MISMATCH,
                   "the first dense layer would have %.0f inputs; use more blocks or wider pools",
                   inputs);
  return LS_OK;
}

int ls_network_classes(const ls_network_spec *spec) {
  return spec->dense_outputs[spec->dense_count - 1];
}

ls_conv_block_shape ls_network_block(const ls_network_spec *spec, int block) {
  ls_conv_block_shape shape = {spec->height, spec->width, spec->planes, spec->block_channels[0],
                               spec->kernel, spec->pool};
  for (int b = 0; b < block; b++) {
    shape.height /= spec->pool;
    shape.width /= spec->pool;
    shape.in_channels = shape.out_channels;
    shape.out_channels = spec->block_channels[b + 1];
  }
  return shape;
}

ls_dense_shape ls_network_dense(const ls_network_spec *spec, int dense) {
  ls_dense_shape shape = {.rows = 1,
                          .columns = 1,
                          .outputs = spec->dense_outputs[dense],
                          .elu = dense < spec->dense_count - 1};
  if (dense > 0) {
    shape.channels = spec->dense_outputs[dense - 1];
    return shape;
  }
  ls_conv_block_shape last = ls_network_block(spec, spec->block_count - 1);
  shape.rows = last.height / last.pool;
  shape.columns = last.width / last.pool;
  shape.channels = last.out_channels;
  return shape;
}

int ls_network_layer_count(const ls_network_spec *spec) {
  return spec->block_count + spec->dense_count;
}

static void layer_sizes(const ls_network_spec *spec, int layer, ls_layer_parameters *out) {
  if (layer < spec->block_count) {
    ls_conv_block_shape s = ls_network_block(spec, layer);
    snprintf(out->name, sizeof out->name, "conv%d", layer + 1);
    out->kernel_rank = 4;
    out->kernel_shape[0] = out->kernel_shape[1] = s.kernel;
    out->kernel_shape[2] = s.in_channels;
    out->kernel_shape[3] = s.out_channels;
  } else {
    ls_dense_shape s = ls_network_dense(spec, layer - spec->block_count);
    snprintf(out->name, sizeof out->name, "dense%d", layer - spec->block_count + 1);
    out->kernel_rank = 2;
    out->kernel_shape[0] = s.rows * s.columns * s.channels;
    out->kernel_shape[1] = s.outputs;
  }
  out->kernel_count = 1;
  for (int i = 0; i < out->kernel_rank; i++) out->kernel_count *= (size_t)out->kernel_shape[i];
  out->bias_count = (size_t)out->kernel_shape[out->kernel_rank - 1];
}

ls_layer_parameters ls_network_layer(const ls_network_spec *spec, int layer) {
  ls_layer_parameters out;
  size_t offset = 0;
  for (int i = 0;; i++) {
    out = (ls_layer_parameters){0};
    layer_sizes(spec, i, &out);
    out.kernel_offset = offset;
    out.bias_offset = offset + out.kernel_count;
    offset = out.bias_offset + out.bias_count;
    if (i == layer) return out;
  }
}

size_t ls_network_parameter_count(const ls_network_spec *spec) {
  ls_layer_parameters last = ls_network_layer(spec, ls_network_layer_count(spec) - 1);
  return last.bias_offset + last.bias_count;
}

void ls_network_initialise(const ls_network_spec *spec, unsigned long long seed,
                           float *parameters) {
  for (int l = 0; l < ls_network_layer_count(spec); l++) {
    ls_layer_parameters p = ls_network_layer(spec, l);
    double area = p.kernel_rank == 4 ? (double)p.kernel_shape[0] * p.kernel_shape[1] : 1;
    double fans = area * (p.kernel_shape[p.kernel_rank - 2] + p.kernel_shape[p.kernel_rank - 1]);
    double limit = sqrt(6 / fans);
    for (size_t i = 0; i < p.kernel_count; i++)
      parameters[p.kernel_offset + i] =
          (float)(limit * (2 * ls_random_uniform(seed, (unsigned)l, i) - 1));
    memset(parameters + p.bias_offset, 0, p.bias_count * sizeof(float));
  }
}
