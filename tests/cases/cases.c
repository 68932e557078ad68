#include "cases/cases.h"

#include "base/random.h"

#include <math.h>

/* Columns of a shape: height, width, in, out, kernel, pool. Sizes leave a remainder at the pool. */
const ls_conv_case ls_conv_cases[] = {
    {"one plane", {43, 38, 1, 10, 5, 5}, 1, LS_INPUT_DENSE, 8},
    {"two planes", {33, 47, 2, 10, 5, 5}, 1, LS_INPUT_DENSE, 8},
    {"three planes", {41, 32, 3, 10, 5, 5}, 1, LS_INPUT_DENSE, 8},
    {"one plane, long rows", {12, 1037, 1, 10, 5, 5}, 1, LS_INPUT_DENSE, 8},
    {"one plane, long columns", {1033, 14, 1, 10, 5, 5}, 1, LS_INPUT_DENSE, 8},
    {"one plane, one window", {5, 5, 1, 10, 5, 5}, 1, LS_INPUT_DENSE, 8},
    {"one plane, kernel 3, pool 2", {19, 21, 1, 7, 3, 2}, 1, LS_INPUT_DENSE, 8},
    {"three planes, kernel 5, pool 3", {23, 20, 3, 64, 5, 3}, 1, LS_INPUT_DENSE, 8},
    {"one plane, sparse", {143, 138, 1, 10, 5, 5}, 1, LS_INPUT_SPARSE, 8},
    {"one plane, few pixels", {61, 12, 1, 10, 5, 5}, 1, LS_INPUT_SPARSE, 8},
    {"three planes, sparse", {83, 78, 3, 10, 5, 5}, 1, LS_INPUT_SPARSE, 8},
    {"one plane, zero", {43, 38, 1, 10, 5, 5}, 1, LS_INPUT_ZERO, 8},
    {"one plane, ties", {64, 53, 1, 10, 5, 5}, 1, LS_INPUT_TIES, 8},
    {"three planes, ties", {31, 53, 3, 10, 5, 5}, 1, LS_INPUT_TIES, 8},
    {"one plane, NaN", {43, 38, 1, 10, 5, 5}, 1, LS_INPUT_NAN, 8},
    {"three planes, NaN", {28, 39, 3, 10, 5, 5}, 1, LS_INPUT_NAN, 8},
    {"one plane, infinity", {43, 38, 1, 10, 5, 5}, 1, LS_INPUT_INFINITY, 8},
    {"one plane, NaN weight", {43, 38, 1, 10, 5, 5}, 1, LS_INPUT_NAN_WEIGHT, 8},
    {"10 to 64", {33, 29, 10, 64, 5, 5}, 0, LS_INPUT_DENSE, 8},
    {"64 to 128", {16, 28, 64, 128, 5, 5}, 0, LS_INPUT_DENSE, 8},
    {"128 to 256", {11, 13, 128, 256, 5, 5}, 0, LS_INPUT_DENSE, 8},
    {"128 to 256, one window", {5, 5, 128, 256, 5, 5}, 0, LS_INPUT_DENSE, 8},
    {"64 to 128, wide", {8, 64, 64, 128, 5, 5}, 0, LS_INPUT_DENSE, 8},
    {"7 to 10, kernel 3, pool 2", {13, 14, 7, 10, 3, 2}, 0, LS_INPUT_DENSE, 8},
    {"2 to 7, kernel 3, pool 3", {17, 11, 2, 7, 3, 3}, 0, LS_INPUT_DENSE, 8},
    {"10 to 7, kernel 5, pool 2", {27, 33, 10, 7, 5, 2}, 0, LS_INPUT_DENSE, 8},
    {"7 to 33, kernel 3, pool 5", {22, 31, 7, 33, 3, 5}, 0, LS_INPUT_DENSE, 8},
    {"10 to 64, sparse", {58, 54, 10, 64, 5, 5}, 0, LS_INPUT_SPARSE, 8},
    {"10 to 64, zero", {16, 18, 10, 64, 5, 5}, 0, LS_INPUT_ZERO, 8},
    {"10 to 64, ties", {33, 29, 10, 64, 5, 5}, 0, LS_INPUT_TIES, 8},
    {"64 to 128, ties", {18, 12, 64, 128, 5, 5}, 0, LS_INPUT_TIES, 8},
    {"10 to 64, NaN", {16, 23, 10, 64, 5, 5}, 0, LS_INPUT_NAN, 8},
    {"10 to 64, infinity", {16, 23, 10, 64, 5, 5}, 0, LS_INPUT_INFINITY, 8},
    {"10 to 64, NaN weight", {16, 23, 10, 64, 5, 5}, 0, LS_INPUT_NAN_WEIGHT, 8},
};
const int ls_conv_case_count = sizeof ls_conv_cases / sizeof *ls_conv_cases;

/* Columns of a shape: rows, columns, channels, outputs, ELU. */
const ls_dense_case ls_dense_cases[] = {
    {"5 x 5 x 256 to 32", {5, 5, 256, 32, 1}, 1, LS_INPUT_DENSE, 8},
    {"1 x 1 x 256 to 32", {1, 1, 256, 32, 1}, 1, LS_INPUT_DENSE, 8},
    {"3 x 4 x 7 to 33", {3, 4, 7, 33, 1}, 1, LS_INPUT_DENSE, 8},
    {"2 x 3 x 10 to 5, linear", {2, 3, 10, 5, 0}, 1, LS_INPUT_DENSE, 8},
    {"32 to 5, linear", {1, 1, 32, 5, 0}, 0, LS_INPUT_DENSE, 8},
    {"33 to 7", {1, 1, 33, 7, 1}, 0, LS_INPUT_DENSE, 8},
    {"1 to 1, linear", {1, 1, 1, 1, 0}, 0, LS_INPUT_DENSE, 8},
    {"5 x 5 x 64 to 32, sparse", {5, 5, 64, 32, 1}, 1, LS_INPUT_SPARSE, 8},
    {"3 x 4 x 10 to 32, zero", {3, 4, 10, 32, 1}, 1, LS_INPUT_ZERO, 8},
    {"3 x 4 x 10 to 32, NaN", {3, 4, 10, 32, 1}, 1, LS_INPUT_NAN, 8},
    {"32 to 5, NaN", {1, 1, 32, 5, 0}, 0, LS_INPUT_NAN, 8},
    {"3 x 4 x 10 to 32, infinity", {3, 4, 10, 32, 1}, 1, LS_INPUT_INFINITY, 8},
    {"32 to 5, NaN weight", {1, 1, 32, 5, 0}, 0, LS_INPUT_NAN_WEIGHT, 8},
};
const int ls_dense_case_count = sizeof ls_dense_cases / sizeof *ls_dense_cases;

enum { STREAM_INPUT, STREAM_SPARSE, STREAM_KERNEL, STREAM_BIAS, STREAM_CALLER };

static double symmetric(uint64_t seed, uint64_t stream, uint64_t i) {
  return 2 * ls_random_uniform(seed, stream, i) - 1;
}

/* Quarters in [-1, 1], constant over regions of 8 x 8 pixels. */
static double region_value(uint64_t seed, int row, int column, int channel) {
  uint64_t region = ((uint64_t)(row / 8) * 4096 + (uint64_t)(column / 8)) * 1024;
  return (double)(ls_random(seed, STREAM_INPUT, region + (uint64_t)channel) % 9) / 4 - 1;
}

static double pixel_value(ls_case_input kind, uint64_t seed, int width, int channels, int row,
                          int column, int channel) {
  uint64_t pixel = (uint64_t)row * (uint64_t)width + (uint64_t)column;
  if (kind == LS_INPUT_ZERO) return 0;
  if (kind == LS_INPUT_TIES) return region_value(seed, row, column, channel);
  if (kind == LS_INPUT_SPARSE && ls_random(seed, STREAM_SPARSE, pixel) % 100 && pixel) return 0;
  return symmetric(seed, STREAM_INPUT, pixel * (uint64_t)channels + (uint64_t)channel);
}

void ls_case_fill_input(ls_case_input kind, uint64_t seed, int height, int width, int channels,
                        float *input) {
  for (int r = 0; r < height; r++)
    for (int c = 0; c < width; c++)
      for (int i = 0; i < channels; i++)
        input[((size_t)r * width + c) * channels + i] =
            (float)pixel_value(kind, seed, width, channels, r, c, i);
  size_t middle = ((size_t)(height / 2) * width + width / 2) * channels + channels / 2;
  if (kind == LS_INPUT_NAN) input[middle] = NAN;
  if (kind == LS_INPUT_INFINITY) input[middle] = INFINITY;
}

void ls_case_fill_weights(ls_case_input kind, uint64_t seed, size_t terms, int outputs,
                          float *kernel, float *bias) {
  double amplitude = 3 / sqrt((double)terms);
  size_t count = terms * (size_t)outputs;
  for (size_t i = 0; i < count; i++)
    kernel[i] = kind == LS_INPUT_TIES ? (float)(ls_random(seed, STREAM_KERNEL, i) % 33) / 64 - 0.25f
                                      : (float)(amplitude * symmetric(seed, STREAM_KERNEL, i));
  for (int i = 0; i < outputs; i++)
    bias[i] = (float)(0.5 * symmetric(seed, STREAM_BIAS, (uint64_t)i));
  if (kind == LS_INPUT_NAN_WEIGHT) kernel[count / 2] = NAN;
}

void ls_case_fill_uniform(uint64_t seed, uint64_t stream, size_t count, float *values) {
  for (size_t i = 0; i < count; i++) values[i] = (float)symmetric(seed, STREAM_CALLER + stream, i);
}
