#include "support/test.h"

#include "store/images.h"

#include "base/random.h"

#include <stdlib.h>
#include <string.h>

void make_image(ls_image *image, ls_image_form form, int side, int planes, double share,
                uint64_t event) {
  assert_int_equal(ls_image_reset(image, form, side, side, planes, NULL), LS_OK);
  image->event = event;
  image->label = (int)(event % 5);
  size_t pixels = (size_t)side * (size_t)side;
  for (int p = 0; p < planes; p++) {
    assert_int_equal(ls_pixels_reserve(&image->plane[p], pixels, NULL), LS_OK);
    for (size_t i = 0; i < pixels; i++) {
      uint64_t stream = event * LS_MAX_PLANES + (uint64_t)p;
      if (ls_random_uniform(1, stream, i) >= share) continue;
      float value = (float)(1 + ls_random(2, stream, i) % 4000) * (i % 2 ? 1.0f : -1.0f);
      if (form == LS_IMAGE_DENSE)
        image->dense[i * (size_t)planes + (size_t)p] = value;
      else {
        ls_pixels *plane = &image->plane[p];
        plane->index[plane->count] = (uint32_t)i;
        plane->value[plane->count++] = value;
      }
    }
  }
}

void assert_same_image(const ls_image *left, const ls_image *right) {
  assert_int_equal(left->rows, right->rows);
  assert_int_equal(left->columns, right->columns);
  assert_int_equal(left->planes, right->planes);
  assert_int_equal(left->label, right->label);
  assert_int_equal(left->event, right->event);
  assert_int_equal(ls_image_active(left), ls_image_active(right));
  size_t floats = (size_t)left->rows * (size_t)left->columns * (size_t)left->planes;
  float *a = malloc(floats * sizeof *a), *b = malloc(floats * sizeof *b);
  assert_non_null(a);
  assert_non_null(b);
  ls_image_to_dense(left, a);
  ls_image_to_dense(right, b);
  assert_memory_equal(a, b, floats * sizeof *a);
  free(a);
  free(b);
}
