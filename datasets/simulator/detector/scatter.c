/* Charge on the wires and ticks of one plane, in blocks of 64 ticks.
 *
 * Across the drift a charge is shared among 7 wires by a table of integrated Gaussians. Along it
 * nothing is spread here: the width depends on the tick, and so is the response kernel's. A charge
 * between two ticks becomes a cubic B-spline of 4 ticks, whose variance is 1/3 wherever it lies;
 * the kernels divide it out. Its second derivative, added dv/2 times, changes the variance by dv:
 * what the charge's own width differs by from that of its block's kernel. */
#include "datasets/simulator/detector/vectors.h"

#include <math.h>

enum { REACH = 3, SHARES = 2 * REACH + 1 };

static inline float *find_row(ls_readout *readout, int wire, int block) {
  int32_t row = readout->directory[(size_t)wire * (size_t)readout->tables->blocks + (size_t)block];
  return row ? readout->rows + (size_t)row * LS_ROW : ls_charge_row_new(readout, wire, block);
}

/* Adds what was summed up for the wires around one, from one tick on. What falls beside the plane
 * goes to its outermost wire: no charge is lost. */
static inline void write_out(ls_readout *readout, int last, int wire, int tick,
                             const ls_four *sums) {
  for (int k = 0; k < SHARES; k++) {
    if (sums[k][1] + sums[k][2] == 0) continue;
    int w = wire + k - REACH;
    w = w < 0 ? 0 : w > last ? last : w;
    ls_four *at = (ls_four *)(find_row(readout, w, tick / LS_BLOCK) + tick % LS_BLOCK);
    *at += sums[k];
  }
}

/* Shares of the wires around, between the four nearest rows of the table. */
static inline void shares_of(const ls_readout_tables *t, float width, float offset, float *shares) {
  int i = (int)width, j = (int)offset;
  j = j < LS_OFFSETS ? j : LS_OFFSETS - 1;
  float between_i = width - (float)i, between_j = offset - (float)j;
  const float *low = t->across[i][j], *high = t->across[i + 1][j];
  for (int k = 0; k < 8; k++) {
    float a = low[k] + between_i * (high[k] - low[k]);
    float b = low[k + 8] + between_i * (high[k + 8] - low[k + 8]);
    shares[k] = a + between_j * (b - a);
  }
}

/* Deposits that follow each other on the same wire and tick are summed before they are written. */
void LS_LANE(ls_scatter)(ls_readout *readout, int plane) {
  const ls_readout_tables *t = readout->tables;
  const ls_charge_arrays *a = &readout->arrays;
  const float *wire = a->wire[plane], *tick = a->tick[plane], *charge = a->charge[plane];
  const ls_four c0 = {1 / 6.F, 4 / 6.F, 1 / 6.F, 0}, c1 = {-0.5F, 0, 0.5F, 0},
                c2 = {0.5F, -1, 0.5F, 0}, c3 = {-1 / 6.F, 0.5F, -0.5F, 1 / 6.F};
  const int last = t->wires[plane] - 1, most = t->ticks - LS_SPREAD;
  ls_four sums[8] = {{0}};
  int at_wire = 0, at_tick = -1;
  double total = 0;
  size_t untimely = 0;
  for (size_t i = 0; i < a->count; i++) {
    if (!(charge[i] > 0)) continue;
    float whole = floorf(tick[i]);
    if (!(whole >= 1 && whole - 1 < (float)most)) {
      untimely++;
      continue;
    }
    total += (double)charge[i];
    float nearest = floorf(wire[i] + 0.5F), u = tick[i] - whole;
    int w = (int)nearest, first = (int)whole - 1;
    if (w != at_wire || first != at_tick) {
      if (at_tick >= 0) write_out(readout, last, at_wire, at_tick, sums);
      for (int k = 0; k < SHARES; k++) sums[k] = (ls_four){0};
      at_wire = w;
      at_tick = first;
    }
    float shares[8];
    shares_of(t, a->across[i], (wire[i] - nearest + 0.5F) * LS_OFFSETS, shares);
    float dv = a->along[i] - t->block_variance[first / LS_BLOCK];
    ls_four spline = (((c3 * u + c2) * u + c1) * u + c0 + dv * (3 * c3 * u + c2)) * charge[i];
    for (int k = 0; k < SHARES; k++) sums[k] += spline * shares[k];
  }
  if (at_tick >= 0) write_out(readout, last, at_wire, at_tick, sums);
  readout->untimely[plane] = untimely;
  readout->timely_charge[plane] = total;
}
