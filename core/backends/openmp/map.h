/* Activations of the backend openmp, and their gradients: a map of pixels, channels last.
 *
 *   row -2   . . . . . . . . . .
 *   row -1   . . . . . . . . . .      . the rim, two pixels wide: zeros, the padding that a 5 x 5
 *   row  0   . . p p p p p p . .        convolution reads, so that its kernels need no bounds
 *   row  1   . . p p p p p p . .      p a pixel: `channels` floats, neighbours touch
 *            ...
 *
 * A row begins every row_stride floats, with slack for one wide load past its end.
 *
 * Sparse form: `active` has a byte for each pixel, 0 where the pixel is background. Background
 * pixels are not stored: each equals `background`, one value for each channel. Zero padding is not
 * background once a bias has been added, so the rim is marked as not background
 * (LS_OPENMP_PADDING).
 *
 * The gradient of a map in sparse form holds values where the map is active, and in
 * background_gradient the sum over all background pixels: nobody needs their parts. */
#ifndef LS_BACKENDS_OPENMP_MAP_H
#define LS_BACKENDS_OPENMP_MAP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LS_OPENMP_RIM = 2 };
enum { LS_OPENMP_BACKGROUND, LS_OPENMP_ACTIVE, LS_OPENMP_PADDING }; /* values of active */

typedef struct ls_openmp_form {
  int sparse;
  int gradient; /* 1: a gradient in sparse form */
  int finite;   /* 0: NaN or infinity is among the values; fast kernels do not look for them */
} ls_openmp_form;

/* A view of a block of memory; pointers are those of pixel (0, 0). */
typedef struct ls_openmp_map {
  int rows, columns, channels;
  ls_openmp_form *form;
  float *background;           /* [channels] */
  double *background_gradient; /* [channels] */
  uint8_t *active;
  size_t active_stride;
  float *values;
  size_t row_stride;
} ls_openmp_map;

size_t ls_openmp_map_bytes(int rows, int columns, int channels);
ls_openmp_map ls_openmp_map_at(int rows, int columns, int channels, void *block);

/* Begins new content: the form, a rim of zeros and, if sparse, no active pixel. */
void ls_openmp_map_begin(const ls_openmp_map *map, int sparse);

/* Begins the gradient of an activation, in its form. */
void ls_openmp_map_begin_gradient(const ls_openmp_map *gradient, const ls_openmp_map *activation);

/* Brings the gradient of a sparse activation that came in dense form into the sparse form. */
void ls_openmp_map_gather_background(const ls_openmp_map *gradient,
                                     const ls_openmp_map *activation);

static inline uint8_t *ls_openmp_active(const ls_openmp_map *map, int row, int column) {
  return map->active + (ptrdiff_t)row * (ptrdiff_t)map->active_stride + column;
}

static inline float *ls_openmp_values(const ls_openmp_map *map, int row, int column) {
  return map->values + (ptrdiff_t)row * (ptrdiff_t)map->row_stride +
         (ptrdiff_t)column * map->channels;
}

/* The values of a pixel, or the background. */
static inline const float *ls_openmp_pixel(const ls_openmp_map *map, int row, int column) {
  if (map->form->sparse && !*ls_openmp_active(map, row, column)) return map->background;
  return ls_openmp_values(map, row, column);
}

/* Bit c: pixel c of the nine from `active` on is not background. The product moves the lowest bit
 * of byte c, as little-endian processors number them, to bit 56 + c. */
static inline unsigned ls_openmp_active_bits(const uint8_t *active) {
  uint64_t eight;
  memcpy(&eight, active, sizeof eight);
  eight = (eight | eight >> 1) & UINT64_C(0x0101010101010101);
  return (unsigned)(eight * UINT64_C(0x0102040810204080) >> 56) | (unsigned)!!active[8] << 8;
}

/* Bits of the rows of a receptive field, from the pixel at (row, column) on; returns their number.
 */
int ls_openmp_field_bits(const ls_openmp_map *map, int row, int column, unsigned bits[9]);

/* Columns of the active pixels of a row; returns how many. Dense form: all. */
int ls_openmp_list(const ls_openmp_map *map, int row, uint16_t *columns);

/* Plain floats [rows][columns][channels]. Of a gradient in sparse form every background pixel gets
 * an equal part of the sum. import makes
 * the dense form. */
void ls_openmp_map_export(const ls_openmp_map *map, float *plain);
void ls_openmp_map_import(const ls_openmp_map *map, const float *plain);

/* 1 if neither NaN nor infinity is among the values. */
int ls_openmp_finite(const float *values, size_t count);

#endif
