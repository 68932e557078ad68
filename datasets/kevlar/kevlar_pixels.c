#include "datasets/kevlar/kevlar_internal.h"

#include <string.h>

static int refuse(ls_kevlar_pixels *pixels, int plane, uint32_t pixel, int32_t value) {
  const kevlar_source *source = pixels->source;
  unsigned columns = (unsigned)source->base.geometry.columns;
  pixels->status = ls_fail(pixels->error, LS_VALUE,
                           LS_KEVLAR_EVENT "plane %d, row %u, column %u holds %d, beyond +-2^24, "
                                           "which a float cannot hold exactly; remove the event",
                           source->base.path, source->image_set, pixels->event, plane,
                           pixel / columns, pixel % columns, value);
  return 1;
}

/* Converts count words of a plane; 1 if one of them is too large. No branches: all in vectors. */
static int convert(ls_kevlar_pixels *pixels, size_t count, const uint32_t *index,
                   const int32_t *value, uint32_t first) {
  const uint32_t largest = LS_KEVLAR_LARGEST_VALUE;
  uint32_t bad = 0;
  for (size_t i = 0; i < count; i++) {
    pixels->index[i] = index[i] - first;
    pixels->value[i] = (float)value[i];
    bad |= (uint32_t)value[i] + largest > 2 * largest;
  }
  return bad != 0;
}

/* The words of a plane as the floats they are; -0, a word that is not zero, is no pixel. Returns
 * how many there are. */
static size_t copy_floats(ls_kevlar_pixels *pixels, size_t count, const uint32_t *index,
                          const int32_t *value, uint32_t first) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    pixels->index[kept] = index[i] - first;
    memcpy(&pixels->value[kept], &value[i], sizeof(float));
    kept += pixels->value[kept] != 0;
  }
  return kept;
}

ls_word_range ls_kevlar_wanted_words(const ls_kevlar_pixels *pixels) {
  const ls_geometry *geometry = &pixels->source->base.geometry;
  const uint64_t plane_words = (uint64_t)geometry->rows * (uint64_t)geometry->columns;
  int first = 0, end = geometry->planes;
  while (first < end && !(pixels->plane_mask >> first & 1)) first++;
  while (end > first && !(pixels->plane_mask >> (end - 1) & 1)) end--;
  return (ls_word_range){(uint64_t)first * plane_words, (uint64_t)end * plane_words};
}

/* A batch may hold the end of one plane and the beginning of the next. */
int ls_kevlar_take_words(void *context, const uint32_t *index, const int32_t *value, size_t count) {
  ls_kevlar_pixels *pixels = context;
  const ls_geometry *geometry = &pixels->source->base.geometry;
  const int floats = pixels->source->base.value_type == LS_VALUE_FLOAT32;
  const uint32_t plane_words = (uint32_t)geometry->rows * (uint32_t)geometry->columns;
  while (count) {
    uint32_t plane = index[0] / plane_words, first = plane * plane_words;
    size_t n = count;
    while (index[n - 1] - first >= plane_words) n--;
    size_t kept = n;
    if (floats)
      kept = copy_floats(pixels, n, index, value, first);
    else if (convert(pixels, n, index, value, first))
      for (size_t i = 0; i < n; i++)
        if (value[i] > LS_KEVLAR_LARGEST_VALUE || value[i] < -LS_KEVLAR_LARGEST_VALUE)
          return refuse(pixels, (int)plane, pixels->index[i], value[i]);
    if (pixels->plane_mask >> plane & 1) {
      pixels->status = pixels->sink->pixels(pixels->sink->context, (int)plane, kept, pixels->index,
                                            pixels->value, pixels->error);
      if (pixels->status != LS_OK) return 1;
    }
    index += n;
    value += n;
    count -= n;
  }
  return 0;
}
