/* Compiled with LS_REAL = float, LS_SUFFIX = f32 and again with double, f64. */
#include "backends/reference/kernels.h"

#include <math.h>
#include <string.h>

typedef LS_REAL real;
#define PASTE2(a, b) a##_##b
#define PASTE(a, b) PASTE2(a, b)
#define NAME(function) PASTE(ls_reference_##function, LS_SUFFIX)

static real elu(real x) {
  return x > 0 ? x : x == x ? (real)expm1((double)x) : x;
}

/* Derivative of ELU, written with its value y: 1 where y > 0, else e^x = y + 1. */
static real elu_slope(real y) {
  return y > 0 ? 1 : y + 1;
}

/* Convolution at (row, column) for one output channel. */
static real conv_at(const ls_conv_block_shape *s, const real *input, const real *kernel, int row,
                    int column, int out) {
  int half = s->kernel / 2;
  real sum = 0;
  for (int kr = 0; kr < s->kernel; kr++)
    for (int kc = 0; kc < s->kernel; kc++) {
      int r = row + kr - half, c = column + kc - half;
      if (r < 0 || r >= s->height || c < 0 || c >= s->width) continue;
      const real *pixel = input + ((size_t)r * s->width + c) * s->in_channels;
      const real *tap =
          kernel + (size_t)(kr * s->kernel + kc) * s->in_channels * s->out_channels + out;
      for (int in = 0; in < s->in_channels; in++)
        sum += pixel[in] * tap[(size_t)in * s->out_channels];
    }
  return sum;
}

void NAME(conv_block_forward)(const ls_conv_block_shape *s, int threads, const real *input,
                              const real *kernel, const real *bias, real *output, uint8_t *argmax) {
  int rows = s->height / s->pool, columns = s->width / s->pool;
  (void)threads;
#pragma omp parallel for collapse(2) num_threads(threads) schedule(static)
  for (int pr = 0; pr < rows; pr++)
    for (int pc = 0; pc < columns; pc++)
      for (int out = 0; out < s->out_channels; out++) {
        real best = 0;
        int where = -1;
        for (int position = 0; position < s->pool * s->pool; position++) {
          real value = conv_at(s, input, kernel, pr * s->pool + position / s->pool,
                               pc * s->pool + position % s->pool, out);
          if (where < 0 || value > best || (value != value && best == best))
            best = value, where = position;
        }
        size_t at = ((size_t)pr * columns + pc) * s->out_channels + out;
        /* Bias and ELU are monotone: they commute with the maximum. */
        output[at] = elu(best + bias[out]);
        argmax[at] = (uint8_t)where;
      }
}

/* Row and column in the conv output of the maximum of pooled pixel (pr, pc). */
static void locate(const ls_conv_block_shape *s, const uint8_t *argmax, int pr, int pc, size_t at,
                   int *row, int *column) {
  *row = pr * s->pool + argmax[at] / s->pool;
  *column = pc * s->pool + argmax[at] % s->pool;
}

/* Gradients of the weights of one output channel. */
static void weight_gradient(const ls_conv_block_shape *s, const real *input, const real *output,
                            const uint8_t *argmax, const real *output_gradient, int out,
                            real *kernel_gradient, real *bias_gradient) {
  int rows = s->height / s->pool, columns = s->width / s->pool, half = s->kernel / 2;
  for (int pr = 0; pr < rows; pr++)
    for (int pc = 0; pc < columns; pc++) {
      size_t at = ((size_t)pr * columns + pc) * s->out_channels + out;
      real g = output_gradient[at] * elu_slope(output[at]);
      int row, column;
      locate(s, argmax, pr, pc, at, &row, &column);
      bias_gradient[out] += g;
      for (int kr = 0; kr < s->kernel; kr++)
        for (int kc = 0; kc < s->kernel; kc++) {
          int r = row + kr - half, c = column + kc - half;
          if (r < 0 || r >= s->height || c < 0 || c >= s->width) continue;
          const real *pixel = input + ((size_t)r * s->width + c) * s->in_channels;
          real *tap = kernel_gradient +
                      (size_t)(kr * s->kernel + kc) * s->in_channels * s->out_channels + out;
          for (int in = 0; in < s->in_channels; in++)
            tap[(size_t)in * s->out_channels] += g * pixel[in];
        }
    }
}

/* Gradient of one input pixel: gathered from the pooled pixels whose maximum its taps reach. */
static void pixel_gradient(const ls_conv_block_shape *s, const real *kernel, const real *output,
                           const uint8_t *argmax, const real *output_gradient, int r, int c,
                           real *input_gradient) {
  int rows = s->height / s->pool, columns = s->width / s->pool, half = s->kernel / 2;
  int first_row = r - half > 0 ? (r - half) / s->pool : 0;
  int first_column = c - half > 0 ? (c - half) / s->pool : 0;
  real *pixel = input_gradient + ((size_t)r * s->width + c) * s->in_channels;
  memset(pixel, 0, (size_t)s->in_channels * sizeof(real));
  for (int pr = first_row; pr < rows && pr <= (r + half) / s->pool; pr++)
    for (int pc = first_column; pc < columns && pc <= (c + half) / s->pool; pc++)
      for (int out = 0; out < s->out_channels; out++) {
        size_t at = ((size_t)pr * columns + pc) * s->out_channels + out;
        int row, column;
        locate(s, argmax, pr, pc, at, &row, &column);
        int kr = r - row + half, kc = c - column + half;
        if (kr < 0 || kr >= s->kernel || kc < 0 || kc >= s->kernel) continue;
        real g = output_gradient[at] * elu_slope(output[at]);
        const real *tap =
            kernel + (size_t)(kr * s->kernel + kc) * s->in_channels * s->out_channels + out;
        for (int in = 0; in < s->in_channels; in++)
          pixel[in] += g * tap[(size_t)in * s->out_channels];
      }
}

void NAME(conv_block_backward)(const ls_conv_block_shape *s, int threads, const real *input,
                               const real *kernel, const real *output, const uint8_t *argmax,
                               const real *output_gradient, real *input_gradient,
                               real *kernel_gradient, real *bias_gradient) {
  (void)threads;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int out = 0; out < s->out_channels; out++)
    weight_gradient(s, input, output, argmax, output_gradient, out, kernel_gradient, bias_gradient);
  if (!input_gradient) return;
#pragma omp parallel for collapse(2) num_threads(threads) schedule(static)
  for (int r = 0; r < s->height; r++)
    for (int c = 0; c < s->width; c++)
      pixel_gradient(s, kernel, output, argmax, output_gradient, r, c, input_gradient);
}

void NAME(dense_forward)(const ls_dense_shape *s, int threads, const real *input,
                         const real *kernel, const real *bias, real *output) {
  size_t inputs = (size_t)s->rows * s->columns * s->channels;
  (void)threads;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int out = 0; out < s->outputs; out++) {
    real sum = 0;
    for (size_t in = 0; in < inputs; in++) sum += input[in] * kernel[in * s->outputs + out];
    sum += bias[out];
    output[out] = s->elu ? elu(sum) : sum;
  }
}

void NAME(dense_backward)(const ls_dense_shape *s, int threads, const real *input,
                          const real *kernel, const real *output, const real *output_gradient,
                          real *input_gradient, real *kernel_gradient, real *bias_gradient) {
  size_t inputs = (size_t)s->rows * s->columns * s->channels;
  (void)threads;
  for (int out = 0; out < s->outputs; out++)
    bias_gradient[out] += output_gradient[out] * (s->elu ? elu_slope(output[out]) : 1);
#pragma omp parallel for num_threads(threads) schedule(static)
  for (size_t in = 0; in < inputs; in++) {
    real sum = 0;
    for (int out = 0; out < s->outputs; out++) {
      real g = output_gradient[out] * (s->elu ? elu_slope(output[out]) : 1);
      kernel_gradient[in * s->outputs + out] += input[in] * g;
      sum += kernel[in * s->outputs + out] * g;
    }
    if (input_gradient) input_gradient[in] = sum;
  }
}
