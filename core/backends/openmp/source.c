#include "backends/openmp/source.h"

#include <string.h>

size_t ls_openmp_row_start_bytes(int rows, int planes) {
  return (size_t)planes * ((size_t)rows + 1) * sizeof(uint32_t);
}

static void index_rows(const ls_image *image, uint32_t *start) {
  for (int p = 0; p < image->planes; p++, start += image->rows + 1) {
    const ls_pixels *pixels = &image->plane[p];
    uint32_t columns = (uint32_t)image->columns, row = 0;
    start[0] = 0;
    for (size_t i = 0; i < pixels->count; i++)
      for (uint32_t r = pixels->index[i] / columns; row < r;) start[++row] = (uint32_t)i;
    while (row < (uint32_t)image->rows) start[++row] = (uint32_t)pixels->count;
  }
}

ls_openmp_source ls_openmp_source_image(const ls_image *image, void *row_start, int index) {
  if (index && image->form == LS_IMAGE_SPARSE) index_rows(image, row_start);
  return (ls_openmp_source){.rows = image->rows,
                            .columns = image->columns,
                            .channels = image->planes,
                            .image = image,
                            .row_start = row_start};
}

ls_openmp_source ls_openmp_source_map(ls_openmp_map map) {
  return (ls_openmp_source){
      .rows = map.rows, .columns = map.columns, .channels = map.channels, .map = map};
}

static size_t first_not_below(const uint32_t *index, size_t begin, size_t end, int64_t value) {
  while (begin < end) {
    size_t middle = begin + (end - begin) / 2;
    if ((int64_t)index[middle] < value)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

void ls_openmp_source_span(const ls_openmp_source *source, int plane, int row, int column,
                           int count, size_t *begin, size_t *end) {
  const uint32_t *index = source->image->plane[plane].index;
  const uint32_t *start = source->row_start + (size_t)plane * ((size_t)source->rows + 1);
  int64_t origin = (int64_t)row * source->columns;
  int to = column + count < source->columns ? column + count : source->columns;
  *begin = first_not_below(index, start[row], start[row + 1], origin + column);
  *end = first_not_below(index, *begin, start[row + 1], origin + to);
}

void ls_openmp_source_plane(const ls_openmp_source *source, int plane, int row, int column,
                            int count, float *out, int stride) {
  for (int i = 0; i < count; i++) out[(size_t)i * (size_t)stride] = 0;
  if (row < 0 || row >= source->rows) return;
  const ls_image *image = source->image;
  if (image->form == LS_IMAGE_SPARSE) {
    size_t begin, end;
    ls_openmp_source_span(source, plane, row, column, count, &begin, &end);
    int64_t origin = (int64_t)row * source->columns + column;
    for (size_t i = begin; i < end; i++)
      out[((int64_t)image->plane[plane].index[i] - origin) * stride] = image->plane[plane].value[i];
    return;
  }
  int from = column < 0 ? 0 : column, planes = image->planes;
  int to = column + count < source->columns ? column + count : source->columns;
  const float *pixel = image->dense + (size_t)row * (size_t)source->columns * (size_t)planes;
  if (planes == 1 && stride == 1) {
    if (from < to) memcpy(out + (from - column), pixel + from, (size_t)(to - from) * sizeof *out);
    return;
  }
  for (int c = from; c < to; c++)
    out[(size_t)(c - column) * (size_t)stride] = pixel[(size_t)c * (size_t)planes + (size_t)plane];
}

void ls_openmp_source_row(const ls_openmp_source *source, int row, int column, int count,
                          float *out) {
  size_t channels = (size_t)source->channels;
  if (source->image) {
    for (int p = 0; p < source->channels; p++)
      ls_openmp_source_plane(source, p, row, column, count, out + p, source->channels);
    return;
  }
  for (int i = 0; i < count; i++, column++) {
    int inside = row >= 0 && row < source->rows && column >= 0 && column < source->columns;
    float *pixel = out + (size_t)i * channels;
    if (inside)
      memcpy(pixel, ls_openmp_pixel(&source->map, row, column), channels * sizeof(float));
    else
      memset(pixel, 0, channels * sizeof(float));
  }
}
