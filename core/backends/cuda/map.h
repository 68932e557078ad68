/* Activations of the backend cuda, and their gradients: a map of pixels, channels last, in one
 * block of the device's memory.
 *
 * `active` has a byte for each pixel: 0 where its receptive field holds no charge. Such background
 * pixels all have the same values, one for each channel, and those are stored like any others: to
 * write them costs a device little, and nobody who reads has to look.
 *
 * The gradient of a map has the same layout. What would go to background pixels from windows that
 * see nothing else is not spread over them but summed, in `background`; what other windows send
 * them stands in their values. */
#ifndef LS_BACKENDS_CUDA_MAP_H
#define LS_BACKENDS_CUDA_MAP_H

#include "backends/cuda/runtime.h"

namespace LS_CUDA_NAMESPACE {

struct map {
  int rows, columns, channels;
  float *background;     /* [channels] */
  unsigned char *active; /* [rows][columns] */
  float *values;         /* [rows][columns][channels] */
};

inline size_t aligned(size_t bytes) {
  return (bytes + 255) / 256 * 256;
}

inline size_t map_bytes(int rows, int columns, int channels) {
  size_t pixels = (size_t)rows * (size_t)columns;
  return aligned((size_t)channels * sizeof(float)) + aligned(pixels) +
         aligned(pixels * (size_t)channels * sizeof(float));
}

inline map map_at(int rows, int columns, int channels, const void *block) {
  char *at = (char *)block;
  size_t head = aligned((size_t)channels * sizeof(float));
  size_t bytes = aligned((size_t)rows * (size_t)columns);
  return {rows,
          columns,
          channels,
          (float *)(void *)at,
          (unsigned char *)(at + head),
          (float *)(void *)(at + head + bytes)};
}

inline size_t map_floats(const map &m) {
  return (size_t)m.rows * (size_t)m.columns * (size_t)m.channels;
}

#ifdef LS_CUDA_EMULATED
inline bool ls_arguments_valid(const map &m) {
  return is_device_memory(m.background) && is_device_memory(m.active) && is_device_memory(m.values);
}
#endif

} // namespace LS_CUDA_NAMESPACE

#endif
