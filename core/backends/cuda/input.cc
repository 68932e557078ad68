#include "backends/cuda/input.h"

#include "backends/cuda/map.h"

#include <cstring>
#include <new>

namespace LS_CUDA_NAMESPACE {

static size_t pixel_bytes(const image_input *in) {
  return (size_t)in->rows * (size_t)in->columns * (size_t)in->planes * sizeof(float);
}

static size_t tile_bytes(const image_input *in) {
  return (size_t)in->tile_rows * (size_t)in->tile_columns;
}

static ls_status new_event(device *d, cudaEvent_t *event, ls_error *error) {
  return check(d, cudaEventCreateWithFlags(event, cudaEventDisableTiming), "making an event",
               error);
}

static ls_status slot_new(image_input *in, uploaded *slot, ls_error *error) {
  LS_TRY(device_allocate(in->d, (void **)&slot->pixels, pixel_bytes(in), "an image", error));
  LS_TRY(device_allocate(in->d, (void **)&slot->tiles, tile_bytes(in), "an image", error));
  LS_TRY(new_event(in->d, &slot->ready, error));
  return new_event(in->d, &slot->free, error);
}

static ls_status buffer_new(image_input *in, upload_buffer *buffer, ls_error *error) {
  const size_t bytes = UPLOAD_PAIRS * (sizeof(unsigned) + sizeof(float));
  LS_TRY(check(in->d, cudaMallocHost(&buffer->pinned, bytes), "pinned memory", error));
  LS_TRY(device_allocate(in->d, &buffer->on_device, bytes, "pairs of an image", error));
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
    if (slot.ready) (void)cudaEventDestroy(slot.ready);
    if (slot.free) (void)cudaEventDestroy(slot.free);
  }
  for (upload_buffer &buffer : in->buffers) {
    device_release(in->d, buffer.on_device);
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

/* Places and values of up to UPLOAD_PAIRS pixels, in one copy. */
static ls_status send_pairs(image_input *in, const uploaded *to, int plane, const ls_pixels *pixels,
                            size_t from, ls_error *error) {
  size_t left = pixels->count - from, most = UPLOAD_PAIRS, count = left < most ? left : most;
  upload_buffer *buffer;
  LS_TRY(take_buffer(in, &buffer, error));
  memcpy(buffer->pinned, pixels->index + from, count * sizeof(unsigned));
  memcpy((float *)buffer->pinned + count, pixels->value + from, count * sizeof(float));
  LS_TRY(copy(in, buffer, buffer->on_device, count * (sizeof(unsigned) + sizeof(float)), error));
  const unsigned *places = (const unsigned *)buffer->on_device;
  return launch_scatter(in, to, plane, places, (const float *)(const void *)(places + count),
                        (int)count, error);
}

static ls_status send_sparse(image_input *in, const ls_image *image, const uploaded *to,
                             ls_error *error) {
  cudaError_t status = cudaMemsetAsync(to->pixels, 0, pixel_bytes(in), in->d->upload);
  if (status == cudaSuccess) status = cudaMemsetAsync(to->tiles, 0, tile_bytes(in), in->d->upload);
  LS_TRY(check(in->d, status, "sending an image", error));
  for (int p = 0; p < in->planes; p++)
    for (size_t from = 0; from < image->plane[p].count; from += UPLOAD_PAIRS)
      LS_TRY(send_pairs(in, to, p, &image->plane[p], from, error));
  return LS_OK;
}

static ls_status send_dense(image_input *in, const ls_image *image, const uploaded *to,
                            ls_error *error) {
  const size_t whole = pixel_bytes(in), most = UPLOAD_PAIRS * 2 * sizeof(float);
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
