#include "datasets/display/event_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  HALF = 1 << 15, /* whole numbers whose pixels are counted, for the median: half of them */
  VALUES = 2 * HALF,
  LEAST_WIRES = 48, /* of a window */
  LEAST_TICKS = 96
};

/* What the first reading finds out of a plane. */
typedef struct survey {
  double *by_wire, *by_tick; /* absolute charge */
  uint32_t *by_value;        /* VALUES: pixels of each value, from -HALF on */
} survey;

typedef struct reading {
  ls_event_view *view;
  int columns; /* wires of the event */
  survey plane[LS_MAX_PLANES];
} reading;

static ls_status count_pixels(void *context, int plane, size_t count, const uint32_t *index,
                              const float *value, ls_error *error) {
  reading *r = context;
  (void)error;
  survey *s = &r->plane[plane];
  r->view->panel[plane].pixels += count;
  for (size_t i = 0; i < count; i++) {
    double v = (double)value[i];
    if (!isfinite(v)) continue;
    double clamped = fmax(-HALF, fmin(HALF - 1, rint(v)));
    s->by_value[(int)clamped + HALF]++;
    s->by_wire[index[i] % (uint32_t)r->columns] += fabs(v);
    s->by_tick[index[i] / (uint32_t)r->columns] += fabs(v);
  }
  return LS_OK;
}

static ls_status start_survey(reading *r, const ls_geometry *geometry, ls_error *error) {
  for (int p = 0; p < geometry->planes; p++) {
    survey *s = &r->plane[p];
    s->by_wire = calloc((size_t)geometry->columns, sizeof *s->by_wire);
    s->by_tick = calloc((size_t)geometry->rows, sizeof *s->by_tick);
    s->by_value = calloc(VALUES, sizeof *s->by_value);
    if (!s->by_wire || !s->by_tick || !s->by_value)
      return ls_fail(error, LS_MEMORY, "no memory to look at an event");
  }
  return LS_OK;
}

static void end_survey(reading *r) {
  for (int p = 0; p < LS_MAX_PLANES; p++) {
    free(r->plane[p].by_wire);
    free(r->plane[p].by_tick);
    free(r->plane[p].by_value);
  }
}

/* Half of so many places, zeros included, lie below. */
static double median(const uint32_t *by_value, uint64_t pixels, uint64_t places) {
  uint64_t below = 0;
  for (int at = 0; at < VALUES; at++) {
    below += by_value[at] + (at == HALF ? places - pixels : 0);
    if (2 * below >= places) return at - HALF;
  }
  return 0;
}

/* Pixels of wires that have any charge: a plane may have fewer wires than columns. */
static uint64_t lit_places(const survey *s, const ls_geometry *geometry) {
  uint64_t wires = 0;
  for (int w = 0; w < geometry->columns; w++) wires += s->by_wire[w] > 0;
  return wires * (uint64_t)geometry->rows;
}

typedef struct span {
  int first, count;
} span;

/* All but half a percent of the charge at each end; count 0: no charge. */
static span charged(const double *charge, int count) {
  double total = 0, seen = 0;
  for (int i = 0; i < count; i++) total += charge[i];
  if (!(total > 0)) return (span){0, 0};
  int first = 0, last = count - 1;
  for (; seen + charge[first] < 0.005 * total; first++) seen += charge[first];
  for (seen = 0; last > first && seen + charge[last] < 0.005 * total; last--) seen += charge[last];
  return (span){first, last - first + 1};
}

/* Wider by a margin, at least so wide, but within the event. */
static span widen(span tight, int least, int all) {
  int wanted = tight.count + tight.count / 8 + 2;
  if (wanted < least) wanted = least;
  if (wanted > all) wanted = all;
  int first = tight.first - (wanted - tight.count) / 2;
  if (first > all - wanted) first = all - wanted;
  if (first < 0) first = 0;
  return (span){first, wanted};
}

static span join(span a, span b) {
  if (!a.count || !b.count) return a.count ? a : b;
  int end_a = a.first + a.count, end_b = b.first + b.count;
  int first = a.first < b.first ? a.first : b.first;
  return (span){first, (end_a > end_b ? end_a : end_b) - first};
}

/* All planes show the same ticks and equally many wires. */
static void choose_windows(const reading *r, const ls_geometry *geometry) {
  ls_event_view *view = r->view;
  span ticks = {0, 0}, wires[LS_MAX_PLANES];
  int most = 0;
  for (int p = 0; p < view->planes; p++) {
    ticks = join(ticks, charged(r->plane[p].by_tick, geometry->rows));
    wires[p] = charged(r->plane[p].by_wire, geometry->columns);
    if (wires[p].count > most) most = wires[p].count;
  }
  if (!ticks.count) { /* an empty event */
    view->wires = geometry->columns;
    view->ticks = geometry->rows;
    return;
  }
  ticks = widen(ticks, LEAST_TICKS, geometry->rows);
  most = widen((span){0, most}, LEAST_WIRES, geometry->columns).count;
  view->first_tick = ticks.first;
  view->ticks = ticks.count;
  view->wires = most;
  for (int p = 0; p < view->planes; p++)
    view->panel[p].first_wire = wires[p].count ? widen(wires[p], most, geometry->columns).first : 0;
}

static ls_status survey_event(ls_event_view *view, ls_source *source, size_t event, int whole,
                              ls_error *error) {
  const ls_geometry *geometry = &source->geometry;
  reading r = {.view = view, .columns = geometry->columns};
  const ls_pixel_sink sink = {.pixels = count_pixels, .context = &r};
  const uint64_t places = (uint64_t)geometry->rows * (uint64_t)geometry->columns;
  ls_status status = start_survey(&r, geometry, error);
  if (status == LS_OK)
    status = source->functions->read(source, event, (1u << view->planes) - 1, &sink, error);
  int dense = 0;
  for (int p = 0; status == LS_OK && p < view->planes; p++) {
    ls_view_panel *panel = &view->panel[p];
    if (2 * panel->pixels <= places) continue;
    panel->pedestal = median(r.plane[p].by_value, panel->pixels, lit_places(&r.plane[p], geometry));
    dense = 1;
  }
  if (whole || dense) {
    view->wires = geometry->columns;
    view->ticks = geometry->rows;
  } else if (status == LS_OK)
    choose_windows(&r, geometry);
  end_survey(&r);
  return status;
}

static ls_status take_cells(void *context, int plane, size_t count, const uint32_t *index,
                            const float *value, ls_error *error) {
  const reading *r = context;
  ls_event_view *view = r->view;
  ls_view_panel *panel = &view->panel[plane];
  (void)error;
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(value[i])) continue;
    const float v = value[i] - (float)panel->pedestal;
    panel->charge += (double)v;
    int wire = (int)(index[i] % (uint32_t)r->columns) - panel->first_wire;
    int tick = (int)(index[i] / (uint32_t)r->columns) - view->first_tick;
    if (wire < 0 || wire >= view->wires || tick < 0 || tick >= view->ticks) continue;
    panel->shown++;
    float *cell =
        &panel->cells[tick / view->ticks_per_cell * view->columns + wire / view->wires_per_cell];
    if (isnan(*cell) || fabsf(v) > fabsf(*cell)) *cell = v;
  }
  return LS_OK;
}

static int rising(const void *left, const void *right) {
  float a = *(const float *)left, b = *(const float *)right;
  return (a > b) - (a < b);
}

/* From the cells of all panels, so that a few large ones do not leave the rest pale. */
static ls_status choose_colours(ls_event_view *view, ls_error *error) {
  size_t each = (size_t)view->columns * (size_t)view->rows, count = 0;
  float *sizes = malloc((size_t)view->planes * each * sizeof *sizes);
  if (!sizes) return ls_fail(error, LS_MEMORY, "no memory to look at an event");
  double below = 0, above = 0;
  for (int p = 0; p < view->planes; p++)
    for (size_t i = 0; i < each; i++) {
      float v = view->panel[p].cells[i];
      if (isnan(v) || v == 0) continue;
      sizes[count++] = fabsf(v);
      *(v < 0 ? &below : &above) += fabs((double)v);
    }
  qsort(sizes, count, sizeof *sizes, rising);
  view->filled = count;
  /* Where most cells are noise, it must not use up the colours. */
  view->share = 2 * count > (size_t)view->planes * each ? 0.999 : 0.99;
  view->scale = count ? (double)sizes[(size_t)(view->share * (double)(count - 1))] : 1;
  view->negative = below > 0.02 * (above + below);
  free(sizes);
  return LS_OK;
}

static ls_status make_cells(ls_event_view *view, const ls_view_options *options, ls_error *error) {
  view->wires_per_cell = (view->wires - 1) / options->most_columns + 1;
  view->ticks_per_cell = (view->ticks - 1) / options->most_rows + 1;
  view->columns = (view->wires - 1) / view->wires_per_cell + 1;
  view->rows = (view->ticks - 1) / view->ticks_per_cell + 1;
  const size_t cells = (size_t)view->columns * (size_t)view->rows;
  for (int p = 0; p < view->planes; p++) {
    ls_view_panel *panel = &view->panel[p];
    panel->cells = malloc(cells * sizeof *panel->cells);
    if (!panel->cells) return ls_fail(error, LS_MEMORY, "no memory to look at an event");
    for (size_t i = 0; i < cells; i++) panel->cells[i] = NAN;
  }
  return LS_OK;
}

ls_status ls_event_view_read(ls_event_view *view, ls_source *source, size_t event,
                             const ls_view_options *options, ls_error *error) {
  ls_event_view_destroy(view);
  view->planes = source->geometry.planes;
  LS_TRY(survey_event(view, source, event, options->whole, error));
  LS_TRY(make_cells(view, options, error));
  reading r = {.view = view, .columns = source->geometry.columns};
  const ls_pixel_sink sink = {.pixels = take_cells, .context = &r};
  LS_TRY(source->functions->read(source, event, (1u << view->planes) - 1, &sink, error));
  return choose_colours(view, error);
}

void ls_event_view_destroy(ls_event_view *view) {
  for (int p = 0; p < LS_MAX_PLANES; p++) free(view->panel[p].cells);
  *view = (ls_event_view){0};
}
