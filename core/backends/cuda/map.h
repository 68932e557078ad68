/* Activations of the backend cuda, and their gradients: a map of pixels, channels last, in one
 * block of the device's memory.
 *
 * `active` has a byte for each pixel: 0 where its receptive field holds no charge. Such background
 * pixels are not stored: they all have the values `background`, one for each channel.
 *
 * In the gradient of a map the byte is 0 where the gradient is not stored, as it is zero. What
 * windows of background send, which see background pixels alone, is not spread over those but
 * summed, in `hidden`; what other windows send to background pixels is stored. */
#ifndef LS_BACKENDS_CUDA_MAP_H
#define LS_BACKENDS_CUDA_MAP_H

#include "backends/cuda/runtime.h"

namespace LS_CUDA_NAMESPACE {

struct map {
  int rows, columns, channels;
  float *background;     /* [channels]; of a gradient: zero */
  float *hidden;         /* [channels]; of a gradient alone */
  unsigned char *active; /* [rows][columns] */
  float *values;         /* [rows][columns][channels] */
};

inline size_t map_bytes(int rows, int columns, int channels) {
  size_t pixels = (size_t)rows * (size_t)columns;
  return 2 * aligned((size_t)channels * sizeof(float)) + aligned(pixels) +
         aligned(pixels * (size_t)channels * sizeof(float));
}

inline map map_at(int rows, int columns, int channels, const void *block) {
  size_t row = aligned((size_t)channels * sizeof(float));
  char *background = (char *)block, *hidden = background + row, *active = hidden + row;
  char *values = active + aligned((size_t)rows * (size_t)columns);
  return {rows,
          columns,
          channels,
          (float *)(void *)background,
          (float *)(void *)hidden,
          (unsigned char *)active,
          (float *)(void *)values};
}

inline size_t map_floats(const map &m) {
  return (size_t)m.rows * (size_t)m.columns * (size_t)m.channels;
}

/* The value of a channel of a pixel, stored or not. */
static __device__ inline float value_of(const map &m, size_t pixel, int channel) {
  return m.active[pixel] ? m.values[pixel * m.channels + channel] : m.background[channel];
}

#ifdef LS_CUDA_EMULATED
inline bool ls_arguments_valid(const map &m) {
  return is_device_memory(m.background) && is_device_memory(m.active) && is_device_memory(m.values);
}
#endif

} // namespace LS_CUDA_NAMESPACE

#endif
