#include "backends/cuda/input.h"

#include "backends/cuda/map.h"

#include <cstring>
#include <new>

namespace LS_CUDA_NAMESPACE {

constexpr size_t PAIR_BYTES = sizeof(unsigned) + sizeof(float);

static size_t pixel_bytes(const image_input *in) {
  return (size_t)in->rows * (size_t)in->columns * (size_t)in->planes * sizeof(float);
}

static size_t tile_bytes(const image_input *in) {
  return (size_t)in->tile_rows * (size_t)in->tile_columns;
}

static ls_status slot_new(image_input *in, uploaded *slot, ls_error *error) {
  LS_TRY(device_allocate(in->d, (void **)&slot->pixels, pixel_bytes(in), "an image", error));
  LS_TRY(device_allocate(in->d, (void **)&slot->tiles, tile_bytes(in), "an image", error));
  LS_TRY(device_allocate(in->d, (void **)&slot->pairs, PAIR_BYTES * UPLOAD_PAIRS,
                         "pairs of an image", error));
  LS_TRY(new_event(in->d, &slot->ready, error));
  return new_event(in->d, &slot->free, error);
}

static ls_status buffer_new(image_input *in, upload_buffer *buffer, ls_error *error) {
  LS_TRY(check(in->d, cudaMallocHost(&buffer->pinned, PAIR_BYTES * UPLOAD_PAIRS), "pinned memory",
               error));
  return new_event(in->d, &buffer->copied, error);
}

ls_status image_input_new(device *d, int rows, int columns, int planes, image_input **made,
                          ls_error *error) {
  *made = nullptr;
  LS_TRY(use(d, error));
  image_input *in = new (std::nothrow) image_input();
  if (!in) return ls_fail(error, LS_MEMORY, "no memory for an image");
  *in = {d, rows, columns, planes, 0, 0, {}, {}, 0, 0};
  in->tile_rows = rows / 5 / TILE_ROWS + 1;
  in->tile_columns = columns / 5 / TILE_COLUMNS + 1;
  ls_status status = LS_OK;
  for (int i = 0; i < 2 && status == LS_OK; i++) {
    status = slot_new(in, &in->slots[i], error);
    if (status == LS_OK) status = buffer_new(in, &in->buffers[i], error);
  }
  if (status != LS_OK) {
    image_input_free(in);
    return status;
  }
  *made = in;
  return LS_OK;
}

void image_input_free(image_input *in) {
  if (!in) return;
  for (uploaded &slot : in->slots) {
    device_release(in->d, slot.pixels);
    device_release(in->d, slot.tiles);
    device_release(in->d, slot.pairs);
    if (slot.ready) (void)cudaEventDestroy(slot.ready);
    if (slot.free) (void)cudaEventDestroy(slot.free);
  }
  for (upload_buffer &buffer : in->buffers) {
    (void)cudaFreeHost(buffer.pinned);
    if (buffer.copied) (void)cudaEventDestroy(buffer.copied);
  }
  delete in;
}

/* The next buffer, when the copy from it is over. */
static ls_status take_buffer(image_input *in, upload_buffer **buffer, ls_error *error) {
  *buffer = &in->buffers[in->next_buffer];
  in->next_buffer ^= 1;
  return check(in->d, cudaEventSynchronize((*buffer)->copied), "sending an image", error);
}

static ls_status copy(image_input *in, upload_buffer *buffer, void *to, size_t bytes,
                      ls_error *error) {
  cudaStream_t stream = in->d->upload;
  cudaError_t status = cudaMemcpyAsync(to, buffer->pinned, bytes, cudaMemcpyHostToDevice, stream);
  if (status == cudaSuccess) status = cudaEventRecord(buffer->copied, stream);
  return check(in->d, status, "sending an image", error);
}

/* Some pixels of each plane in one copy, then to their places. */
static ls_status send_pairs(image_input *in, const ls_image *image, uploaded *to,
                            const size_t *from, const size_t *count, ls_error *error) {
  upload_buffer *buffer;
  size_t total = 0;
  for (int p = 0; p < in->planes; p++) total += count[p];
  if (!total) return LS_OK;
  LS_TRY(take_buffer(in, &buffer, error));
  unsigned *places = (unsigned *)buffer->pinned;
  float *values = (float *)buffer->pinned + total;
  for (int p = 0; p < in->planes; places += count[p], values += count[p], p++) {
    if (!count[p]) continue;
    memcpy(places, image->plane[p].index + from[p], count[p] * sizeof *places);
    memcpy(values, image->plane[p].value + from[p], count[p] * sizeof *values);
  }
  LS_TRY(copy(in, buffer, to->pairs, total * PAIR_BYTES, error));
  const unsigned *at = to->pairs;
  const float *value = (const float *)(const void *)(to->pairs + total);
  for (int p = 0; p < in->planes; at += count[p], value += count[p], p++)
    LS_TRY(launch_scatter(in, to, p, at, value, count[p], error));
  return LS_OK;
}

/* More than fit one copy, plane by plane. */
static ls_status send_in_parts(image_input *in, const ls_image *image, uploaded *to,
                               ls_error *error) {
  for (int p = 0; p < in->planes; p++) {
    size_t from[LS_MAX_PLANES] = {}, count[LS_MAX_PLANES] = {};
    for (; from[p] < to->count[p]; from[p] += count[p]) {
      size_t left = to->count[p] - from[p];
      count[p] = left < UPLOAD_PAIRS ? left : UPLOAD_PAIRS;
      LS_TRY(send_pairs(in, image, to, from, count, error));
    }
  }
  return LS_OK;
}

/* Zeros where the image before had charge, or everywhere. */
static ls_status clear_pixels(image_input *in, uploaded *to, ls_error *error) {
  const unsigned *at = to->pairs;
  if (!to->sparse)
    return check(in->d, cudaMemsetAsync(to->pixels, 0, pixel_bytes(in), in->d->upload),
                 "sending an image", error);
  for (int p = 0; p < in->planes; at += to->count[p], p++)
    LS_TRY(launch_clear(in, to, p, at, to->count[p], error));
  return LS_OK;
}

static ls_status send_sparse(image_input *in, const ls_image *image, uploaded *to,
                             ls_error *error) {
  const size_t from[LS_MAX_PLANES] = {};
  size_t total = 0;
  LS_TRY(clear_pixels(in, to, error));
  to->sparse = 0;
  LS_TRY(check(in->d, cudaMemsetAsync(to->tiles, 0, tile_bytes(in), in->d->upload),
               "sending an image", error));
  for (int p = 0; p < in->planes; p++) {
    to->count[p] = image->plane[p].count;
    total += to->count[p];
  }
  if (total > UPLOAD_PAIRS) return send_in_parts(in, image, to, error);
  LS_TRY(send_pairs(in, image, to, from, to->count, error));
  to->sparse = 1;
  return LS_OK;
}

static ls_status send_dense(image_input *in, const ls_image *image, uploaded *to, ls_error *error) {
  to->sparse = 0;
  const size_t whole = pixel_bytes(in), most = UPLOAD_PAIRS * PAIR_BYTES;
  LS_TRY(check(in->d, cudaMemsetAsync(to->tiles, 1, tile_bytes(in), in->d->upload),
               "sending an image", error));
  for (size_t at = 0; at < whole; at += most) {
    size_t bytes = whole - at < most ? whole - at : most;
    upload_buffer *buffer;
    LS_TRY(take_buffer(in, &buffer, error));
    memcpy(buffer->pinned, (const char *)image->dense + at, bytes);
    LS_TRY(copy(in, buffer, (char *)to->pixels + at, bytes, error));
  }
  return LS_OK;
}

ls_status image_input_send(image_input *in, const ls_image *image, const void *owner, int anew,
                           uploaded **found, ls_error *error) {
  for (uploaded &slot : in->slots)
    if (!anew && slot.owner == owner) {
      *found = &slot;
      return LS_OK;
    }
  /* Another image may still be known under this name. */
  for (uploaded &slot : in->slots)
    if (slot.owner == owner) slot.owner = nullptr;
  uploaded *slot = &in->slots[in->next_slot];
  in->next_slot ^= 1;
  device *d = in->d;
  LS_TRY(check(d, cudaStreamWaitEvent(d->upload, slot->free, 0), "sending an image", error));
  slot->owner = nullptr;
  LS_TRY((image->form == LS_IMAGE_SPARSE ? send_sparse : send_dense)(in, image, slot, error));
  cudaError_t status = cudaEventRecord(slot->ready, d->upload);
  if (status == cudaSuccess) status = cudaStreamWaitEvent(d->compute, slot->ready, 0);
  LS_TRY(check(d, status, "sending an image", error));
  slot->owner = owner;
  *found = slot;
  return LS_OK;
}

ls_status image_input_done(image_input *in, uploaded *used, ls_error *error) {
  return check(in->d, cudaEventRecord(used->free, in->d->compute), "recording an event", error);
}

} // namespace LS_CUDA_NAMESPACE
