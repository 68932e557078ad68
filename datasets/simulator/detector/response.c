/* Signals of one plane: charge on a wire and beside it, folded with the response. */
#include "datasets/simulator/detector/lanes.h"

#include <math.h>
#include <string.h>

enum {
  NEIGHBOURS = 3,
  /* Runs nearer than this share a buffer: their kernels and regions may meet. */
  NEAR = (LS_KERNEL_MOST + 2 * (LS_SEARCH + 80)) / LS_BLOCK
};

/* The plane at work. */
typedef struct plane_work {
  ls_readout *r;
  const ls_readout_options *options;
  const ls_trace_sink *sink;
  int plane, reach; /* wires beside one that it sees */
  const ls_kernel *own;
} plane_work;

static int has_block(const uint64_t *mask, int block) {
  return (int)(mask[block / 64] >> block % 64 & 1);
}

/* Blocks with charge on a wire or on those that it sees; 0: none. */
static int wire_mask(const plane_work *work, int wire, uint64_t mask[LS_MASK_WORDS]) {
  int last = work->r->tables->wires[work->plane] - 1;
  int from = wire - work->reach, to = wire + work->reach;
  uint64_t any = 0;
  memset(mask, 0, LS_MASK_WORDS * sizeof *mask);
  for (int v = from < 0 ? 0 : from; v <= (to > last ? last : to); v++)
    for (int k = 0; k < LS_MASK_WORDS; k++)
      any |= mask[k] |= work->r->mask[(size_t)v * LS_MASK_WORDS + (size_t)k];
  return any != 0;
}

static const float *row_of(const ls_readout *r, int wire, int block) {
  int32_t row = r->directory[(size_t)wire * (size_t)r->tables->blocks + (size_t)block];
  return row ? r->rows + (size_t)row * LS_ROW : NULL;
}

/* All neighbours have one shape, so their charges are added first. 0: there are none. */
static int neighbours_charge(const plane_work *work, int wire, int block, float *charge) {
  const ls_readout_tables *t = work->r->tables;
  const float weights[NEIGHBOURS] = {1, (float)t->detector.neighbour_2[work->plane],
                                     (float)t->detector.neighbour_3[work->plane]};
  int any = 0;
  for (int k = 1; k <= NEIGHBOURS; k++)
    for (int side = -1; side <= 1; side += 2) {
      int v = wire + side * k;
      const float *row = v < 0 || v >= t->wires[work->plane] ? NULL : row_of(work->r, v, block);
      if (!row) continue;
      if (!any) memset(charge, 0, LS_ROW * sizeof *charge);
      t->lanes->add_row(charge, row, weights[k - 1]);
      any = 1;
    }
  return any;
}

static void add_block(const plane_work *work, int wire, int block, float *signal) {
  const ls_readout_tables *t = work->r->tables;
  const float *row = row_of(work->r, wire, block);
  if (row && work->options->form == LS_READOUT_CHARGE)
    for (int i = 0; i < LS_ROW; i++) signal[i] += row[i];
  else if (row)
    t->lanes->fold(row, signal, work->own, t->block_width[block]);
  float charge[LS_ROW];
  if (work->reach && neighbours_charge(work, wire, block, charge))
    t->lanes->fold(charge, signal, &t->neighbour[work->plane], t->block_width[block]);
}

/* Narrows a run to what is not negligible, and to the readout's ticks. */
static void narrow(const plane_work *work, const float *signal, int first, int *from, int *to) {
  const float edge = work->options->edge;
  if (work->options->form != LS_READOUT_CHARGE) {
    while (*from + 16 <= *to && ls_below_16(signal + *from, edge)) *from += 16;
    while (*from + 16 <= *to && ls_below_16(signal + *to - 16, edge)) *to -= 16;
    while (*from < *to && fabsf(signal[*from]) < edge) ++*from;
    while (*to > *from && fabsf(signal[*to - 1]) < edge) --*to;
  }
  if (first + *from < 0) *from = -first;
  if (first + *to > work->r->tables->ticks) *to = work->r->tables->ticks - first;
}

/* The wanted ticks of a whole wire, from the tick first of its first block. */
static void window(const plane_work *work, int first, int *from, int *to) {
  const ls_readout_options *o = work->options;
  *from = o->count ? o->first - first : 0;
  *to = o->count ? *from + o->count : work->r->tables->ticks;
}

/* All blocks whose charge may be seen in the wanted ticks. */
static void window_blocks(const plane_work *work, int *block, int *end) {
  const ls_readout_options *o = work->options;
  *block = 0;
  *end = work->r->tables->blocks;
  if (!o->count) return;
  int first = o->first - LS_KERNEL_MOST - LS_SPREAD - LS_BLOCK;
  int last = (o->first + o->count + LS_KERNEL_BEFORE) / LS_BLOCK + 1;
  *block = first > 0 ? first / LS_BLOCK : 0;
  if (last < *end) *end = last;
}

/* Blocks block .. end - 1 of a wire. */
static ls_status make_run(const plane_work *work, int wire, const uint64_t *mask, int block,
                          int end, ls_error *error) {
  ls_readout *r = work->r;
  int ticks = (end - block) * LS_BLOCK;
  float *signal = r->run + LS_GUARD;
  memset(r->run, 0, ((size_t)ticks + 2 * LS_GUARD) * sizeof *signal);
  for (int b = block; b < end; b++)
    if (has_block(mask, b)) add_block(work, wire, b, signal + (b - block) * LS_BLOCK);
  int from = -LS_KERNEL_BEFORE, to = ticks + LS_KERNEL_MOST - LS_KERNEL_BEFORE + LS_SPREAD;
  if (work->options->whole)
    window(work, block * LS_BLOCK, &from, &to);
  else
    narrow(work, signal, block * LS_BLOCK, &from, &to);
  if (to <= from) return LS_OK;
  ls_run run = {.options = work->options,
                .sink = work->sink,
                .plane = work->plane,
                .wire = wire,
                .first = block * LS_BLOCK + from,
                .count = to - from,
                .signal = signal + from};
  return ls_form_run(r, &run, error);
}

static ls_status make_runs(const plane_work *work, int wire, const uint64_t *mask,
                           ls_error *error) {
  int blocks = work->r->tables->blocks, block = 0;
  while (block < blocks) {
    uint64_t rest = mask[block / 64] >> block % 64;
    if (!rest) {
      block = block / 64 * 64 + 64;
      continue;
    }
    block += __builtin_ctzll(rest);
    int end = block + 1;
    for (int b = end; b < blocks && b <= end + NEAR; b++)
      if (has_block(mask, b)) end = b + 1;
    LS_TRY(make_run(work, wire, mask, block, end, error));
    block = end;
  }
  return LS_OK;
}

ls_status ls_response_plane(ls_readout *r, int plane, const ls_readout_options *options,
                            const ls_trace_sink *sink, ls_error *error) {
  const ls_readout_tables *t = r->tables;
  int shortcut = options->form == LS_READOUT_SHORTCUT;
  int beside = options->neighbours && !shortcut && options->form != LS_READOUT_CHARGE;
  plane_work work = {.r = r,
                     .options = options,
                     .sink = sink,
                     .plane = plane,
                     .reach = beside ? NEIGHBOURS : 0,
                     .own = shortcut ? &t->smooth : &t->own[plane]};
  int first, end;
  window_blocks(&work, &first, &end);
  for (int wire = 0; wire < t->wires[plane]; wire++) {
    uint64_t mask[LS_MASK_WORDS];
    r->trace_end = 0;
    int any = wire_mask(&work, wire, mask);
    if (options->whole)
      LS_TRY(make_run(&work, wire, mask, first, end, error));
    else if (any)
      LS_TRY(make_runs(&work, wire, mask, error));
  }
  return LS_OK;
}
