#include "datasets/image_policy.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { LARGEST_SIZE = 65535, GROUP = 16, STUDY_WIRES = 3456 };

ls_image_policy ls_image_policy_study(void) {
  return (ls_image_policy){.plane = 2,
                           .rebin = 2,
                           .first_tick = 2400,
                           .first_wire = 0,
                           .size = 3600,
                           .scale = 1,
                           .form = LS_IMAGE_SPARSE};
}

ls_image_policy ls_image_policy_default(const char *format, const ls_geometry *geometry) {
  ls_image_policy policy = ls_image_policy_study();
  int last_tick = policy.first_tick + policy.rebin * policy.size;
  int studied = !strcmp(format, "kevlar") || !strcmp(format, "packed");
  if (studied && geometry->planes > policy.plane && geometry->rows >= last_tick &&
      geometry->columns >= STUDY_WIRES)
    return policy;
  policy.plane = geometry->planes - 1;
  if (!strcmp(format, "npy") && geometry->planes > 1) policy.plane = -1;
  policy.rebin = 1;
  policy.first_tick = 0;
  policy.size = geometry->rows > geometry->columns ? geometry->rows : geometry->columns;
  return policy;
}

ls_status ls_image_policy_check(const ls_image_policy *policy, const ls_geometry *geometry,
                                ls_error *error) {
  if (policy->plane < -1 || policy->plane >= geometry->planes)
    return ls_fail(error, LS_USAGE, "--plane %d: the events have planes 0 to %d (-1: all of them)",
                   policy->plane, geometry->planes - 1);
  if (policy->rebin < 1)
    return ls_fail(error, LS_USAGE, "--rebin %d: at least 1 tick makes a row", policy->rebin);
  if (policy->first_tick < 0 || policy->first_tick >= geometry->rows)
    return ls_fail(error, LS_USAGE, "--first-tick %d: the events have ticks 0 to %d",
                   policy->first_tick, geometry->rows - 1);
  if (policy->first_wire < 0 || policy->first_wire >= geometry->columns)
    return ls_fail(error, LS_USAGE, "--first-wire %d: the events have wires 0 to %d",
                   policy->first_wire, geometry->columns - 1);
  if (policy->size < 1 || policy->size > LARGEST_SIZE)
    return ls_fail(error, LS_USAGE, "an image of %d rows and columns: choose 1 to %d by --size",
                   policy->size, LARGEST_SIZE);
  if (!isfinite(policy->scale) || policy->scale == 0)
    return ls_fail(error, LS_USAGE, "--scale %g: must be a number other than 0",
                   (double)policy->scale);
  return LS_OK;
}

/* The row of the image that is being summed, of one plane. Which columns hold something is noted by
 * groups, a byte each: a bit per column would make every pixel wait for the one before it. */
typedef struct open_row {
  int row;          /* -1: none */
  double *sum;      /* one per column, to a whole group; zero where not touched */
  uint8_t *touched; /* one per group of columns */
  int64_t last;     /* index of the last pixel that came, -1: none */
} open_row;

static size_t groups_of(size_t columns) {
  return (columns + GROUP - 1) / GROUP;
}

typedef struct builder {
  ls_source *source;
  size_t event;
  const ls_image_policy *policy;
  ls_image *image;
  int first_plane;            /* of the event: channel 0 of the image */
  size_t active, most_sparse; /* pixels: so far, and the most that a sparse image has */
  open_row rows[LS_MAX_PLANES];
} builder;

/* Rows after which an image is known to be dense so far: its pixels then go where they belong
 * instead of into lists that grow to the image's own size. */
enum { ROWS_TO_JUDGE = 32 };

static int is_dense_so_far(const builder *build, int row) {
  size_t seen = ((size_t)row + 1) * (size_t)build->image->columns * (size_t)build->image->planes;
  return build->active > build->most_sparse || (row >= ROWS_TO_JUDGE && build->active > seen / 2);
}

/* Turns the image dense; what its planes hold moves over. */
static ls_status turn_dense(ls_image *image, ls_error *error) {
  size_t planes = (size_t)image->planes, counts[LS_MAX_PLANES];
  for (size_t p = 0; p < planes; p++) counts[p] = image->plane[p].count;
  LS_TRY(ls_image_reset(image, LS_IMAGE_DENSE, image->rows, image->columns, image->planes, error));
  for (size_t p = 0; p < planes; p++)
    for (size_t i = 0; i < counts[p]; i++) /* the reset keeps buffers as they are */
      image->dense[image->plane[p].index[i] * planes + p] = image->plane[p].value[i];
  return LS_OK;
}

/* Turns the image back where its end was emptier than its beginning. */
static ls_status turn_sparse(ls_image *image, ls_error *error) {
  ls_image sparse = {.event = image->event};
  ls_status status = ls_image_to_sparse(image, &sparse, error);
  ls_image_destroy(status == LS_OK ? image : &sparse);
  if (status == LS_OK) *image = sparse;
  return status;
}

static ls_status overflow(const builder *build, int channel, int row, size_t column,
                          ls_error *error) {
  return ls_fail(error, LS_VALUE,
                 "%s: event %zu, plane %d: row %d, column %zu of the image is beyond a float; use "
                 "a smaller --scale",
                 build->source->path, build->event, build->first_plane + channel, row, column);
}

/* The sums of a group as pixels; the sums become zero. 0: one of them is beyond a float. */
static int take_group(double *sum, double scale, float *value) {
  unsigned beyond = 0;
  for (size_t k = 0; k < GROUP; k++) {
    value[k] = (float)(sum[k] * scale);
    beyond |= !isfinite(value[k]);
  }
  if (beyond) return 0;
  memset(sum, 0, GROUP * sizeof *sum);
  return 1;
}

static size_t first_beyond(const double *sum, double scale) {
  size_t column = 0;
  while (isfinite((float)(sum[column] * scale))) column++;
  return column;
}

/* Puts a group's columns, which begin with the image's pixel first, where they belong. Columns
 * beyond the image hold zero. */
static void put_group(builder *build, int channel, uint32_t first, const float *value) {
  ls_image *image = build->image;
  size_t nonzero = 0, planes = (size_t)image->planes;
  if (image->form == LS_IMAGE_DENSE) {
    float *pixel = image->dense + first * planes + (size_t)channel;
    for (size_t k = 0; k < GROUP; k++) {
      if (value[k] != 0) pixel[k * planes] = value[k];
      nonzero += value[k] != 0;
    }
  } else {
    ls_pixels *pixels = &image->plane[channel];
    for (size_t k = 0; k < GROUP; k++) {
      pixels->index[pixels->count + nonzero] = first + (uint32_t)k;
      pixels->value[pixels->count + nonzero] = value[k];
      nonzero += value[k] != 0;
    }
    pixels->count += nonzero;
  }
  build->active += nonzero;
}

/* Moves the sums of the open row into the image, columns rising, and leaves the row empty. */
static ls_status finish_row(builder *build, int channel, ls_error *error) {
  open_row *open = &build->rows[channel];
  ls_image *image = build->image;
  if (open->row < 0) return LS_OK;
  size_t columns = (size_t)image->columns, groups = groups_of(columns);
  size_t start = (size_t)open->row * columns;
  double scale = (double)build->policy->scale;
  if (image->form == LS_IMAGE_SPARSE)
    LS_TRY(ls_pixels_reserve(&image->plane[channel], image->plane[channel].count + groups * GROUP,
                             error));
  const uint8_t *touched = open->touched, *end = touched + groups;
  while ((touched = memchr(touched, 1, (size_t)(end - touched)))) {
    size_t g = (size_t)(touched++ - open->touched);
    float value[GROUP];
    double *sum = open->sum + g * GROUP;
    if (!take_group(sum, scale, value))
      return overflow(build, channel, open->row, g * GROUP + first_beyond(sum, scale), error);
    put_group(build, channel, (uint32_t)(start + g * GROUP), value);
  }
  memset(open->touched, 0, groups);
  int row = open->row;
  open->row = -1;
  if (image->form == LS_IMAGE_SPARSE && is_dense_so_far(build, row))
    return turn_dense(image, error);
  return LS_OK;
}

static ls_status bad_pixel(const builder *build, int plane, uint32_t index, float value,
                           ls_error *error) {
  const ls_geometry *geometry = &build->source->geometry;
  uint32_t columns = (uint32_t)geometry->columns;
  if (!isfinite(value))
    return ls_fail(
        error, LS_VALUE, "%s: event %zu, plane %d, tick %u, wire %u holds %g; remove the event",
        build->source->path, build->event, plane, index / columns, index % columns, (double)value);
  return ls_fail(error, LS_INTERNAL,
                 "%s: event %zu, plane %d: the reader's pixels are not in order",
                 build->source->path, build->event, plane);
}

/* Every pixel is looked at, those outside the window too: damage there is damage of the event. */
static ls_status check_pixels(const builder *build, int plane, open_row *open, size_t count,
                              const uint32_t *index, const float *value, ls_error *error) {
  const ls_geometry *geometry = &build->source->geometry;
  int64_t last = open->last, end = (int64_t)geometry->rows * geometry->columns;
  if (!count) return LS_OK;
  unsigned bad = index[0] <= last || index[count - 1] >= end;
  for (size_t i = 0; i < count; i++) bad |= !isfinite(value[i]);
  for (size_t i = 1; i < count; i++) bad |= index[i] <= index[i - 1];
  open->last = index[count - 1];
  if (!bad) return LS_OK;
  size_t i = 0;
  while (isfinite(value[i]) && index[i] > last && index[i] < end) last = index[i++];
  return bad_pixel(build, plane, index[i], value[i], error);
}

/* First position whose index is not below limit. */
static size_t lower_bound(const uint32_t *index, size_t count, uint64_t limit) {
  size_t low = 0;
  while (low < count) {
    size_t middle = low + (count - low) / 2;
    if (index[middle] < limit)
      low = middle + 1;
    else
      count = middle;
  }
  return low;
}

/* Columns without a gap: in vectors. */
static void add_run(open_row *open, uint32_t column, size_t count, const float *value) {
  double *sum = open->sum + column;
  for (size_t i = 0; i < count; i++) sum[i] += (double)value[i];
  size_t first = column / GROUP, last = (column + count - 1) / GROUP;
  memset(open->touched + first, 1, last - first + 1);
}

static void add_scattered(open_row *open, uint32_t wire_0, uint32_t size, size_t count,
                          const uint32_t *index, const float *value) {
  for (size_t i = 0; i < count; i++) {
    uint32_t column = index[i] - wire_0; /* wraps for wires before the window */
    if (column >= size) continue;
    open->sum[column] += (double)value[i];
    open->touched[column / GROUP] = 1;
  }
}

static ls_status add_pixels(builder *build, int plane, size_t count, const uint32_t *index,
                            const float *value, ls_error *error) {
  const ls_image_policy *policy = build->policy;
  int channel = plane - build->first_plane;
  if (channel < 0 || channel >= build->image->planes) return LS_OK; /* a plane not asked for */
  open_row *open = &build->rows[channel];
  LS_TRY(check_pixels(build, plane, open, count, index, value, error));
  uint64_t columns = (uint64_t)build->source->geometry.columns;
  uint32_t first_wire = (uint32_t)policy->first_wire, size = (uint32_t)policy->size;
  uint64_t rebin = (uint64_t)policy->rebin, tick = (uint64_t)policy->first_tick;
  size_t i = lower_bound(index, count, tick * columns);
  count = lower_bound(index, count, (tick + rebin * size) * columns);
  while (i < count) { /* once per tick */
    uint64_t at = index[i] / columns, end = (at + 1) * columns;
    uint32_t wire_0 = (uint32_t)(at * columns) + first_wire;
    int row = (int)((at - tick) / rebin);
    if (row != open->row) {
      LS_TRY(finish_row(build, channel, error));
      open->row = row;
    }
    size_t stop = i + lower_bound(index + i, count - i, end);
    if (index[stop - 1] - index[i] == stop - 1 - i && index[i] >= wire_0 &&
        index[stop - 1] - wire_0 < size)
      add_run(open, index[i] - wire_0, stop - i, value + i);
    else
      add_scattered(open, wire_0, size, stop - i, index + i, value + i);
    i = stop;
  }
  return LS_OK;
}

static ls_status add_timed(void *context, int plane, size_t count, const uint32_t *index,
                           const float *value, ls_error *error) {
  builder *build = context;
  double start = ls_seconds();
  ls_status status = add_pixels(build, plane, count, index, value, error);
  build->source->sink_seconds += ls_seconds() - start;
  return status;
}

static ls_status read_planes(builder *build, ls_source *source, unsigned mask, double *sums,
                             uint8_t *touched, ls_error *error) {
  size_t groups = groups_of((size_t)build->image->columns);
  for (int p = 0; p < build->image->planes; p++)
    build->rows[p] =
        (open_row){-1, sums + (size_t)p * groups * GROUP, touched + (size_t)p * groups, -1};
  const ls_pixel_sink sink = {add_timed, build};
  LS_TRY(source->functions->read(source, build->event, mask, &sink, error));
  for (int p = 0; p < build->image->planes; p++) LS_TRY(finish_row(build, p, error));
  int turned = build->policy->form == LS_IMAGE_SPARSE && build->image->form == LS_IMAGE_DENSE;
  return turned && build->active <= build->most_sparse ? turn_sparse(build->image, error) : LS_OK;
}

ls_status ls_image_read(ls_source *source, size_t event, const ls_image_policy *policy,
                        ls_image *image, ls_error *error) {
  LS_TRY(ls_image_policy_check(policy, &source->geometry, error));
  int planes = policy->plane < 0 ? source->geometry.planes : 1, size = policy->size;
  LS_TRY(ls_image_reset(image, policy->form, size, size, planes, error));
  unsigned mask = policy->plane < 0 ? (1u << planes) - 1 : 1u << policy->plane;
  builder build = {.source = source,
                   .event = event,
                   .policy = policy,
                   .image = image,
                   .first_plane = policy->plane < 0 ? 0 : policy->plane,
                   .most_sparse = (size_t)size * (size_t)size * (size_t)planes / 2};
  size_t groups = (size_t)planes * groups_of((size_t)size);
  void *sums = NULL, *touched = NULL;
  ls_status status =
      ls_allocate(&sums, groups * GROUP * sizeof(double), "the rows of an image", error);
  if (status == LS_OK) status = ls_allocate(&touched, groups, "the rows of an image", error);
  if (status == LS_OK) status = read_planes(&build, source, mask, sums, touched, error);
  ls_free(sums);
  ls_free(touched);
  if (status != LS_OK) (void)ls_image_reset(image, LS_IMAGE_SPARSE, size, size, planes, NULL);
  return status;
}
