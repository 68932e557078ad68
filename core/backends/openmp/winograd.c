/* Forward of a block after the first with Winograd's kernels, a few windows of a row at a time: the
 * filters of one point are then read once for all of them. */
#include "backends/openmp/winograd.h"
#include "backends/openmp/general.h"
#include "backends/openmp/openmp.h"

enum {
  FIELD = LS_OPENMP_FIELD,
  POINTS = LS_WINOGRAD_POINTS,
  BATCH = 4,          /* windows */
  SLACK = 16,         /* floats that a wide store of the last row may take */
  SHORTCUT_BELOW = 25 /* active pixels of 81: a whole window costs less here than directly */
};

static int width(const ls_openmp_conv *conv) {
  return conv->kernels->channel_block;
}

static size_t point_floats(const ls_openmp_conv *conv) {
  size_t floats = FIELD * (size_t)conv->shape.in_channels + SLACK;
  return (floats + SLACK - 1) / SLACK * SLACK;
}

/* Of one window: transformed inputs [9 points][9 rows][in], and products [9 points][5 rows][width].
 */
static size_t input_floats(const ls_openmp_conv *conv) {
  return POINTS * point_floats(conv);
}

static size_t product_floats(const ls_openmp_conv *conv) {
  return POINTS * 5 * (size_t)width(conv);
}

static size_t scratch_floats(const ls_openmp_conv *conv) {
  return BATCH * (input_floats(conv) + product_floats(conv));
}

size_t ls_openmp_winograd_workspace(const ls_openmp_conv *conv) {
  return scratch_floats(conv) * (size_t)conv->threads * sizeof(float);
}

static float *filters_at(const ls_openmp_conv *conv, int block, int point) {
  return conv->winograd_filters + (size_t)(block * POINTS + point) * 5 *
                                      (size_t)conv->shape.in_channels * (size_t)width(conv);
}

/* G g of every channel pair, from float64: [blocks][9 points][5 kernel rows][in][width]. */
static void pack_point(const ls_openmp_conv *conv, int block, int point) {
  size_t in = (size_t)conv->shape.in_channels, out = (size_t)conv->shape.out_channels;
  size_t first = (size_t)block * (size_t)width(conv);
  size_t some = out - first < (size_t)width(conv) ? out - first : (size_t)width(conv);
  float *to = filters_at(conv, block, point);
  const double *g = ls_winograd_filter[point];
  for (size_t kr = 0; kr < 5; kr++)
    for (size_t i = 0; i < in; i++, to += width(conv)) {
      const float *tap = conv->kernel + (kr * 5 * in + i) * out + first;
      conv->kernels->winograd_filter(tap, in * out, g, (int)some, to);
    }
}

void ls_openmp_winograd_pack(const ls_openmp_conv *conv) {
  int blocks = ls_openmp_ceil(conv->shape.out_channels, width(conv));
#pragma omp parallel for collapse(2) num_threads(conv->threads) schedule(static)
  for (int block = 0; block < blocks; block++)
    for (int point = 0; point < POINTS; point++) pack_point(conv, block, point);
}

/* Windows whose transformed inputs are in scratch. */
static int do_batch(const ls_openmp_conv *conv, int block, const ls_openmp_place *places, int count,
                    float *scratch) {
  int finite = 1, in = conv->shape.in_channels;
  float *products = scratch + BATCH * input_floats(conv);
  for (int n = 0; n < POINTS; n++)
    for (int w = 0; w < count; w++)
      conv->kernels->winograd_products(
          scratch + (size_t)w * input_floats(conv) + (size_t)n * point_floats(conv), in,
          filters_at(conv, block, n),
          products + (size_t)w * product_floats(conv) + (size_t)(n * 5 * width(conv)));
  for (int w = 0; w < count; w++)
    finite &=
        conv->kernels->winograd_finish(products + (size_t)w * product_floats(conv), places[w].bias,
                                       places[w].out, places[w].values, places[w].argmax);
  return finite;
}

int ls_openmp_winograd_row(const ls_openmp_conv *conv, const ls_openmp_call *call, int block,
                           int row, const uint16_t *columns, int count) {
  float *scratch = (float *)call->workspace + (size_t)ls_openmp_thread() * scratch_floats(conv);
  _Alignas(64) float buffer[LS_OPENMP_FIELD_FLOATS];
  ls_openmp_place places[BATCH];
  int finite = 1, waiting = 0, in = conv->shape.in_channels;
  for (int i = 0; i < count; i++) {
    if (ls_openmp_shortcut(conv, call, block, row, columns[i], SHORTCUT_BELOW, &finite)) continue;
    size_t stride;
    const float *field = ls_openmp_field(&call->input.map, row, columns[i], buffer, &stride);
    conv->kernels->winograd_input(field, stride, in, scratch + (size_t)waiting * input_floats(conv),
                                  point_floats(conv));
    places[waiting++] = ls_openmp_place_of(conv, call, block, row, columns[i]);
    if (waiting < BATCH) continue;
    finite &= do_batch(conv, block, places, waiting, scratch);
    waiting = 0;
  }
  return finite & do_batch(conv, block, places, waiting, scratch);
}

/* The background of a constant receptive field: what this file's kernels make of it. Their rounding
 * breaks the tie of its 25 equal sums anywhere, which nobody sees: over background all positions
 * have the same gradients. */
int ls_openmp_winograd_constant(const ls_openmp_conv *conv, const float *field, int block,
                                void *workspace) {
  float *scratch = (float *)workspace + (size_t)ls_openmp_thread() * scratch_floats(conv);
  int in = conv->shape.in_channels, first = block * width(conv);
  uint8_t argmax[LS_OPENMP_MOST_OUT];
  ls_openmp_place place = {.out = width(conv),
                           .bias = conv->packed_bias + first,
                           .values = conv->background + first,
                           .argmax = argmax};
  conv->kernels->winograd_input(field, FIELD * (size_t)in, in, scratch, point_floats(conv));
  return do_batch(conv, block, &place, 1, scratch);
}
