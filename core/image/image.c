#include "image/image.h"

#include "base/memory.h"

#include <string.h>
#include <xxhash.h>

static size_t pixel_count(const ls_image *image) {
  return (size_t)image->rows * (size_t)image->columns;
}

ls_status ls_image_reset(ls_image *image, ls_image_form form, int rows, int columns, int planes,
                         ls_error *error) {
  if (rows < 1 || columns < 1 || planes < 1 || planes > LS_MAX_PLANES ||
      (uint64_t)rows * (uint64_t)columns > UINT32_MAX)
    return ls_fail(error, LS_MISMATCH, "an image of %d x %d pixels and %d planes cannot be made",
                   rows, columns, planes);
  image->rows = rows, image->columns = columns, image->planes = planes, image->form = form;
  image->label = -1;
  for (int p = 0; p < LS_MAX_PLANES; p++) image->plane[p].count = 0;
  if (form == LS_IMAGE_SPARSE) return LS_OK;
  size_t floats = pixel_count(image) * (size_t)planes;
  if (image->dense_capacity < floats) {
    ls_free(image->dense);
    image->dense_capacity = 0;
    LS_TRY(ls_allocate((void **)&image->dense, floats * sizeof(float), "a dense image", error));
    image->dense_capacity = floats;
  } else
    memset(image->dense, 0, floats * sizeof(float));
  return LS_OK;
}

ls_status ls_pixels_reserve(ls_pixels *pixels, size_t capacity, ls_error *error) {
  if (capacity <= pixels->capacity) return LS_OK;
  size_t grown = pixels->capacity + pixels->capacity / 2;
  if (grown < capacity) grown = capacity;
  void *index = NULL, *value = NULL;
  LS_TRY(ls_allocate_unset(&index, grown * sizeof(uint32_t), "the pixels of a plane", error));
  if (ls_allocate_unset(&value, grown * sizeof(float), "the pixels of a plane", error) != LS_OK) {
    ls_free(index);
    return LS_MEMORY;
  }
  if (pixels->count) {
    memcpy(index, pixels->index, pixels->count * sizeof(uint32_t));
    memcpy(value, pixels->value, pixels->count * sizeof(float));
  }
  ls_free(pixels->index);
  ls_free(pixels->value);
  pixels->index = index, pixels->value = value, pixels->capacity = grown;
  return LS_OK;
}

void ls_image_to_dense(const ls_image *image, float *out) {
  size_t planes = (size_t)image->planes, floats = pixel_count(image) * planes;
  if (image->form == LS_IMAGE_DENSE) {
    memcpy(out, image->dense, floats * sizeof(float));
    return;
  }
  memset(out, 0, floats * sizeof(float));
  for (size_t p = 0; p < planes; p++) {
    const ls_pixels *pixels = &image->plane[p];
    for (size_t i = 0; i < pixels->count; i++)
      out[pixels->index[i] * planes + p] = pixels->value[i];
  }
}

ls_status ls_image_to_sparse(const ls_image *dense, ls_image *sparse, ls_error *error) {
  LS_TRY(
      ls_image_reset(sparse, LS_IMAGE_SPARSE, dense->rows, dense->columns, dense->planes, error));
  size_t planes = (size_t)dense->planes, floats = pixel_count(dense) * planes;
  size_t active[LS_MAX_PLANES] = {0};
  for (size_t i = 0; i < floats; i++) active[i % planes] += dense->dense[i] != 0;
  for (size_t p = 0; p < planes; p++)
    LS_TRY(ls_pixels_reserve(&sparse->plane[p], active[p], error));
  for (size_t i = 0; i < floats; i++) {
    if (dense->dense[i] == 0) continue;
    ls_pixels *pixels = &sparse->plane[i % planes];
    pixels->index[pixels->count] = (uint32_t)(i / planes);
    pixels->value[pixels->count++] = dense->dense[i];
  }
  return LS_OK;
}

size_t ls_image_active(const ls_image *image) {
  size_t active = 0;
  if (image->form == LS_IMAGE_SPARSE)
    for (int p = 0; p < image->planes; p++) active += image->plane[p].count;
  else
    for (size_t i = 0; i < pixel_count(image) * (size_t)image->planes; i++)
      active += image->dense[i] != 0;
  return active;
}

uint64_t ls_image_checksum(const ls_image *image) {
  const int64_t facts[] = {image->rows,          image->columns, image->planes,
                           (int64_t)image->form, image->label,   (int64_t)image->event};
  uint64_t sum = XXH64(facts, sizeof facts, 0);
  if (image->form == LS_IMAGE_DENSE)
    return XXH64(image->dense, pixel_count(image) * (size_t)image->planes * sizeof(float), sum);
  for (int p = 0; p < image->planes; p++) {
    const ls_pixels *pixels = &image->plane[p];
    if (!pixels->count) continue;
    sum = XXH64(pixels->index, pixels->count * sizeof *pixels->index, sum);
    sum = XXH64(pixels->value, pixels->count * sizeof *pixels->value, sum);
  }
  return sum;
}

void ls_image_destroy(ls_image *image) {
  for (int p = 0; p < LS_MAX_PLANES; p++) {
    ls_free(image->plane[p].index);
    ls_free(image->plane[p].value);
  }
  ls_free(image->dense);
  *image = (ls_image){0};
}
