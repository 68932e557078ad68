#include "backends/openblas/openblas.h"

#include <math.h>
#include <string.h>

float ls_openblas_elu(float x) {
  return x > 0 ? x : x == x ? expm1f(x) : x;
}

/* First maximum over the rows of the windows, column by column. All variables are as wide as a
 * float so that the loop is vectorised. */
static void maximum_of_rows(const ls_openblas_windows *w, const float *conv, float *restrict best,
                            int32_t *restrict row) {
  size_t count = (size_t)w->columns * w->pool * w->channels;
  memcpy(best, conv, count * sizeof *best);
  memset(row, 0, count * sizeof *row);
  for (int r = 1; r < w->pool; r++) {
    const float *line = conv + (size_t)r * w->line_floats;
    for (size_t i = 0; i < count; i++) {
      float value = line[i], before = best[i];
      int take = (value > before) | ((value != value) & (before == before));
      best[i] = take ? value : before;
      row[i] = take ? r : row[i];
    }
  }
}

/* The maximum over the columns of one window and channel. Of equal maxima the one in the upper row
 * comes first; in a row, the left one. */
static void maximum_of_columns(const ls_openblas_windows *w, const float *best, const int32_t *row,
                               float *value, uint8_t *where) {
  float most = best[0];
  int at_row = row[0], at_column = 0;
  for (int column = 1; column < w->pool; column++) {
    float candidate = best[(size_t)column * w->channels];
    int candidate_row = row[(size_t)column * w->channels];
    int higher = candidate > most || (candidate != candidate && most == most);
    int equal = candidate == most || (candidate != candidate && most != most);
    if (higher || (equal && candidate_row < at_row))
      most = candidate, at_row = candidate_row, at_column = column;
  }
  *value = most;
  *where = (uint8_t)(at_row * w->pool + at_column);
}

void ls_openblas_pool(const ls_openblas_windows *w, const float *conv, const float *bias,
                      float *best, int32_t *row, float *output, uint8_t *argmax) {
  maximum_of_rows(w, conv, best, row);
  for (int column = 0; column < w->columns; column++)
    for (int channel = 0; channel < w->channels; channel++) {
      size_t from = (size_t)column * w->pool * w->channels + channel;
      size_t to = (size_t)column * w->channels + channel;
      float value;
      maximum_of_columns(w, best + from, row + from, &value, &argmax[to]);
      output[to] = ls_openblas_elu(value + bias[channel]);
    }
}

void ls_openblas_unpool(const ls_openblas_windows *w, const float *output,
                        const float *output_gradient, const uint8_t *argmax, float *conv_gradient,
                        float *bias_gradient) {
  for (int column = 0; column < w->columns; column++)
    for (int channel = 0; channel < w->channels; channel++) {
      size_t from = (size_t)column * w->channels + channel;
      float gradient = output_gradient[from] * ls_openblas_elu_slope(output[from]);
      size_t row = argmax[from] / w->pool, in_window = argmax[from] % w->pool;
      size_t pixel = (size_t)column * w->pool + in_window;
      conv_gradient[row * w->line_floats + pixel * w->channels + channel] = gradient;
      bias_gradient[channel] += gradient;
    }
}
