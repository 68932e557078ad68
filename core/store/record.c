#include "store/record.h"

#include "base/memory.h"

#include <xxhash.h>

static size_t dense_floats(const ls_image *image) {
  return (size_t)image->rows * (size_t)image->columns * (size_t)image->planes;
}

/* Makes *block at least bytes large; what it held is lost. */
static ls_status reserve(void **block, size_t *capacity, size_t bytes, const char *what,
                         ls_error *error) {
  if (bytes <= *capacity) return LS_OK;
  ls_free(*block);
  *capacity = 0;
  LS_TRY(ls_allocate_unset(block, bytes, what, error));
  *capacity = bytes;
  return LS_OK;
}

static ls_status make_dense(const ls_image *sparse, ls_image *dense, ls_error *error) {
  LS_TRY(
      ls_image_reset(dense, LS_IMAGE_DENSE, sparse->rows, sparse->columns, sparse->planes, error));
  ls_image_to_dense(sparse, dense->dense);
  return LS_OK;
}

/* Compresses one part and appends it to the encoder's output, which has room for it. */
static ls_status add_part(ls_encoder *encoder, const ls_codec_settings *codec, const void *data,
                          size_t bytes, uint64_t *part_bytes, ls_error *error) {
  *part_bytes = 0;
  if (!bytes) return LS_OK;
  size_t written = ls_codec_compress(codec, data, bytes, encoder->output + encoder->output_bytes);
  if (!written)
    return ls_fail(error, LS_INTERNAL, "codec %s failed on %zu bytes; try another codec",
                   codec->codec, bytes);
  *part_bytes = written;
  encoder->output_bytes += written;
  encoder->packed_bytes += bytes;
  return LS_OK;
}

/* Room for all parts of the image, the largest of which must not exceed the codec's limit. */
static ls_status reserve_output(ls_encoder *encoder, const ls_codec_settings *codec,
                                const ls_image *image, ls_error *error) {
  size_t bound = 0, largest = 0, most_pixels = 0;
  if (image->form == LS_IMAGE_DENSE) {
    largest = dense_floats(image) * sizeof(float);
    bound = ls_codec_bound(codec, largest);
  } else
    for (int p = 0; p < image->planes; p++) {
      size_t pixels = image->plane[p].count;
      bound += 2 * ls_codec_bound(codec, pixels * sizeof(float));
      if (pixels > most_pixels) most_pixels = pixels;
    }
  if (most_pixels) largest = most_pixels * sizeof(float);
  if (largest > ls_codec_limit(codec))
    return ls_fail(error, LS_MISMATCH,
                   "an image with a part of %.0f MB is too large for codec %s, which takes %.0f "
                   "MB; use codec none or a smaller --size",
                   (double)largest / 1e6, codec->codec, (double)ls_codec_limit(codec) / 1e6);
  size_t capacity = encoder->steps_capacity * sizeof(uint32_t);
  ls_status status = reserve((void **)&encoder->steps, &capacity, most_pixels * sizeof(uint32_t),
                             "packing an image", error);
  encoder->steps_capacity = capacity / sizeof(uint32_t);
  LS_TRY(status);
  return reserve((void **)&encoder->output, &encoder->output_capacity, bound,
                 "compressing an image", error);
}

static ls_status encode_sparse(ls_encoder *encoder, const ls_codec_settings *codec,
                               const ls_image *image, ls_record_header *header, ls_error *error) {
  for (int p = 0; p < image->planes; p++) {
    const ls_pixels *pixels = &image->plane[p];
    header->pixels[p] = pixels->count;
    uint32_t previous = 0;
    for (size_t i = 0; i < pixels->count; i++) {
      encoder->steps[i] = pixels->index[i] - previous;
      previous = pixels->index[i];
    }
    LS_TRY(add_part(encoder, codec, encoder->steps, pixels->count * sizeof(uint32_t),
                    &header->part_bytes[2 * p], error));
    LS_TRY(add_part(encoder, codec, pixels->value, pixels->count * sizeof(float),
                    &header->part_bytes[2 * p + 1], error));
  }
  return LS_OK;
}

ls_status ls_record_encode(ls_encoder *encoder, const ls_codec_settings *codec, ls_store_form form,
                           const ls_image *image, ls_record_header *header, ls_error *error) {
  const ls_image *source = image;
  if (form == LS_STORE_SPARSE && image->form == LS_IMAGE_DENSE) {
    LS_TRY(ls_image_to_sparse(image, &encoder->converted, error));
    source = &encoder->converted;
  } else if (form == LS_STORE_DENSE && image->form == LS_IMAGE_SPARSE) {
    LS_TRY(make_dense(image, &encoder->converted, error));
    source = &encoder->converted;
  }
  *header = (ls_record_header){.event = image->event,
                               .label = image->label,
                               .form = source->form,
                               .rows = source->rows,
                               .columns = source->columns,
                               .planes = source->planes};
  encoder->output_bytes = 0, encoder->packed_bytes = 0;
  LS_TRY(reserve_output(encoder, codec, source, error));
  if (source->form == LS_IMAGE_SPARSE) return encode_sparse(encoder, codec, source, header, error);
  return add_part(encoder, codec, source->dense, dense_floats(source) * sizeof(float),
                  &header->part_bytes[0], error);
}

void ls_encoder_destroy(ls_encoder *encoder) {
  ls_image_destroy(&encoder->converted);
  ls_free(encoder->steps);
  ls_free(encoder->output);
  *encoder = (ls_encoder){0};
}

uint64_t ls_record_checksum(const ls_record *record) {
  return XXH3_64bits_withSeed(&record->header, sizeof record->header,
                              XXH3_64bits(record->block, record->block_bytes));
}

static ls_status damaged(const ls_record *record, const char *what, ls_error *error) {
  return ls_fail(error, LS_FORMAT,
                 "the stored record of event %llu is damaged: %s; load the data again, and test "
                 "the machine's memory if this comes back",
                 (unsigned long long)record->header.event, what);
}

/* As ls_image_reset, but leaves a dense image of the right size as it is: all of it is about to be
 * overwritten, and zeroing 52 MB takes as long as decompressing them. */
static ls_status take_shape(const ls_record_header *header, ls_image *image, ls_error *error) {
  ls_image shape = {
      .rows = (int)header->rows, .columns = (int)header->columns, .planes = (int)header->planes};
  if (header->form == LS_IMAGE_SPARSE || image->dense_capacity < dense_floats(&shape))
    return ls_image_reset(image, (ls_image_form)header->form, shape.rows, shape.columns,
                          shape.planes, error);
  image->rows = shape.rows, image->columns = shape.columns, image->planes = shape.planes;
  image->form = LS_IMAGE_DENSE;
  for (int p = 0; p < LS_MAX_PLANES; p++) image->plane[p].count = 0;
  return LS_OK;
}

/* Decompresses the part at *at into bytes at out and moves *at behind it; 0 on failure. */
static int take_part(const ls_codec_settings *codec, const unsigned char **at, uint64_t part_bytes,
                     void *out, size_t bytes) {
  const unsigned char *part = *at;
  *at += part_bytes;
  return bytes == 0 || ls_codec_decompress(codec, part, part_bytes, out, bytes);
}

static ls_status decode_sparse(const ls_record *record, const ls_codec_settings *codec,
                               ls_image *image, ls_error *error) {
  const ls_record_header *header = &record->header;
  const unsigned char *at = record->block;
  for (int p = 0; p < image->planes; p++) {
    ls_pixels *pixels = &image->plane[p];
    size_t count = header->pixels[p];
    LS_TRY(ls_pixels_reserve(pixels, count, error));
    if (!take_part(codec, &at, header->part_bytes[2 * p], pixels->index, count * sizeof(uint32_t)))
      return damaged(record, "its pixel positions do not decompress", error);
    if (!take_part(codec, &at, header->part_bytes[2 * p + 1], pixels->value, count * sizeof(float)))
      return damaged(record, "its pixel values do not decompress", error);
    for (size_t i = 1; i < count; i++) pixels->index[i] += pixels->index[i - 1];
    pixels->count = count;
  }
  return LS_OK;
}

ls_status ls_record_decode(const ls_record *record, const ls_codec_settings *codec, ls_image *image,
                           ls_error *error) {
  const ls_record_header *header = &record->header;
  if (ls_record_checksum(record) != record->checksum)
    return damaged(record, "its checksum differs", error);
  LS_TRY(take_shape(header, image, error));
  image->label = (int)header->label;
  image->event = header->event;
  if (header->form == LS_IMAGE_SPARSE) return decode_sparse(record, codec, image, error);
  const unsigned char *at = record->block;
  if (!take_part(codec, &at, header->part_bytes[0], image->dense,
                 dense_floats(image) * sizeof(float)))
    return damaged(record, "its pixels do not decompress", error);
  return LS_OK;
}
