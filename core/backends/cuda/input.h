/* The image on its way to the device. A sparse one goes as pairs of a place and a value and is made
 * dense there; a dense one goes as it is. Two images have room, so that one can come while the
 * other is computed with: the upload stream waits for nothing but the end of the work on what it
 * replaces. */
#ifndef LS_BACKENDS_CUDA_INPUT_H
#define LS_BACKENDS_CUDA_INPUT_H

#include "backends/cuda/device.h"

namespace LS_CUDA_NAMESPACE {

/* Windows of the first block that one thread block computes: so many in a row, and so many rows. */
constexpr int TILE_COLUMNS = 32;
constexpr int TILE_ROWS = 4;

/* In one copy. Emulated: so few that tests come to the end of it. */
#ifdef LS_CUDA_EMULATED
constexpr size_t UPLOAD_PAIRS = 1 << 10;
#else
constexpr size_t UPLOAD_PAIRS = 1 << 17;
#endif

/* An image on the device. pixels: [rows][columns][planes]. tiles: a byte for each tile of windows,
 * 0 if no pixel in their receptive fields is charged. pairs: what was sent last, all planes' places
 * and then all values. A sparse image's pixels are zero again when zeros are written to them. */
struct uploaded {
  float *pixels;
  unsigned char *tiles;
  unsigned *pairs;
  size_t count[LS_MAX_PLANES]; /* of a sparse image that was sent at once */
  int sparse;                  /* 1: that is what is here */
  const void *owner;           /* the block of saved data of the image that is here */
  cudaEvent_t ready, free;
};

struct upload_buffer {
  void *pinned; /* UPLOAD_PAIRS pairs */
  cudaEvent_t copied;
};

struct image_input {
  device *d;
  int rows, columns, planes, tile_rows, tile_columns;
  uploaded slots[2];
  upload_buffer buffers[2];
  int next_slot, next_buffer;
};

ls_status image_input_new(device *d, int rows, int columns, int planes, image_input **input,
                          ls_error *error);
void image_input_free(image_input *input); /* NULL is allowed */

/* Sends the image, unless it is there. compute waits until it has come. *found stays valid until
 * two other images were sent. */
ls_status image_input_send(image_input *input, const ls_image *image, const void *owner, int anew,
                           uploaded **found, ls_error *error);

/* Whatever was launched until now is the last to read it. */
ls_status image_input_done(image_input *input, uploaded *used, ls_error *error);

/* input.cu. places, values: on the device. clear writes zeros. */
ls_status launch_scatter(image_input *input, const uploaded *to, int plane, const unsigned *places,
                         const float *values, size_t count, ls_error *error);
ls_status launch_clear(image_input *input, const uploaded *to, int plane, const unsigned *places,
                       size_t count, ls_error *error);

} // namespace LS_CUDA_NAMESPACE

#endif
