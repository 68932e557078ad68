/* The kernels of the fast shapes (kernel 5 x 5, pool 5), built once for each instruction set. They
 * take finite numbers only; the callers see to that.
 *
 * Words used throughout. A window: the 5 x 5 outputs of the convolution that one pooled pixel is
 * the maximum of; its receptive field is 9 x 9 input pixels. A position: 0 .. 24, window row * 5 +
 * window column. A tap: 0 .. 24, kernel row * 5 + kernel column. Receptive field of position p and
 * tap t: pixel (p / 5 + t / 5, p % 5 + t % 5). */
#ifndef LS_BACKENDS_OPENMP_KERNELS_H
#define LS_BACKENDS_OPENMP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
  LS_OPENMP_FIELD = 9,      /* side of a receptive field */
  LS_OPENMP_TAPS = 25,      /* and positions */
  LS_OPENMP_PIXEL = 16,     /* channels that the backward pass of a later block treats at once */
  LS_OPENMP_MOST_IN = 256,  /* input channels of a fast later block: bounds stack arrays */
  LS_OPENMP_MOST_OUT = 512, /* output channels of any fast block */
  LS_OPENMP_BATCH = 12,     /* windows of one backward batch */
  LS_OPENMP_PATCH = 5 * LS_OPENMP_BATCH + 8, /* pixels in a row of their patch */
  LS_OPENMP_MOST_LANES = 16
};

/* Pixels of the sparse receptive field of one window of the first block, in the order in which the
 * dense kernel meets them: row, plane, column. */
typedef struct ls_openmp_spots {
  int row_begin[LS_OPENMP_FIELD + 1];               /* places in the arrays below */
  int place[3 * LS_OPENMP_FIELD * LS_OPENMP_FIELD]; /* floats into a row of the spread filters */
  float value[3 * LS_OPENMP_FIELD * LS_OPENMP_FIELD];
} ls_openmp_spots;

/* The output channels of one window, sorted by the positions of their maxima: those whose taps meet
 * a given pixel are then a few stretches. */
typedef struct ls_openmp_sorted {
  int begin[LS_OPENMP_TAPS + 1]; /* of each position, in the arrays below */
  float gradient[LS_OPENMP_MOST_OUT + LS_OPENMP_MOST_LANES]; /* before ELU */
  /* Floats to the channel's filters, less those of as many taps as the position is its number. */
  int32_t place[LS_OPENMP_MOST_OUT + LS_OPENMP_MOST_LANES];
} ls_openmp_sorted;

typedef struct ls_openmp_kernels {
  const char *name;  /* as in --isa */
  int lanes;         /* floats in a vector */
  int first_group;   /* output channels that the first block's kernel makes at once */
  int first_pair;    /* the same of its Winograd kernel */
  int channel_block; /* output channels that the later blocks' kernel makes at once */

  /* kernels_first.h */
  int (*first_split)(const float *row, float *phases);
  void (*first_windows)(const float *const *rows, int planes, int groups, const float *filters,
                        const float *bias, float *values, int32_t *positions);
  int (*first_finish)(const float *values, const int32_t *positions, int windows, int channels,
                      float *out, uint8_t *argmax);
  int (*first_spots)(const ls_openmp_spots *spots, int channels, int padded, const float *filters,
                     const float *bias, float *out, uint8_t *argmax);
  float (*first_gradient)(int windows, const float *gradient, const int32_t *offset, int channels,
                          int planes, const float *strip, size_t row, size_t plane, float *sums);

  /* kernels_later.h */
  int (*window)(const float *field, size_t row_stride, int in, int rows, const float *filters,
                const float *bias, int out, float *values, uint8_t *argmax, float *maximum);
  int (*window_shortcut)(const float *difference, const unsigned *columns, int in,
                         const float *filters, const float *constant, const float *bias, int out,
                         float *values, uint8_t *argmax);

  /* kernels_winograd.h */
  void (*winograd_filter)(const float *taps, size_t stride, const double *g, int count, float *to);
  void (*winograd_input)(const float *field, size_t row_stride, int in, float *u, size_t point);
  void (*winograd_products)(const float *u, int in, const float *filters, float *products);
  int (*winograd_finish)(const float *products, const float *bias, int out, float *values,
                         uint8_t *argmax);
  void (*winograd_first_input)(float *phases);
  void (*winograd_first_windows)(const float *const *rows, int planes, int channels,
                                 const float *filters, const float *bias, float *values,
                                 int32_t *positions);

  /* kernels_backward.h */
  void (*before_pool)(const float *output, const float *output_gradient, const uint8_t *argmax,
                      int count, int row, int unit, float *gradient, int32_t *offset);
  void (*patch_in)(const float *pixels, int in, int width, int count, float *patch);
  void (*patch_out)(float *pixels, int in, int width, int count, const float *patch);
  void (*patch_first_out)(float *pixels, int in, int width, int count, const float *patch);
  void (*weight_gradient)(float *sums, const float *patch, const float *gradient,
                          const int32_t *offset, int windows, int stride, int fresh);
  void (*input_gradient)(const float *filter, float *patch, const float *gradient,
                         const int32_t *offset, int windows, int stride);

  void (*pixel_gradient)(const ls_openmp_sorted *sorted, int row, int column, const float *pixel,
                         const float *background, const float *filters, float *sums,
                         float *gradient, float *touched);
  void (*transpose)(const float *from, size_t from_stride, int rows, int columns, float *to,
                    size_t to_stride, int add);

  /* kernels_dense.h: `inputs` rows of the weights [inputs][outputs] */
  void (*dense_forward)(const float *x, const float *kernel, int inputs, int outputs, float *sums);
  void (*dense_backward)(const float *x, const float *kernel, const float *g, int inputs,
                         int outputs, float *kernel_gradient, float *input_gradient);
} ls_openmp_kernels;

extern const ls_openmp_kernels ls_openmp_kernels_baseline, ls_openmp_kernels_avx2,
    ls_openmp_kernels_avx512;

#endif
