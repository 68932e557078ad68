#include "backends/openmp/general.h"

#include <math.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

enum { GROUP = 16 }; /* output channels whose weight gradients one task makes */

int ls_openmp_thread(void) {
#ifdef _OPENMP
  return omp_get_thread_num();
#else
  return 0;
#endif
}

/* The strip of input under one pooled row, zero padded: [pool + kernel - 1][width + kernel - 1]. */
static size_t strip_rows(const ls_conv_block_shape *s) {
  return (size_t)(s->pool + s->kernel - 1);
}

static size_t strip_row(const ls_conv_block_shape *s) {
  return (size_t)(s->width + s->kernel - 1) * (size_t)s->in_channels;
}

static size_t scratch(const ls_conv_block_shape *s) {
  return strip_rows(s) * strip_row(s) + 2 * (size_t)s->out_channels;
}

size_t ls_openmp_general_workspace(const ls_conv_block_shape *shape, int threads) {
  return scratch(shape) * (size_t)threads * sizeof(float);
}

static void read_strip(const ls_conv_block_shape *s, const ls_openmp_source *input, int pooled_row,
                       float *strip) {
  int half = s->kernel / 2, first = pooled_row * s->pool - half;
  for (int y = 0; y < s->pool + s->kernel - 1; y++)
    ls_openmp_source_row(input, first + y, -half, s->width + 2 * half, strip + y * strip_row(s));
}

/* Convolution at one position of the strip, all output channels. */
static void conv_at(const ls_conv_block_shape *s, const float *strip, const float *kernel,
                    float *restrict sum) {
  size_t out = (size_t)s->out_channels, run = (size_t)s->kernel * (size_t)s->in_channels;
  memset(sum, 0, out * sizeof *sum);
  for (int kr = 0; kr < s->kernel; kr++)
    for (size_t i = 0; i < run; i++) {
      const float x = strip[(size_t)kr * strip_row(s) + i];
      const float *restrict tap = kernel + ((size_t)kr * run + i) * out;
      for (size_t k = 0; k < out; k++) sum[k] += x * tap[k];
    }
}

static void pool_window(const ls_conv_block_shape *s, const float *strip, const float *kernel,
                        float *sum, float *best, uint8_t *argmax) {
  for (int position = 0; position < s->pool * s->pool; position++) {
    const float *corner = strip + (size_t)(position / s->pool) * strip_row(s) +
                          (size_t)(position % s->pool) * (size_t)s->in_channels;
    conv_at(s, corner, kernel, sum);
    for (int k = 0; k < s->out_channels; k++)
      if (!position || sum[k] > best[k] || (isnan(sum[k]) && !isnan(best[k])))
        best[k] = sum[k], argmax[k] = (uint8_t)position;
  }
}

void ls_openmp_general_forward(const ls_conv_block_shape *s, int threads,
                               const ls_openmp_source *input, const float *kernel,
                               const float *bias, const ls_openmp_map *output, uint8_t *argmax,
                               float *workspace) {
  int finite = 1;
  (void)threads;
  ls_openmp_map_begin(output, 0);
#pragma omp parallel for num_threads(threads) schedule(dynamic) reduction(& : finite)
  for (int r = 0; r < output->rows; r++) {
    float *strip = workspace + (size_t)ls_openmp_thread() * scratch(s);
    float *sum = strip + strip_rows(s) * strip_row(s), *best = sum + s->out_channels;
    read_strip(s, input, r, strip);
    for (int c = 0; c < output->columns; c++) {
      float *y = ls_openmp_values(output, r, c);
      pool_window(s, strip + (size_t)c * (size_t)(s->pool * s->in_channels), kernel, sum, best,
                  argmax + ((size_t)r * (size_t)output->columns + (size_t)c) * s->out_channels);
      for (int k = 0; k < s->out_channels; k++) {
        float x = best[k] + bias[k];
        y[k] = x > 0 ? x : isnan(x) ? x : expm1f(x);
      }
      finite &= ls_openmp_finite(y, (size_t)s->out_channels);
    }
  }
  output->form->finite = finite;
}

/* Gradient of the sum before ELU: in place. */
static void before_elu(const ls_openmp_map *output, const ls_openmp_map *gradient, int threads) {
  size_t count = (size_t)output->columns * (size_t)output->channels;
  (void)threads;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int r = 0; r < output->rows; r++) {
    const float *y = ls_openmp_values(output, r, 0);
    float *g = ls_openmp_values(gradient, r, 0);
    for (size_t i = 0; i < count; i++) g[i] *= y[i] > 0 ? 1 : y[i] + 1;
  }
}

/* Adds the gradients of the weights of output channels [from, to) under one pooled row. */
static void weight_gradient_of_row(const ls_conv_block_shape *s, const float *strip,
                                   const ls_openmp_map *gradient, const uint8_t *argmax, int row,
                                   int from, int to, float *kernel_gradient, float *bias_gradient) {
  size_t out = (size_t)s->out_channels, run = (size_t)s->kernel * (size_t)s->in_channels;
  for (int c = 0; c < gradient->columns; c++)
    for (int k = from; k < to; k++) {
      const float g = ls_openmp_values(gradient, row, c)[k];
      int at = argmax[((size_t)row * (size_t)gradient->columns + (size_t)c) * out + (size_t)k];
      const float *corner = strip + (size_t)(at / s->pool) * strip_row(s) +
                            (size_t)(c * s->pool + at % s->pool) * (size_t)s->in_channels;
      bias_gradient[k] += g;
      for (int kr = 0; kr < s->kernel; kr++)
        for (size_t i = 0; i < run; i++)
          kernel_gradient[((size_t)kr * run + i) * out + (size_t)k] +=
              g * corner[(size_t)kr * strip_row(s) + i];
    }
}

/* Gradient of one input pixel: gathered from the windows whose maximum its taps reach. */
static void pixel_gradient(const ls_conv_block_shape *s, const float *kernel,
                           const ls_openmp_map *gradient, const uint8_t *argmax, int r, int c,
                           float *pixel) {
  int half = s->kernel / 2;
  int first_row = r > half ? (r - half) / s->pool : 0;
  int first_column = c > half ? (c - half) / s->pool : 0;
  size_t in = (size_t)s->in_channels, out = (size_t)s->out_channels;
  memset(pixel, 0, in * sizeof(float));
  for (int pr = first_row; pr < gradient->rows && pr <= (r + half) / s->pool; pr++)
    for (int pc = first_column; pc < gradient->columns && pc <= (c + half) / s->pool; pc++)
      for (size_t k = 0; k < out; k++) {
        int at = argmax[((size_t)pr * (size_t)gradient->columns + (size_t)pc) * out + k];
        int kr = r - (pr * s->pool + at / s->pool) + half;
        int kc = c - (pc * s->pool + at % s->pool) + half;
        if (kr < 0 || kr >= s->kernel || kc < 0 || kc >= s->kernel) continue;
        const float g = ls_openmp_values(gradient, pr, pc)[k];
        const float *tap = kernel + (size_t)(kr * s->kernel + kc) * in * out + k;
        for (size_t i = 0; i < in; i++) pixel[i] += g * tap[i * out];
      }
}

void ls_openmp_general_backward(const ls_conv_block_shape *s, int threads,
                                const ls_openmp_source *input, const float *kernel,
                                const ls_openmp_map *output, const uint8_t *argmax,
                                const ls_openmp_map *gradient, const ls_openmp_map *input_gradient,
                                float *kernel_gradient, float *bias_gradient, float *workspace) {
  before_elu(output, gradient, threads);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (int from = 0; from < s->out_channels; from += GROUP) {
    float *strip = workspace + (size_t)ls_openmp_thread() * scratch(s);
    int to = from + GROUP < s->out_channels ? from + GROUP : s->out_channels;
    for (int r = 0; r < output->rows; r++) {
      read_strip(s, input, r, strip);
      weight_gradient_of_row(s, strip, gradient, argmax, r, from, to, kernel_gradient,
                             bias_gradient);
    }
  }
  if (!input_gradient) return;
  ls_openmp_map_begin(input_gradient, 0);
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int r = 0; r < input_gradient->rows; r++)
    for (int c = 0; c < input_gradient->columns; c++)
      pixel_gradient(s, kernel, gradient, argmax, r, c, ls_openmp_values(input_gradient, r, c));
}
