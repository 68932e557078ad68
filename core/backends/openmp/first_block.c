/* The first block on an image.
 *
 * Dense rows: strips of as many windows as a vector has lanes go down a few pooled rows; of the
 * nine image rows under a pooled row four are carried over to the next, so each row is split into
 * its phases once a strip. A strip's phases stay in the first-level cache.
 *
 * Sparse rows (most windows without charge): active windows only, each from its pixels with charge.
 * The sums run in the order of the dense kernel and lack only zeros, so that the bits are the same.
 */
#include "backends/openmp/openmp.h"
#include "backends/openmp/winograd.h"
#include "base/memory.h"

#include <string.h>

enum {
  FIELD = LS_OPENMP_FIELD,
  RIM = LS_OPENMP_RIM,
  LANES = LS_OPENMP_MOST_LANES,
  PHASES = LS_MAX_PLANES * FIELD * LANES, /* floats of one image row of a strip */
  STRIP_ROWS = 8,                         /* pooled rows that a strip goes down */
  SPREAD = 13,                            /* columns of spread filters */
  MOST_COLUMNS = 1 << 14,
  RUN = 96,               /* windows of one backward run, .. */
  RUN_VALUES = 1024,      /* .. as long as their values are not more */
  RUN_ROW = 5 * RUN + 16, /* floats in a row of their strip: 8-lane loads reach past the field */
  LINE = 16,              /* floats of a line of the caches */
  CHUNK_ROWS = 8,         /* pooled rows whose gradients one task sums .. */
  MOST_CHUNKS = 128       /* .. or more, for at most so many tasks */
};

static int padded_channels(const ls_openmp_conv *conv) {
  return ls_openmp_ceil(conv->shape.out_channels, LANES) * LANES;
}

static int groups(const ls_openmp_conv *conv) {
  return ls_openmp_ceil(conv->shape.out_channels, conv->kernels->first_group);
}

ls_status ls_openmp_first_allocate(ls_openmp_conv *conv, ls_error *error) {
  size_t planes = (size_t)conv->shape.in_channels, padded = (size_t)padded_channels(conv);
  size_t filters = (size_t)(groups(conv) * conv->kernels->first_group) * 25 * planes;
  size_t spread = planes * 5 * SPREAD * padded;
  LS_TRY(ls_allocate((void **)&conv->filters, filters * sizeof(float), "filters", error));
  LS_TRY(ls_allocate((void **)&conv->spread_filters, spread * sizeof(float), "filters", error));
  if (conv->winograd)
    LS_TRY(ls_allocate((void **)&conv->winograd_filters,
                       padded * LS_WINOGRAD_POINTS * 5 * planes * sizeof(float), "filters", error));
  LS_TRY(ls_allocate((void **)&conv->background, padded * sizeof(float), "filters", error));
  return ls_allocate((void **)&conv->packed_bias, 2 * padded * sizeof(float), "filters", error);
}

/* [out / pair][9 points][plane][kernel row][pair] */
static void pack_winograd(const ls_openmp_conv *conv) {
  int out = conv->shape.out_channels, planes = conv->shape.in_channels;
  int pair = conv->kernels->first_pair;
  for (int k = 0; k < out; k++)
    for (int n = 0; n < LS_WINOGRAD_POINTS; n++)
      for (int p = 0; p < planes; p++)
        for (int kr = 0; kr < 5; kr++) {
          double sum = 0;
          for (int kc = 0; kc < 5; kc++)
            sum += ls_winograd_filter[n][kc] *
                   (double)conv->kernel[((kr * 5 + kc) * planes + p) * out + k];
          size_t at =
              (((size_t)(k / pair) * LS_WINOGRAD_POINTS + (size_t)n) * (size_t)planes + (size_t)p) *
                  5 +
              (size_t)kr;
          conv->winograd_filters[at * (size_t)pair + (size_t)(k % pair)] = (float)sum;
        }
}

void ls_openmp_first_pack(ls_openmp_conv *conv) {
  int out = conv->shape.out_channels, planes = conv->shape.in_channels;
  int group = conv->kernels->first_group, padded = padded_channels(conv);
  for (int kr = 0; kr < 5; kr++)
    for (int kc = 0; kc < 5; kc++)
      for (int p = 0; p < planes; p++)
        for (int k = 0; k < out; k++) {
          float w = conv->kernel[((kr * 5 + kc) * planes + p) * out + k];
          conv->filters[(((k / group * 5 + kr) * planes + p) * 5 + kc) * group + k % group] = w;
          conv->spread_filters[((p * 5 + kr) * SPREAD + kc + 4) * padded + k] = w;
        }
  if (conv->winograd) pack_winograd(conv);
  const ls_openmp_spots nothing = {.row_begin = {0}};
  uint8_t argmax[LS_OPENMP_MOST_OUT];
  conv->kernels->first_spots(&nothing, out, padded, conv->spread_filters, conv->packed_bias,
                             conv->background, argmax);
}

/* count pixels of a plane from (row, column) on: in place where possible, else in buffer. */
static const float *row_of(const ls_openmp_source *input, int plane, int row, int column, int count,
                           float *buffer) {
  const ls_image *image = input->image;
  if (image->form == LS_IMAGE_DENSE && image->planes == 1 && row >= 0 && row < image->rows &&
      column >= 0 && column + count <= image->columns)
    return image->dense + (size_t)row * (size_t)image->columns + column;
  ls_openmp_source_plane(input, plane, row, column, count, buffer, 1);
  return buffer;
}

/* A sparse image is always summed directly: with and without skipping alike. */
static int winograd(const ls_openmp_conv *conv, const ls_openmp_source *input) {
  return conv->winograd && input->image->form == LS_IMAGE_DENSE;
}

/* Splits image rows [from, 9) under a pooled row, for the strip that begins at window `first`. */
static int split_rows(const ls_openmp_conv *conv, const ls_openmp_source *input, int pooled_row,
                      int first, int from, float *const *rows) {
  float buffer[5 * LANES + 4];
  int lanes = conv->kernels->lanes, finite = 1;
  for (int y = from; y < FIELD; y++)
    for (int p = 0; p < input->channels; p++) {
      const float *row =
          row_of(input, p, 5 * pooled_row - RIM + y, 5 * first - RIM, 5 * lanes + 4, buffer);
      if (row != buffer) /* of the strip to the right */
        for (int i = 0; i < 5 * lanes + LINE; i += LINE) __builtin_prefetch(row + 5 * lanes + i);
      finite &= conv->kernels->first_split(row, rows[y] + p * FIELD * lanes);
      if (winograd(conv, input)) conv->kernels->winograd_first_input(rows[y] + p * FIELD * lanes);
    }
  return finite;
}

static uint8_t *argmax_at(const ls_openmp_call *call, int row, int column) {
  return call->argmax +
         ((size_t)row * (size_t)call->output.columns + (size_t)column) * call->output.channels;
}

/* Pooled rows [begin, end), all windows. Returns 0 if NaN or infinity was met. */
static int dense_rows(const ls_openmp_conv *conv, const ls_openmp_call *call, int begin, int end) {
  _Alignas(64) float phases[FIELD][PHASES];
  _Alignas(64) float values[(LS_OPENMP_MOST_OUT + LANES) * LANES];
  _Alignas(64) int32_t positions[(LS_OPENMP_MOST_OUT + LANES) * LANES];
  const ls_openmp_kernels *kernels = conv->kernels;
  int columns = call->output.columns, lanes = kernels->lanes, finite = 1;
  int windows = columns < lanes ? columns : lanes;
  for (int strip = 0; strip < columns; strip += lanes) {
    int first = strip + windows > columns ? columns - windows : strip;
    for (int r = begin; r < end; r++) {
      float *rows[FIELD];
      for (int y = 0; y < FIELD; y++) rows[y] = phases[(5 * r + y) % FIELD];
      finite &= split_rows(conv, &call->input, r, first, r > begin ? 4 : 0, rows);
      if (winograd(conv, &call->input))
        kernels->winograd_first_windows(
            (const float *const *)rows, call->input.channels,
            ls_openmp_ceil(conv->shape.out_channels, kernels->first_pair) * kernels->first_pair,
            conv->winograd_filters, conv->packed_bias, values, positions);
      else
        kernels->first_windows((const float *const *)rows, call->input.channels, groups(conv),
                               conv->filters, conv->packed_bias, values, positions);
      finite &= kernels->first_finish(values, positions, windows, conv->shape.out_channels,
                                      ls_openmp_values(&call->output, r, first),
                                      argmax_at(call, r, first));
    }
  }
  return finite;
}

/* Marks the windows of a pooled row whose receptive fields hold charge. */
static void mark_windows(const ls_openmp_source *input, const ls_openmp_map *output, int row) {
  uint8_t *active = ls_openmp_active(output, row, 0);
  for (int y = 5 * row - RIM; y < 5 * row - RIM + FIELD; y++) {
    if (y < 0 || y >= input->rows) continue;
    for (int p = 0; p < input->channels; p++) {
      const uint32_t *start = input->row_start + (size_t)p * ((size_t)input->rows + 1) + y;
      for (uint32_t i = start[0]; i < start[1]; i++) {
        int column =
            (int)(input->image->plane[p].index[i] - (uint32_t)y * (uint32_t)input->columns);
        int from = column > 6 ? (column - 6 + 4) / 5 : 0, to = (column + RIM) / 5;
        for (int w = from; w <= to && w < output->columns; w++) active[w] = LS_OPENMP_ACTIVE;
      }
    }
  }
}

/* Walks along the nine image rows under a pooled row. */
typedef struct cursors {
  uint32_t at[FIELD][LS_MAX_PLANES], end[FIELD][LS_MAX_PLANES];
} cursors;

static void start_cursors(const ls_openmp_source *input, int row, cursors *c) {
  memset(c, 0, sizeof *c);
  for (int y = 0; y < FIELD; y++) {
    int image_row = 5 * row - RIM + y;
    if (image_row < 0 || image_row >= input->rows) continue;
    for (int p = 0; p < input->channels; p++) {
      const uint32_t *start = input->row_start + (size_t)p * ((size_t)input->rows + 1) + image_row;
      c->at[y][p] = start[0];
      c->end[y][p] = start[1];
    }
  }
}

/* The pixels of one window; windows come from left to right. */
static void find_spots(const ls_openmp_source *input, int row, int window, int padded, cursors *c,
                       ls_openmp_spots *spots) {
  int count = 0;
  for (int y = 0; y < FIELD; y++) {
    spots->row_begin[y] = count;
    int64_t left = (int64_t)(5 * row - RIM + y) * input->columns + 5 * window - RIM;
    for (int p = 0; p < input->channels; p++) {
      const ls_pixels *pixels = &input->image->plane[p];
      uint32_t i = c->at[y][p], end = c->end[y][p];
      while (i < end && pixels->index[i] < left) i++;
      c->at[y][p] = i;
      for (; i < end && pixels->index[i] < left + FIELD; i++, count++) {
        int x = (int)(pixels->index[i] - left);
        spots->place[count] = (p * 5 * SPREAD + y * SPREAD + x + 4) * padded;
        spots->value[count] = pixels->value[i];
      }
    }
  }
  spots->row_begin[FIELD] = count;
}

static int sparse_row(const ls_openmp_conv *conv, const ls_openmp_call *call, int row) {
  uint16_t columns[MOST_COLUMNS];
  ls_openmp_spots spots;
  cursors c;
  int finite = 1, padded = padded_channels(conv);
  mark_windows(&call->input, &call->output, row);
  int count = ls_openmp_list(&call->output, row, columns);
  if (2 * count > call->output.columns) return dense_rows(conv, call, row, row + 1);
  if (count) start_cursors(&call->input, row, &c);
  for (int i = 0; i < count; i++) {
    find_spots(&call->input, row, columns[i], padded, &c, &spots);
    finite &= conv->kernels->first_spots(
        &spots, conv->shape.out_channels, padded, conv->spread_filters, conv->packed_bias,
        ls_openmp_values(&call->output, row, columns[i]), argmax_at(call, row, columns[i]));
  }
  return finite;
}

static int sparse_forward(const ls_openmp_conv *conv, const ls_openmp_call *call) {
  int finite = 1;
  for (int p = 0; p < call->input.channels; p++) {
    const ls_pixels *pixels = &call->input.image->plane[p];
    finite &= ls_openmp_finite(pixels->value, pixels->count);
  }
  if (!finite) return 0;
#pragma omp parallel for num_threads(conv->threads) schedule(dynamic, 4) reduction(& : finite)
  for (int r = 0; r < call->output.rows; r++) finite &= sparse_row(conv, call, r);
  memcpy(call->output.background, conv->background,
         (size_t)conv->shape.out_channels * sizeof(float));
  return finite;
}

int ls_openmp_first_forward(ls_openmp_conv *conv, const ls_openmp_call *call) {
  int sparse = conv->skip != LS_SKIP_OFF && call->input.image->form == LS_IMAGE_SPARSE;
  ls_openmp_map_begin(&call->output, sparse);
  if (sparse) return sparse_forward(conv, call);
  int finite = 1, rows = call->output.rows;
#pragma omp parallel for num_threads(conv->threads) schedule(dynamic, 1) reduction(& : finite)
  for (int begin = 0; begin < rows; begin += STRIP_ROWS)
    finite &= dense_rows(conv, call, begin, begin + STRIP_ROWS < rows ? begin + STRIP_ROWS : rows);
  return finite;
}

/* Backward: only the weights' gradients are wanted. */

/* Windows side by side. */
typedef struct run {
  int row, column, windows;
} run;

static int chunk_rows(int rows) {
  int least = ls_openmp_ceil(rows, MOST_CHUNKS);
  return least > CHUNK_ROWS ? least : CHUNK_ROWS;
}

/* Sums of one chunk: [out][planes][5][8] for the filters, [out] for the bias. */
static size_t chunk_floats(const ls_openmp_conv *conv) {
  return (size_t)conv->shape.out_channels * ((size_t)conv->shape.in_channels * 40 + 1);
}

size_t ls_openmp_first_workspace(const ls_openmp_conv *conv) {
  int rows = conv->rows;
  return chunk_floats(conv) * (size_t)ls_openmp_ceil(rows, chunk_rows(rows)) * sizeof(float);
}

/* The five image rows that a run does not share with the run above it, and its gradients. */
static void prefetch_run(const ls_openmp_call *call, const run *next, int k) {
  int out = call->output.channels, floats = next->windows * out;
  const ls_image *image = call->input.image;
  int row = 5 * next->row - RIM + 4 + k % 5;
  if (k < 5 && image->form == LS_IMAGE_DENSE && row < image->rows) {
    const float *x = image->dense + (size_t)image->planes * ((size_t)row * (size_t)image->columns +
                                                             (size_t)(5 * next->column));
    for (int i = 0; i < 5 * next->windows * image->planes; i += LINE) __builtin_prefetch(x + i);
  }
  for (int i = k * LINE; i < floats; i += out * LINE) {
    __builtin_prefetch(ls_openmp_values(&call->output, next->row, next->column) + i);
    __builtin_prefetch(ls_openmp_values(&call->output_gradient, next->row, next->column) + i);
  }
  if (!k)
    for (int i = 0; i < floats; i += 64)
      __builtin_prefetch(argmax_at(call, next->row, next->column) + i);
}

/* Receptive fields of a run whose pixels are not neighbours in memory. Of a sparse image only
 * pixels with charge are written, and taken out again: all others stay zero. */
typedef struct run_strip {
  int row; /* pooled, that the cursors walk along */
  cursors at;
  _Alignas(64) float pixels[LS_MAX_PLANES][FIELD][RUN_ROW];
} run_strip;

/* value 1: the charge, 0: zeros in its place. Runs come from left to right. */
static void set_charge(const ls_openmp_source *input, const run *this, int count, int value,
                       run_strip *strip) {
  if (strip->row != this->row) start_cursors(input, this->row, &strip->at);
  strip->row = this->row;
  for (int y = 0; y < FIELD; y++) {
    int64_t left = (int64_t)(5 * this->row - RIM + y) * input->columns + 5 * this->column - RIM;
    for (int p = 0; p < input->channels; p++) {
      const ls_pixels *pixels = &input->image->plane[p];
      uint32_t i = strip->at.at[y][p], end = strip->at.end[y][p];
      while (i < end && pixels->index[i] < left) i++;
      strip->at.at[y][p] = i;
      for (; i < end && pixels->index[i] < left + count; i++)
        strip->pixels[p][y][pixels->index[i] - left] = value ? pixels->value[i] : 0;
    }
  }
}

static void fill_strip(const ls_openmp_source *input, const run *this, int count,
                       run_strip *strip) {
  if (input->image->form == LS_IMAGE_SPARSE) {
    set_charge(input, this, count, 1, strip);
    return;
  }
  for (int p = 0; p < input->channels; p++)
    for (int y = 0; y < FIELD; y++)
      ls_openmp_source_plane(input, p, 5 * this->row - RIM + y, 5 * this->column - RIM, count,
                             strip->pixels[p][y], 1);
}

static void backward_run(const ls_openmp_conv *conv, const ls_openmp_call *call, const run *this,
                         const run *next, run_strip *strip, float *sums) {
  float gradient[RUN_VALUES];
  int32_t offset[RUN_VALUES];
  const ls_openmp_source *input = &call->input;
  int out = conv->shape.out_channels, planes = input->channels;
  int top = 5 * this->row - RIM, left = 5 * this->column - RIM, count = 5 * this->windows + 7;
  float *bias = sums + (size_t)out * (size_t)planes * 40;
  /* A dense image of one plane is read in place, away from its borders. */
  int in_place = input->image->form == LS_IMAGE_DENSE && planes == 1 && top >= 0 &&
                 top + FIELD <= input->rows && left >= 0 && left + count <= input->columns;
  const float *field = strip->pixels[0][0];
  size_t stride = RUN_ROW;
  if (in_place) {
    stride = (size_t)input->columns;
    field = input->image->dense + (size_t)top * stride + left;
  } else
    fill_strip(input, this, count, strip);
  conv->kernels->before_pool(ls_openmp_values(&call->output, this->row, this->column),
                             ls_openmp_values(&call->output_gradient, this->row, this->column),
                             argmax_at(call, this->row, this->column), this->windows * out,
                             (int)stride, 1, gradient, offset);
  for (int k = 0; k < out; k++) {
    if (next->windows) prefetch_run(call, next, k);
    bias[k] += conv->kernels->first_gradient(this->windows, gradient + k, offset + k, out, planes,
                                             field, stride, FIELD * RUN_ROW,
                                             sums + (size_t)k * (size_t)planes * 40);
  }
  if (input->image->form == LS_IMAGE_SPARSE) set_charge(input, this, count, 0, strip);
}

/* Windows that stand side by side in a row, the next from `at` on among its active columns; none:
 * 0 windows. The first and the last window of a row are alone: their pixels are copied, because
 * they reach beyond the image. */
static run next_run(const ls_openmp_conv *conv, int row, const uint16_t *columns, int count,
                    int at) {
  int most = RUN_VALUES / conv->shape.out_channels;
  run r = {.row = row};
  if (most > RUN) most = RUN;
  if (at < count) r.column = columns[at];
  if (r.column == 0) most = 1;
  while (r.windows < most && at + r.windows < count &&
         columns[at + r.windows] == r.column + r.windows &&
         (!r.windows || columns[at + r.windows] != conv->shape.width / 5 - 1))
    r.windows++;
  return r;
}

static void backward_rows(const ls_openmp_conv *conv, const ls_openmp_call *call, int begin,
                          int end, float *sums) {
  uint16_t columns[MOST_COLUMNS];
  run waiting = {0};
  run_strip strip;
  memset(&strip, 0, sizeof strip);
  strip.row = -1;
  for (int row = begin; row < end; row++) {
    int count = ls_openmp_list(&call->output, row, columns);
    for (int at = 0; at < count;) {
      run next = next_run(conv, row, columns, count, at);
      if (waiting.windows) backward_run(conv, call, &waiting, &next, &strip, sums);
      waiting = next;
      at += next.windows;
    }
  }
  const run none = {0};
  if (waiting.windows) backward_run(conv, call, &waiting, &none, &strip, sums);
}

/* Adds up the chunks in order. */
static void add_chunks(const ls_openmp_conv *conv, const ls_openmp_call *call, const float *sums,
                       int chunks) {
  int out = conv->shape.out_channels, planes = conv->shape.in_channels;
  size_t floats = chunk_floats(conv), bias = (size_t)out * (size_t)planes * 40;
  for (int k = 0; k < out; k++) {
    for (int p = 0; p < planes; p++)
      for (int tap = 0; tap < LS_OPENMP_TAPS; tap++) {
        double sum = 0;
        for (int c = 0; c < chunks; c++)
          sum += (double)
              sums[(size_t)c * floats + (size_t)((k * planes + p) * 40 + tap / 5 * 8 + tap % 5)];
        call->kernel_gradient[(tap * planes + p) * out + k] += (float)sum;
      }
    double sum = 0;
    for (int c = 0; c < chunks; c++) sum += (double)sums[(size_t)c * floats + bias + (size_t)k];
    if (call->output.form->sparse) { /* windows of zeros only: nothing for the filters */
      double y = (double)call->output.background[k];
      sum += call->output_gradient.background_gradient[k] * (y > 0 ? 1 : y + 1);
    }
    call->bias_gradient[k] += (float)sum;
  }
}

void ls_openmp_first_backward(ls_openmp_conv *conv, const ls_openmp_call *call) {
  int rows = call->output.rows, step = chunk_rows(rows), chunks = ls_openmp_ceil(rows, step);
  float *sums = call->workspace;
  ls_openmp_map_gather_background(&call->output_gradient, &call->output);
#pragma omp parallel for num_threads(conv->threads) schedule(dynamic, 1)
  for (int c = 0; c < chunks; c++) {
    float *sum = sums + (size_t)c * chunk_floats(conv);
    memset(sum, 0, chunk_floats(conv) * sizeof *sum);
    int end = (c + 1) * step < rows ? (c + 1) * step : rows;
    backward_rows(conv, call, c * step, end, sum);
  }
  add_chunks(conv, call, sums, chunks);
}
