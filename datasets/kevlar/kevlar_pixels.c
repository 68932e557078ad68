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

/* A batch may hold the end of one plane and the beginning of the next. */
int ls_kevlar_take_words(void *context, const uint32_t *index, const int32_t *value, size_t count) {
  ls_kevlar_pixels *pixels = context;
  const ls_geometry *geometry = &pixels->source->base.geometry;
  const uint64_t plane_words = (uint64_t)geometry->rows * (unsigned)geometry->columns;
  size_t i = 0;
  while (i < count) {
    int plane = (int)(index[i] / plane_words);
    const uint64_t first = (uint64_t)plane * plane_words, end = first + plane_words;
    size_t n = 0;
    for (; i < count && index[i] < end; i++, n++) {
      pixels->index[n] = (uint32_t)(index[i] - first);
      if (pixels->source->base.value_type == LS_VALUE_FLOAT32) {
        memcpy(&pixels->value[n], &value[i], sizeof(float));
        n -= pixels->value[n] == 0; /* -0: a word that is not zero, a pixel that is */
        continue;
      }
      pixels->value[n] = (float)value[i];
      if (value[i] > LS_KEVLAR_LARGEST_VALUE || value[i] < -LS_KEVLAR_LARGEST_VALUE)
        return refuse(pixels, plane, pixels->index[n], value[i]);
    }
    if (!(pixels->plane_mask >> plane & 1)) continue;
    pixels->status = pixels->sink->pixels(pixels->sink->context, plane, n, pixels->index,
                                          pixels->value, pixels->error);
    if (pixels->status != LS_OK) return 1;
  }
  return 0;
}
