#include "backends/openmp/map.h"

#include "base/memory.h"

enum { RIM = LS_OPENMP_RIM, SLACK = 16 };

static size_t aligned(size_t bytes) {
  return (bytes + LS_ALIGNMENT - 1) / LS_ALIGNMENT * LS_ALIGNMENT;
}

ls_openmp_map ls_openmp_map_at(int rows, int columns, int channels, void *block) {
  ls_openmp_map map = {.rows = rows, .columns = columns, .channels = channels};
  char *at = block;
  map.form = (void *)at;
  at += aligned(sizeof *map.form);
  map.background = (void *)at;
  at += aligned(((size_t)channels + SLACK) * sizeof(float));
  map.background_gradient = (void *)at;
  at += aligned((size_t)channels * sizeof(double));
  map.active_stride = (size_t)columns + 2 * RIM;
  map.active = (uint8_t *)at + RIM * map.active_stride + RIM;
  at += aligned(map.active_stride * (size_t)(rows + 2 * RIM));
  map.row_stride =
      aligned(((size_t)(columns + 2 * RIM) * channels + SLACK) * sizeof(float)) / sizeof(float);
  map.values = (float *)(void *)at + RIM * map.row_stride + (size_t)RIM * channels;
  return map;
}

size_t ls_openmp_map_bytes(int rows, int columns, int channels) {
  ls_openmp_map map = ls_openmp_map_at(rows, columns, channels, NULL);
  size_t values = (size_t)((char *)(map.values - RIM * map.row_stride - (size_t)RIM * channels) -
                           (char *)map.form);
  return values + map.row_stride * (size_t)(rows + 2 * RIM) * sizeof(float);
}

void ls_openmp_map_begin(const ls_openmp_map *map, int sparse) {
  *map->form = (ls_openmp_form){.sparse = sparse, .finite = 1};
  size_t side = (size_t)RIM * map->channels * sizeof(float);
  for (int r = -RIM; r < map->rows + RIM; r++) {
    float *row = ls_openmp_values(map, r, -RIM);
    uint8_t *active = ls_openmp_active(map, r, -RIM);
    int inside = r >= 0 && r < map->rows;
    if (!inside) memset(row, 0, map->row_stride * sizeof(float));
    if (inside) memset(row, 0, side);
    if (inside) memset(ls_openmp_values(map, r, map->columns), 0, side + SLACK * sizeof(float));
    if (!sparse) continue;
    memset(active, LS_OPENMP_PADDING, map->active_stride);
    if (inside) memset(active + RIM, LS_OPENMP_BACKGROUND, (size_t)map->columns);
  }
}

static void copy_active(const ls_openmp_map *to, const ls_openmp_map *from) {
  memcpy(ls_openmp_active(to, -RIM, -RIM), ls_openmp_active(from, -RIM, -RIM),
         to->active_stride * (size_t)(to->rows + 2 * RIM));
}

void ls_openmp_map_begin_gradient(const ls_openmp_map *gradient, const ls_openmp_map *activation) {
  int sparse = activation->form->sparse;
  *gradient->form = (ls_openmp_form){.sparse = sparse, .gradient = 1, .finite = 1};
  if (!sparse) return;
  copy_active(gradient, activation);
  memset(gradient->background_gradient, 0, (size_t)gradient->channels * sizeof(double));
}

void ls_openmp_map_gather_background(const ls_openmp_map *gradient,
                                     const ls_openmp_map *activation) {
  if (!activation->form->sparse || gradient->form->sparse) return;
  ls_openmp_map_begin_gradient(gradient, activation);
  for (int r = 0; r < gradient->rows; r++)
    for (int c = 0; c < gradient->columns; c++) {
      if (*ls_openmp_active(activation, r, c)) continue;
      const float *g = ls_openmp_values(gradient, r, c);
      for (int k = 0; k < gradient->channels; k++) gradient->background_gradient[k] += (double)g[k];
    }
}

int ls_openmp_field_bits(const ls_openmp_map *map, int row, int column, unsigned bits[9]) {
  int count = 0;
  for (int y = 0; y < 9; y++) {
    bits[y] = ls_openmp_active_bits(ls_openmp_active(map, row + y, column));
    for (unsigned left = bits[y]; left; left &= left - 1) count++;
  }
  return count;
}

int ls_openmp_list(const ls_openmp_map *map, int row, uint16_t *columns) {
  int count = 0;
  if (!map->form->sparse) {
    for (int c = 0; c < map->columns; c++) columns[count++] = (uint16_t)c;
    return count;
  }
  const uint8_t *active = ls_openmp_active(map, row, 0);
  for (int c = 0; c < map->columns; c += 8) {
    uint64_t eight = 0;
    if (c + 8 <= map->columns)
      memcpy(&eight, active + c, sizeof eight);
    else
      memcpy(&eight, active + c, (size_t)(map->columns - c));
    /* One bit for each byte that is not zero, from the lowest on. */
    eight = (eight | eight >> 1) & 0x0101010101010101;
    for (; eight; eight &= eight - 1) columns[count++] = (uint16_t)(c + __builtin_ctzll(eight) / 8);
  }
  return count;
}

void ls_openmp_map_export(const ls_openmp_map *map, float *plain) {
  size_t channels = (size_t)map->channels, hidden = 0;
  for (int r = 0; map->form->sparse && r < map->rows; r++)
    for (int c = 0; c < map->columns; c++) hidden += !*ls_openmp_active(map, r, c);
  for (int r = 0; r < map->rows; r++)
    for (int c = 0; c < map->columns; c++) {
      float *pixel = plain + ((size_t)r * (size_t)map->columns + (size_t)c) * channels;
      memcpy(pixel, ls_openmp_pixel(map, r, c), channels * sizeof(float));
      if (!map->form->gradient || !map->form->sparse || *ls_openmp_active(map, r, c)) continue;
      for (size_t k = 0; k < channels; k++)
        pixel[k] = (float)(map->background_gradient[k] / (double)hidden);
    }
}

void ls_openmp_map_import(const ls_openmp_map *map, const float *plain) {
  size_t row = (size_t)map->columns * (size_t)map->channels;
  ls_openmp_map_begin(map, 0);
  for (int r = 0; r < map->rows; r++)
    memcpy(ls_openmp_values(map, r, 0), plain + (size_t)r * row, row * sizeof(float));
  map->form->finite = ls_openmp_finite(plain, (size_t)map->rows * row);
}

int ls_openmp_finite(const float *values, size_t count) {
  const uint32_t exponent = 0x7f800000;
  int bad = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    bad |= (bits & exponent) == exponent;
  }
  return !bad;
}
