/* A block after the first, backward: weight and input gradients in one pass, at the positions of
 * the maxima only (kernels_backward.h).
 *
 * The pooled rows are cut into bands, by their number of windows alone. A task is one band and 16
 * input channels: it sums its weight gradients apart and writes the input rows of its band; the
 * four input rows that it shares with the next band go to a halo. Weight gradients and halos are
 * then added in the order of the bands. */
#include "backends/openmp/openmp.h"
#include "base/memory.h"

#include <string.h>

enum {
  FIELD = LS_OPENMP_FIELD,
  RIM = LS_OPENMP_RIM,
  PIXEL = LS_OPENMP_PIXEL,
  TAPS = LS_OPENMP_TAPS,
  BATCH = LS_OPENMP_BATCH,
  PATCH = LS_OPENMP_PATCH,
  SLICE = TAPS * PIXEL, /* floats of one output channel's filters for 16 input channels */
  MOST_BANDS = 32,
  BAND_WINDOWS = 128, /* a band has more windows than this, if it can */
  HALO = 4,
  PAIRS_UP_TO = 40, /* active pixels of 81 of a window that is done by pairs */
  MOST_COLUMNS = 1 << 14
};

typedef struct plan {
  const ls_openmp_conv *conv;
  const ls_openmp_call *call;
  int in, out, groups, sparse;
  int bands, first_row[MOST_BANDS + 1];
  size_t halo_row;
  /* Workspace: */
  double *bias;    /* [bands][out] */
  double *touched; /* [bands][groups][16]: gradient of background pixels in active windows */
  float *slices;   /* [bands][groups][out][25][16] */
  float *halos;    /* [bands][HALO][halo_row] */
} plan;

static int group_count(const ls_openmp_conv *conv) {
  return ls_openmp_ceil(conv->shape.in_channels, PIXEL);
}

static int most_bands(const ls_openmp_conv *conv, int windows) {
  int bands = MOST_BANDS / group_count(conv), rows = conv->shape.height / 5;
  if (bands > windows / BAND_WINDOWS) bands = windows / BAND_WINDOWS;
  if (bands > rows) bands = rows;
  return bands > 1 ? bands : 1;
}

static size_t halo_row_floats(const ls_openmp_conv *conv) {
  return (size_t)(conv->shape.width + 2 * RIM) * (size_t)conv->shape.in_channels + PIXEL;
}

static size_t slice_floats(const ls_openmp_conv *conv) {
  return (size_t)group_count(conv) * (size_t)conv->shape.out_channels * SLICE;
}

static size_t doubles_per_band(const ls_openmp_conv *conv) {
  return (size_t)conv->shape.out_channels + (size_t)group_count(conv) * PIXEL;
}

size_t ls_openmp_later_workspace(const ls_openmp_conv *conv) {
  const ls_conv_block_shape *s = &conv->shape;
  size_t bands = (size_t)most_bands(conv, s->height / 5 * (s->width / 5));
  return bands * (doubles_per_band(conv) * sizeof(double) +
                  (slice_floats(conv) + HALO * halo_row_floats(conv)) * sizeof(float)) +
         2 * LS_ALIGNMENT;
}

/* Bands of about equally many windows. */
static void cut_bands(plan *p) {
  const ls_openmp_map *output = &p->call->output;
  uint16_t columns[MOST_COLUMNS];
  int windows = 0, seen = 0, band = 1;
  for (int r = 0; r < output->rows; r++) windows += ls_openmp_list(output, r, columns);
  p->bands = most_bands(p->conv, windows);
  p->first_row[0] = 0;
  for (int r = 0; r + 1 < output->rows && band < p->bands; r++) {
    seen += ls_openmp_list(output, r, columns);
    if ((int64_t)seen * p->bands >= (int64_t)windows * band) p->first_row[band++] = r + 1;
  }
  p->bands = band;
  p->first_row[band] = output->rows;
}

static plan make_plan(const ls_openmp_conv *conv, const ls_openmp_call *call) {
  plan p = {.conv = conv,
            .call = call,
            .in = conv->shape.in_channels,
            .out = conv->shape.out_channels,
            .groups = group_count(conv),
            .sparse = call->output.form->sparse,
            .halo_row = halo_row_floats(conv)};
  cut_bands(&p);
  size_t bands = (size_t)p.bands;
  p.bias = call->workspace;
  p.touched = p.bias + bands * (size_t)p.out;
  char *end = (char *)(p.touched + bands * (size_t)p.groups * PIXEL);
  p.slices = (void *)(end + (size_t)(-(intptr_t)end & (LS_ALIGNMENT - 1)));
  p.halos = p.slices + bands * slice_floats(conv);
  return p;
}

/* One task's view of the input gradient's rows, counted from the rim's first row. */
typedef struct row_view {
  const ls_openmp_map *gradient;
  float *halo;
  size_t halo_row;
  int own_end; /* rows from here on are in the halo */
} row_view;

static float *row_at(const row_view *rows, int y) {
  if (y < rows->own_end) return ls_openmp_values(rows->gradient, y - RIM, -RIM);
  return rows->halo + (size_t)(y - rows->own_end) * rows->halo_row;
}

static row_view rows_of_band(const plan *p, int band) {
  int last = band + 1 == p->bands;
  return (row_view){.gradient = &p->call->input_gradient,
                    .halo = p->halos + (size_t)band * HALO * p->halo_row,
                    .halo_row = p->halo_row,
                    .own_end = last ? p->conv->shape.height + 2 * RIM : 5 * p->first_row[band + 1]};
}

/* Sets its own channels of what the task will add to, or not touch, to zero: in sparse form the
 * active pixels, else what pooling leaves out to the right and below. Rim rows do not matter. */
static void clear_rows(const plan *p, int band, int group, const row_view *rows) {
  int last = band + 1 == p->bands, first = group * PIXEL;
  int width = p->in - first < PIXEL ? p->in - first : PIXEL;
  int pooled_rows = p->call->output.rows, pooled_columns = p->call->output.columns;
  for (int y = 5 * p->first_row[band]; y < rows->own_end + (last ? 0 : HALO); y++) {
    float *row = row_at(rows, y) + first;
    uint16_t columns[MOST_COLUMNS];
    int covered = y < 5 * pooled_rows + HALO ? 5 * pooled_columns + HALO : 0;
    int count = 0, inside = y >= RIM && y < p->conv->shape.height + RIM;
    if (p->sparse && inside) count = ls_openmp_list(&p->call->input.map, y - RIM, columns);
    for (int i = 0; i < count; i++)
      memset(row + (size_t)(columns[i] + RIM) * (size_t)p->in, 0, (size_t)width * sizeof *row);
    for (int c = covered; !p->sparse && c < p->conv->shape.width + 2 * RIM; c++)
      memset(row + (size_t)c * (size_t)p->in, 0, (size_t)width * sizeof *row);
  }
}

/* Up to BATCH windows. Windows side by side share the columns of their receptive fields; a run is
 * such a stretch. */
typedef struct batch {
  int windows, runs, pixels; /* pixels: columns of the patch in use */
  struct {
    int row, column, patch, length;
  } run[BATCH];
  float gradient[BATCH * LS_OPENMP_MOST_OUT];
  int32_t offset[BATCH * LS_OPENMP_MOST_OUT];
} batch;

/* Adds a window; 0 if there is no room. */
static int add_window(const plan *p, batch *b, int row, int window) {
  if (b->windows == BATCH) return 0;
  int last = b->runs - 1, column = 5 * window;
  int joins = b->runs && b->run[last].row == 5 * row &&
              b->run[last].column + b->run[last].length - 4 == column;
  int more = joins ? 5 : FIELD;
  if (b->pixels + more > PATCH) return 0;
  int left = joins ? b->pixels - 4 : b->pixels;
  if (joins) {
    b->run[last].length += 5;
  } else {
    b->run[b->runs].row = 5 * row, b->run[b->runs].column = column;
    b->run[b->runs].patch = left, b->run[b->runs++].length = FIELD;
  }
  b->pixels += more;
  const uint8_t *argmax =
      p->call->argmax + ((size_t)row * (size_t)p->call->output.columns + (size_t)window) * p->out;
  int at = b->windows * p->out;
  p->conv->kernels->before_pool(ls_openmp_values(&p->call->output, row, window),
                                ls_openmp_values(&p->call->output_gradient, row, window), argmax,
                                p->out, PATCH, PIXEL, b->gradient + at, b->offset + at);
  for (int k = 0; k < p->out; k++) b->offset[at + k] += left * PIXEL;
  b->windows++;
  return 1;
}

static void fill_patch(const plan *p, const batch *b, int group, float *patch) {
  const ls_openmp_map *x = &p->call->input.map;
  int first = group * PIXEL, width = p->in - first < PIXEL ? p->in - first : PIXEL;
  for (int i = 0; i < b->runs; i++)
    for (int y = 0; y < FIELD; y++) {
      int row = b->run[i].row - RIM + y, column = b->run[i].column - RIM;
      float *to = patch + (y * PATCH + b->run[i].patch) * PIXEL;
      const float *pixel = ls_openmp_values(x, row, column) + first;
      if (!p->sparse) {
        p->conv->kernels->patch_in(pixel, p->in, width, b->run[i].length, to);
        continue;
      }
      const uint8_t *active = ls_openmp_active(x, row, column);
      for (int c = 0; c < b->run[i].length; c++, pixel += p->in, to += PIXEL)
        memcpy(to, active[c] ? pixel : x->background + first, PIXEL * sizeof *to);
    }
}

/* first_row: of the band's input, from the rim's first on. */
static void empty_patch(const plan *p, const batch *b, int group, int first_row,
                        const row_view *rows, const float *patch, float *touched) {
  int first = group * PIXEL, width = p->in - first < PIXEL ? p->in - first : PIXEL;
  for (int i = 0; i < b->runs; i++)
    for (int y = 0; y < FIELD; y++) {
      int row = b->run[i].row + y, column = b->run[i].column;
      const float *from = patch + (y * PATCH + b->run[i].patch) * PIXEL;
      float *pixel = row_at(rows, row) + (size_t)column * (size_t)p->in + first;
      if (!p->sparse) {
        /* Windows above and to the left have written before, the others have not. */
        int length = b->run[i].length, before = b->run[i].column ? FIELD - 5 : 0;
        if (y < FIELD - 5 && b->run[i].row > first_row) before = length;
        p->conv->kernels->patch_out(pixel, p->in, width, before, from);
        p->conv->kernels->patch_first_out(pixel + before * p->in, p->in, width, length - before,
                                          from + before * PIXEL);
        continue;
      }
      const uint8_t *active = ls_openmp_active(&p->call->input.map, row - RIM, column - RIM);
      for (int c = 0; c < b->run[i].length; c++, pixel += p->in, from += PIXEL) {
        if (active[c] == LS_OPENMP_ACTIVE)
          p->conv->kernels->patch_out(pixel, p->in, width, 1, from);
        else if (active[c] == LS_OPENMP_BACKGROUND)
          for (int k = 0; k < PIXEL; k++) touched[k] += from[k];
      }
    }
}

static void clear_patch(const batch *b, float *patch) {
  for (int y = 0; y < FIELD; y++)
    memset(patch + y * PATCH * PIXEL, 0, (size_t)b->pixels * PIXEL * sizeof *patch);
}

/* A dense map's pixels to the right of the batch, where the next one probably lies: the five rows
 * that it does not share with the windows above it. Channel k's share of them: fetched while the
 * kernels compute. */
static void prefetch_right(const plan *p, const batch *b, const ls_openmp_map *map, int group,
                           int k) {
  enum { WIDTH = 5 * BATCH };
  const int last = b->runs - 1;
  const float *pixel = ls_openmp_values(map, b->run[last].row - RIM + 4,
                                        b->run[last].column - RIM + b->run[last].length) +
                       group * PIXEL;
  for (int i = k; !p->sparse && i < 5 * WIDTH; i += p->out)
    __builtin_prefetch(pixel + (size_t)(i / WIDTH) * map->row_stride +
                       (size_t)(i % WIDTH) * (size_t)p->in);
}

static void do_batch(const plan *p, const batch *b, int band, int group, int fresh,
                     const row_view *rows, float *patch) {
  const ls_openmp_kernels *kernels = p->conv->kernels;
  size_t task = (size_t)band * (size_t)p->groups + (size_t)group;
  float *sums = p->slices + task * (size_t)p->out * SLICE;
  fill_patch(p, b, group, patch);
  for (int k = 0; k < p->out; k++) {
    prefetch_right(p, b, &p->call->input.map, group, k);
    kernels->weight_gradient(sums + (size_t)k * SLICE, patch, b->gradient + k, b->offset + k,
                             b->windows, p->out, fresh);
  }
  if (!group) {
    double *bias = p->bias + (size_t)band * (size_t)p->out;
    for (int k = 0; k < p->out; k++) {
      float sum = 0;
      for (int w = 0; w < b->windows; w++) sum += b->gradient[w * p->out + k];
      bias[k] += (double)sum;
    }
  }
  if (!p->call->want_input_gradient) return;
  const float *filters = p->conv->backward_filters + (size_t)group * (size_t)p->out * SLICE;
  float touched[PIXEL] = {0};
  clear_patch(b, patch);
  for (int k = 0; k < p->out; k++) {
    prefetch_right(p, b, &p->call->input_gradient, group, k);
    kernels->input_gradient(filters + (size_t)k * SLICE, patch, b->gradient + k, b->offset + k,
                            b->windows, p->out);
  }
  empty_patch(p, b, group, 5 * p->first_row[band], rows, patch, touched);
  for (int k = 0; k < PIXEL; k++) p->touched[task * PIXEL + (size_t)k] += (double)touched[k];
}

/* Windows with few active pixels, one at a time: only pairs of an active pixel and an output
 * channel whose taps meet it are visited. What all taps have in common is added at the task's end.
 */
typedef struct sparse_windows {
  float total[LS_OPENMP_MOST_OUT]; /* of the gradients, for each output channel */
  float touched[PIXEL];            /* gradient of pixels that are not background */
} sparse_windows;

static int is_sparse(const plan *p, int row, int window, unsigned *columns) {
  return p->sparse && p->groups == 1 &&
         ls_openmp_field_bits(&p->call->input.map, 5 * row - RIM, 5 * window - RIM, columns) <=
             PAIRS_UP_TO;
}

/* A counting sort. */
static void sort_channels(const plan *p, int row, int window, ls_openmp_sorted *sorted,
                          float *total) {
  float gradient[LS_OPENMP_MOST_OUT];
  int32_t unused[LS_OPENMP_MOST_OUT];
  int next[TAPS];
  const uint8_t *argmax =
      p->call->argmax + ((size_t)row * (size_t)p->call->output.columns + (size_t)window) * p->out;
  p->conv->kernels->before_pool(ls_openmp_values(&p->call->output, row, window),
                                ls_openmp_values(&p->call->output_gradient, row, window), argmax,
                                p->out, FIELD, 1, gradient, unused);
  memset(sorted->begin, 0, sizeof sorted->begin);
  for (int k = 0; k < p->out; k++) sorted->begin[argmax[k] + 1]++;
  for (int n = 0; n < TAPS; n++) sorted->begin[n + 1] += sorted->begin[n];
  memcpy(next, sorted->begin, sizeof next);
  for (int k = 0; k < p->out; k++) {
    int i = next[argmax[k]]++;
    sorted->gradient[i] = gradient[k];
    total[k] += gradient[k];
    sorted->place[i] = (k * TAPS - argmax[k]) * PIXEL;
  }
}

static void do_sparse_window(const plan *p, int row, int window, const unsigned *columns,
                             const row_view *rows, float *sums, sparse_windows *common) {
  const ls_openmp_map *input = &p->call->input.map;
  ls_openmp_sorted sorted;
  sort_channels(p, row, window, &sorted, common->total);
  for (int y = 0; y < FIELD; y++) {
    const uint8_t *active = ls_openmp_active(input, 5 * row - RIM + y, 5 * window - RIM);
    const float *x = ls_openmp_values(input, 5 * row - RIM + y, 5 * window - RIM);
    float *gradient = row_at(rows, 5 * row + y) + (size_t)(5 * window) * (size_t)p->in;
    for (unsigned left = columns[y]; left; left &= left - 1) {
      _Alignas(64) float sum[PIXEL];
      int c = __builtin_ctz(left);
      p->conv->kernels->pixel_gradient(&sorted, y, c, x + c * p->in, input->background,
                                       p->conv->backward_filters, sums, sum, common->touched);
      if (active[c] == LS_OPENMP_ACTIVE && p->call->want_input_gradient)
        p->conv->kernels->patch_out(gradient + c * p->in, p->in, p->in, 1, sum);
    }
  }
}

/* g * background for every tap; and to background pixels goes what other pixels did not take. */
static void finish_sparse_windows(const plan *p, int band, const sparse_windows *common) {
  float *restrict sums = p->slices + (size_t)band * (size_t)p->out * SLICE;
  const float *restrict background = p->call->input.map.background;
  double *touched = p->touched + (size_t)band * PIXEL;
  double *bias = p->bias + (size_t)band * (size_t)p->out;
  for (int k = 0; k < p->out; k++) {
    const float g = common->total[k];
    bias[k] += (double)g;
    for (int tap = 0; tap < TAPS; tap++, sums += PIXEL)
      for (int i = 0; i < PIXEL; i++) sums[i] += g * background[i];
  }
  for (int i = 0; i < p->in; i++) {
    const float *taps = p->conv->tap_sums + (size_t)i * (size_t)p->out;
    double sum = -(double)common->touched[i];
    for (int k = 0; k < p->out; k++) sum += (double)common->total[k] * (double)taps[k];
    touched[i] += sum;
  }
}

/* Gradient of all background windows together, before ELU: constant for an output channel. */
static double background_gradient(const plan *p, int k) {
  double y = (double)p->call->output.background[k];
  return p->call->output_gradient.background_gradient[k] * (y > 0 ? 1 : y + 1);
}

/* Adds the bands' weight gradients, 16 by 16 channels, to the first band's and then to the caller's
 * [25][in][out]. A background window has its maximum at position 0 over background only: its part
 * is g * background, each tap. */
static void add_weight_gradient(const plan *p, int group, int first_out) {
  int first = group * PIXEL, width = p->in - first < PIXEL ? p->in - first : PIXEL;
  int outs = p->out - first_out < PIXEL ? p->out - first_out : PIXEL;
  const float *restrict background = p->call->input.map.background + first;
  size_t place = ((size_t)group * (size_t)p->out + (size_t)first_out) * SLICE;
  for (int k = 0; k < outs; k++) {
    float *restrict sum = p->slices + place + (size_t)k * SLICE;
    for (int band = 1; band < p->bands; band++) {
      const float *restrict from = sum + (size_t)band * slice_floats(p->conv);
      for (int i = 0; i < SLICE; i++) sum[i] += from[i];
    }
    float g = p->sparse ? (float)background_gradient(p, first_out + k) : 0;
    for (int tap = 0; p->sparse && tap < TAPS; tap++)
      for (int i = 0; i < PIXEL; i++) sum[tap * PIXEL + i] += g * background[i];
  }
  for (int tap = 0; tap < TAPS; tap++)
    p->conv->kernels->transpose(p->slices + place + tap * PIXEL, SLICE, outs, width,
                                p->call->kernel_gradient +
                                    ((size_t)tap * (size_t)p->in + (size_t)first) * (size_t)p->out +
                                    first_out,
                                (size_t)p->out, 1);
}

static void do_task(const plan *p, int band, int group) {
  _Alignas(64) float patch[FIELD * PATCH * PIXEL];
  batch b = {.windows = 0};
  sparse_windows common;
  memset(&common, 0, sizeof common);
  uint16_t columns[MOST_COLUMNS];
  unsigned bits[FIELD];
  size_t task = (size_t)band * (size_t)p->groups + (size_t)group;
  size_t bytes = (size_t)p->out * SLICE * sizeof(float);
  row_view rows = rows_of_band(p, band);
  float *sums = p->slices + task * (size_t)p->out * SLICE;
  int fresh = 1; /* nothing is in sums */
  memset(p->touched + task * PIXEL, 0, PIXEL * sizeof(double));
  if (!group) memset(p->bias + (size_t)band * (size_t)p->out, 0, (size_t)p->out * sizeof(double));
  if (p->call->want_input_gradient) clear_rows(p, band, group, &rows);
  for (int r = p->first_row[band]; r < p->first_row[band + 1]; r++) {
    int count = ls_openmp_list(&p->call->output, r, columns);
    for (int i = 0; i < count; i++) {
      if (is_sparse(p, r, columns[i], bits)) {
        if (fresh) memset(sums, 0, bytes);
        fresh = 0;
        do_sparse_window(p, r, columns[i], bits, &rows, sums, &common);
        continue;
      }
      if (add_window(p, &b, r, columns[i])) continue;
      do_batch(p, &b, band, group, fresh, &rows, patch);
      fresh = 0;
      b.windows = b.runs = b.pixels = 0;
      add_window(p, &b, r, columns[i]);
    }
  }
  if (b.windows)
    do_batch(p, &b, band, group, fresh, &rows, patch);
  else if (fresh)
    memset(sums, 0, bytes);
  if (p->sparse && p->groups == 1) finish_sparse_windows(p, band, &common);
  /* While they are in the cache. */
  for (int k = 0; p->bands == 1 && k < p->out; k += PIXEL) add_weight_gradient(p, group, k);
}

/* Row j of the halo below a band, added to the next band's rows. */
static void add_halo(const plan *p, int band, int j) {
  int row = 5 * p->first_row[band + 1] + j - RIM, columns = p->conv->shape.width;
  const float *halo = p->halos + ((size_t)band * HALO + (size_t)j) * p->halo_row + RIM * p->in;
  const uint8_t *active = ls_openmp_active(&p->call->input.map, row, 0);
  float *to = ls_openmp_values(&p->call->input_gradient, row, 0);
  if (row < 0 || row >= p->conv->shape.height) return;
  if (!p->sparse)
    for (int i = 0; i < columns * p->in; i++) to[i] += halo[i];
  else
    for (int c = 0; c < columns; c++)
      for (int k = 0; active[c] && k < p->in; k++) to[c * p->in + k] += halo[c * p->in + k];
}

static void add_bias_gradient(const plan *p) {
  for (int k = 0; k < p->out; k++) {
    double sum = p->sparse ? background_gradient(p, k) : 0;
    for (int band = 0; band < p->bands; band++)
      sum += p->bias[(size_t)band * (size_t)p->out + (size_t)k];
    p->call->bias_gradient[k] += (float)sum;
  }
}

/* Of the input's background pixels: those under background windows, each tap of position 0, and
 * those that active windows touched. */
static void set_background_gradient(const plan *p) {
  double *to = p->call->input_gradient.background_gradient;
  for (int i = 0; i < p->in; i++) {
    const float *taps = p->conv->tap_sums + (size_t)i * (size_t)p->out;
    to[i] = 0;
    for (int k = 0; k < p->out; k++) to[i] += background_gradient(p, k) * (double)taps[k];
    for (int band = 0; band < p->bands; band++)
      to[i] += p->touched[(size_t)(band * p->groups + i / PIXEL) * PIXEL + (size_t)(i % PIXEL)];
  }
}

void ls_openmp_later_backward(ls_openmp_conv *conv, const ls_openmp_call *call) {
  ls_openmp_map_gather_background(&call->output_gradient, &call->output);
  plan p = make_plan(conv, call);
  if (call->want_input_gradient)
    ls_openmp_map_begin_gradient(&call->input_gradient, &call->input.map);
  int outs = ls_openmp_ceil(p.out, PIXEL), halos = call->want_input_gradient ? p.bands - 1 : 0;
#pragma omp parallel num_threads(conv->threads)
  {
#pragma omp for collapse(2) schedule(dynamic, 1)
    for (int band = 0; band < p.bands; band++)
      for (int group = 0; group < p.groups; group++) do_task(&p, band, group);
#pragma omp for collapse(2) schedule(static) nowait
    for (int group = 0; group < (p.bands > 1 ? p.groups : 0); group++)
      for (int o = 0; o < outs; o++) add_weight_gradient(&p, group, o * PIXEL);
#pragma omp for schedule(static)
    for (int j = 0; j < halos * HALO; j++) add_halo(&p, j / HALO, j % HALO);
  }
  add_bias_gradient(&p);
  if (p.sparse && call->want_input_gradient) set_background_gradient(&p);
}
