#include "datasets/packed/packed_encode.h"

#include "store/codec.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more block at its largest. */
static ls_status reserve(ls_packed_encoder *encoder, const ls_codec_settings *codec,
                         ls_error *error) {
  const size_t part = LS_PACKED_BLOCK_PIXELS * sizeof(uint32_t);
  size_t wanted = encoder->count + sizeof(ls_packed_block) + 2 * ls_codec_bound(codec, part);
  if (!encoder->steps) encoder->steps = malloc(part);
  if (!encoder->values) encoder->values = malloc(part);
  if (wanted > encoder->capacity) {
    uint8_t *grown = realloc(encoder->bytes, wanted + wanted / 2);
    if (!grown) return ls_fail(error, LS_MEMORY, "no memory for a packed event");
    encoder->bytes = grown;
    encoder->capacity = wanted + wanted / 2;
  }
  return encoder->steps && encoder->values
             ? LS_OK
             : ls_fail(error, LS_MEMORY, "no memory for packing events");
}

/* Takes pixels from *at on that are not zero, as many as a block holds; returns how many. */
static uint32_t gather(ls_packed_encoder *encoder, const ls_pixels *pixels, size_t *at,
                       ls_value_type type) {
  uint32_t count = 0, before = 0;
  int32_t *whole = encoder->values;
  float *real = encoder->values;
  for (; *at < pixels->count && count < LS_PACKED_BLOCK_PIXELS; ++*at) {
    if (pixels->value[*at] == 0) continue;
    encoder->steps[count] = pixels->index[*at] - before;
    before = pixels->index[*at];
    if (type == LS_VALUE_INT32)
      whole[count++] = (int32_t)pixels->value[*at];
    else
      real[count++] = pixels->value[*at];
  }
  return count;
}

static ls_status add_block(ls_packed_encoder *encoder, const ls_codec_settings *codec,
                           ls_packed_block block, size_t event, ls_error *error) {
  size_t bytes = block.pixels * sizeof(uint32_t);
  uint8_t *head = encoder->bytes + encoder->count, *data = head + sizeof block;
  block.step_bytes = (uint32_t)ls_codec_compress(codec, encoder->steps, bytes, data);
  block.value_bytes =
      (uint32_t)ls_codec_compress(codec, encoder->values, bytes, data + block.step_bytes);
  if (!block.step_bytes || !block.value_bytes)
    return ls_fail(error, LS_INTERNAL, "codec %s failed on %zu bytes", codec->codec, bytes);
  block.checksum = ls_packed_block_checksum(&block, event, data);
  memcpy(head, &block, sizeof block);
  encoder->count += sizeof block + block.step_bytes + block.value_bytes;
  return LS_OK;
}

void ls_packed_encode_begin(ls_packed_encoder *encoder, size_t event, ls_packed_row *row) {
  encoder->count = 0;
  encoder->event = event;
  memset(row->pixels, 0, sizeof row->pixels);
  row->bytes = 0;
}

ls_status ls_packed_encode_add(ls_packed_encoder *encoder, const ls_pixels *pixels, int plane,
                               ls_value_type type, ls_packed_row *row, ls_error *error) {
  const ls_codec_settings codec = ls_packed_codec();
  for (size_t at = 0; at < pixels->count;) {
    LS_TRY(reserve(encoder, &codec, error));
    ls_packed_block block = {.plane = (uint32_t)plane};
    block.pixels = gather(encoder, pixels, &at, type);
    if (!block.pixels) continue;
    LS_TRY(add_block(encoder, &codec, block, encoder->event, error));
    row->pixels[plane] += block.pixels;
  }
  row->bytes = encoder->count;
  return LS_OK;
}

ls_status ls_packed_encode(ls_packed_encoder *encoder, const ls_pixels *planes, int plane_count,
                           ls_value_type type, size_t event, ls_packed_row *row, ls_error *error) {
  ls_packed_encode_begin(encoder, event, row);
  for (int p = 0; p < plane_count; p++)
    LS_TRY(ls_packed_encode_add(encoder, &planes[p], p, type, row, error));
  return LS_OK;
}

void ls_packed_encoder_destroy(ls_packed_encoder *encoder) {
  free(encoder->steps);
  free(encoder->values);
  free(encoder->bytes);
  *encoder = (ls_packed_encoder){0};
}
