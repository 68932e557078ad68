/* A block after the first, forward: one window of one register block of output channels at a time
 * (kernels_later.h), over all windows, or over those whose receptive field has an active pixel. */
#include "backends/openmp/openmp.h"
#include "base/memory.h"

#include <string.h>

enum {
  FIELD = LS_OPENMP_FIELD,
  RIM = LS_OPENMP_RIM,
  PIXEL = LS_OPENMP_PIXEL,
  TAPS = LS_OPENMP_TAPS,
  MOST_COLUMNS = 1 << 14,
  SHORTCUT_BELOW = 45 /* active pixels of 81: more, and the whole window is computed */
};

static int blocks(const ls_openmp_conv *conv) {
  return ls_openmp_ceil(conv->shape.out_channels, conv->kernels->channel_block);
}

static int in_groups(const ls_openmp_conv *conv) {
  return ls_openmp_ceil(conv->shape.in_channels, PIXEL);
}

ls_status ls_openmp_later_allocate(ls_openmp_conv *conv, ls_error *error) {
  size_t in = (size_t)conv->shape.in_channels, out = (size_t)conv->shape.out_channels;
  size_t padded = (size_t)blocks(conv) * (size_t)conv->kernels->channel_block;
  const struct {
    float **block;
    size_t floats;
  } wanted[] = {{&conv->filters, TAPS * in * padded},
                {&conv->backward_filters, (size_t)in_groups(conv) * out * TAPS * PIXEL},
                {&conv->tap_sums, in * out},
                {&conv->packed_bias, padded},
                {&conv->constant_input, in},
                {&conv->constant, padded},
                {&conv->background, padded}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    LS_TRY(
        ls_allocate((void **)wanted[i].block, wanted[i].floats * sizeof(float), "filters", error));
  if (!conv->winograd) return LS_OK;
  return ls_allocate((void **)&conv->winograd_filters, 9 * 5 * in * padded * sizeof(float),
                     "filters", error);
}

/* Filters for the forward kernel: [blocks][25][in][channel_block]. */
static void pack_block(const ls_openmp_conv *conv, int block) {
  size_t width = (size_t)conv->kernels->channel_block, out = (size_t)conv->shape.out_channels;
  size_t terms = TAPS * (size_t)conv->shape.in_channels, first = (size_t)block * width;
  size_t some = out - first < width ? out - first : width;
  float *to = conv->filters + (size_t)block * terms * width;
  for (size_t i = 0; i < terms; i++)
    memcpy(to + i * width, conv->kernel + i * out + first, some * sizeof *to);
}

/* Of one tap: from [some in][out] to [out][25][16 in], 16 by 16, of which the last may be fewer. */
static void transpose_filters(const ls_openmp_conv *conv, const float *from, int some, float *to) {
  int out = conv->shape.out_channels;
  for (int k = 0; k < out; k += PIXEL, from += PIXEL, to += (size_t)PIXEL * TAPS * PIXEL) {
    int outs = out - k < PIXEL ? out - k : PIXEL;
    if (some == PIXEL && outs == PIXEL)
      conv->kernels->transpose(from, (size_t)out, PIXEL, PIXEL, to, TAPS * PIXEL, 0);
    else
      for (int j = 0; j < outs; j++)
        for (int i = 0; i < some; i++)
          to[j * TAPS * PIXEL + i] = from[(size_t)i * (size_t)out + (size_t)j];
  }
}

/* Filters for the backward kernels: [groups][out][25][16 in]; and tap_sums. */
static void pack_group(const ls_openmp_conv *conv, int group) {
  int in = conv->shape.in_channels, out = conv->shape.out_channels;
  int first = group * PIXEL, some = in - first < PIXEL ? in - first : PIXEL;
  float *to = conv->backward_filters + (size_t)group * (size_t)out * TAPS * PIXEL;
  memset(conv->tap_sums + (size_t)first * (size_t)out, 0,
         (size_t)some * (size_t)out * sizeof(float));
  for (int tap = 0; tap < TAPS; tap++) {
    const float *row = conv->kernel + ((size_t)tap * (size_t)in + (size_t)first) * (size_t)out;
    transpose_filters(conv, row, some, to + tap * PIXEL);
    for (int i = 0; i < some; i++) {
      float *restrict sums = conv->tap_sums + (size_t)(first + i) * (size_t)out;
      for (int k = 0; k < out; k++) sums[k] += row[(size_t)i * (size_t)out + (size_t)k];
    }
  }
}

void ls_openmp_later_pack(ls_openmp_conv *conv) {
  int forward = blocks(conv), tasks = forward + in_groups(conv);
  if (conv->winograd) ls_openmp_winograd_pack(conv);
#pragma omp parallel for num_threads(conv->threads) schedule(dynamic, 1)
  for (int t = 0; t < tasks; t++)
    if (t < forward)
      pack_block(conv, t);
    else
      pack_group(conv, t - forward);
}

static const float *block_filters(const ls_openmp_conv *conv, int block) {
  return conv->filters + (size_t)block * TAPS * (size_t)conv->shape.in_channels *
                             (size_t)conv->kernels->channel_block;
}

/* What the block makes of a region of background: by the kernel that makes everything else, for the
 * same bits. All rows of positions have the same sums; of equal ones the first position wins. */
static int find_constant(ls_openmp_conv *conv, const float *background, void *workspace) {
  size_t in = (size_t)conv->shape.in_channels, bytes = in * sizeof(float);
  int width = conv->kernels->channel_block;
  if (conv->constant_known && !memcmp(background, conv->constant_input, bytes)) return 1;
  _Alignas(64) float field[LS_OPENMP_FIELD_FLOATS];
  for (size_t p = 0; p < FIELD * FIELD; p++) memcpy(field + p * in, background, bytes);
  int finite = 1;
#pragma omp parallel for num_threads(conv->threads) schedule(static, 1) reduction(& : finite)
  for (int b = 0; b < blocks(conv); b++) {
    uint8_t argmax[LS_OPENMP_MOST_OUT];
    finite &= conv->kernels->window(
        field, FIELD * in, (int)in, 1, block_filters(conv, b), conv->packed_bias + b * width, width,
        conv->background + b * width, argmax, conv->constant + b * width);
    if (conv->winograd) finite &= ls_openmp_winograd_constant(conv, field, b, workspace);
  }
  memcpy(conv->constant_input, background, bytes);
  conv->constant_known = finite;
  return finite;
}

/* Marks the windows of a pooled row that have an active pixel, or padding, under them. */
static void mark_windows(const ls_openmp_map *input, const ls_openmp_map *output, int row) {
  uint8_t any[MOST_COLUMNS + 2 * RIM];
  int count = 5 * output->columns + 4;
  memset(any, 0, (size_t)count);
  for (int y = 0; y < FIELD; y++) {
    const uint8_t *active = ls_openmp_active(input, 5 * row - RIM + y, -RIM);
    for (int c = 0; c < count; c++) any[c] |= active[c];
  }
  uint8_t *marks = ls_openmp_active(output, row, 0);
  for (int w = 0; w < output->columns; w++) {
    uint8_t found = 0;
    for (int c = 0; c < FIELD; c++) found |= any[5 * w + c];
    marks[w] = found ? LS_OPENMP_ACTIVE : LS_OPENMP_BACKGROUND;
  }
}

/* The receptive field of a window of a sparse map, background filled in. */
static void gather_field(const ls_openmp_map *input, int row, int window, float *field) {
  size_t in = (size_t)input->channels;
  for (int y = 0; y < FIELD; y++)
    for (int c = 0; c < FIELD; c++, field += in)
      memcpy(field, ls_openmp_pixel(input, 5 * row - RIM + y, 5 * window - RIM + c),
             in * sizeof(float));
}

/* Active pixels less the background. */
static void gather_difference(const ls_openmp_map *input, int row, int window,
                              const unsigned *columns, float *difference) {
  size_t in = (size_t)input->channels;
  for (int y = 0; y < FIELD; y++) {
    const float *pixels = ls_openmp_values(input, 5 * row - RIM + y, 5 * window - RIM);
    for (unsigned left = columns[y]; left; left &= left - 1) {
      size_t c = (size_t)__builtin_ctz(left);
      float *restrict to = difference + ((size_t)y * FIELD + c) * in;
      for (size_t k = 0; k < in; k++) to[k] = pixels[c * in + k] - input->background[k];
    }
  }
}

ls_openmp_place ls_openmp_place_of(const ls_openmp_conv *conv, const ls_openmp_call *call,
                                   int block, int row, int window) {
  int first = block * conv->kernels->channel_block;
  return (ls_openmp_place){.out = conv->shape.out_channels - first,
                           .bias = conv->packed_bias + first,
                           .values = ls_openmp_values(&call->output, row, window) + first,
                           .argmax = call->argmax +
                                     ((size_t)row * (size_t)call->output.columns + (size_t)window) *
                                         (size_t)call->output.channels +
                                     first};
}

int ls_openmp_shortcut(const ls_openmp_conv *conv, const ls_openmp_call *call, int block, int row,
                       int window, int below, int *finite) {
  const ls_openmp_map *input = &call->input.map;
  if (!input->form->sparse || conv->skip != LS_SKIP_SHORTCUT) return 0;
  unsigned columns[FIELD];
  if (ls_openmp_field_bits(input, 5 * row - RIM, 5 * window - RIM, columns) >= below) return 0;
  _Alignas(64) float difference[FIELD * FIELD * LS_OPENMP_MOST_IN];
  ls_openmp_place to = ls_openmp_place_of(conv, call, block, row, window);
  gather_difference(input, row, window, columns, difference);
  *finite &= conv->kernels->window_shortcut(
      difference, columns, input->channels, block_filters(conv, block),
      conv->constant + block * conv->kernels->channel_block, to.bias, to.out, to.values, to.argmax);
  return 1;
}

const float *ls_openmp_field(const ls_openmp_map *input, int row, int window, float *buffer,
                             size_t *row_stride) {
  *row_stride = input->row_stride;
  if (!input->form->sparse) return ls_openmp_values(input, 5 * row - RIM, 5 * window - RIM);
  *row_stride = FIELD * (size_t)input->channels;
  gather_field(input, row, window, buffer);
  return buffer;
}

static int one_window(const ls_openmp_conv *conv, const ls_openmp_call *call, int block, int row,
                      int window) {
  _Alignas(64) float buffer[LS_OPENMP_FIELD_FLOATS];
  size_t stride;
  int finite = 1;
  if (ls_openmp_shortcut(conv, call, block, row, window, SHORTCUT_BELOW, &finite)) return finite;
  ls_openmp_place to = ls_openmp_place_of(conv, call, block, row, window);
  const float *field = ls_openmp_field(&call->input.map, row, window, buffer, &stride);
  return conv->kernels->window(field, stride, call->input.channels, 5, block_filters(conv, block),
                               to.bias, to.out, to.values, to.argmax, NULL);
}

static int windows_of_row(const ls_openmp_conv *conv, const ls_openmp_call *call, int block,
                          int row) {
  uint16_t columns[MOST_COLUMNS];
  int count = ls_openmp_list(&call->output, row, columns), finite = 1;
  if (conv->winograd) return ls_openmp_winograd_row(conv, call, block, row, columns, count);
  for (int i = 0; i < count; i++) finite &= one_window(conv, call, block, row, columns[i]);
  return finite;
}

void ls_openmp_later_forward(ls_openmp_conv *conv, const ls_openmp_call *call) {
  const ls_openmp_map *input = &call->input.map, *output = &call->output;
  int sparse = input->form->sparse, finite = 1;
  ls_openmp_map_begin(output, sparse);
  if (sparse) {
    finite = find_constant(conv, input->background, call->workspace);
    memcpy(output->background, conv->background, (size_t)conv->shape.out_channels * sizeof(float));
#pragma omp parallel for num_threads(conv->threads) schedule(static)
    for (int r = 0; r < output->rows; r++) mark_windows(input, output, r);
  }
  /* A block's filters stay in the second-level cache over all windows. */
#pragma omp parallel for collapse(2) num_threads(conv->threads) schedule(dynamic, 1)              \
    reduction(& : finite)
  for (int block = 0; block < blocks(conv); block++)
    for (int r = 0; r < output->rows; r++) finite &= windows_of_row(conv, call, block, r);
  output->form->finite = finite;
}
