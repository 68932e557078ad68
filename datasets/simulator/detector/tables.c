#include "base/memory.h"
#include "datasets/simulator/detector/lanes.h"
#include "datasets/simulator/detector/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Parts of a charge of Gaussian width on the 7 wires around; each row sums to 1, so that charge is
 * kept exactly. Parts under 2e-4 are left out. */
static void make_across(ls_readout_tables *t) {
  for (int i = 0; i < LS_ACROSS; i++)
    for (int j = 0; j <= LS_OFFSETS; j++) {
      double sigma = t->widest_across * (i + 1e-3) / (LS_ACROSS - 1) * sqrt(2.0);
      double from = (double)j / LS_OFFSETS - 0.5, sum = 0, parts[8];
      for (int k = 0; k < 8; k++) {
        double low = k - 3.5 - from;
        parts[k] = k == 7 ? 0 : 0.5 * (erf((low + 1) / sigma) - erf(low / sigma));
        if (parts[k] < 2e-4) parts[k] = 0;
        sum += parts[k];
      }
      for (int k = 0; k < 8; k++) t->across[i][j][k] = (float)(parts[k] / sum);
    }
}

/* Diffusion along the drift goes by the drift time, that is by the tick. */
static void make_blocks(ls_readout_tables *t) {
  const ls_detector *d = &t->detector;
  for (int b = 0; b < t->blocks; b++) {
    double time = ((b + 0.5) * LS_BLOCK - d->trigger_tick) * d->tick;
    double sigma =
        time > 0 ? sqrt(2 * d->diffusion_along * 1e-6 * time) / d->velocity / d->tick : 0;
    int width = (int)fmin(sigma / t->widest_along * LS_WIDTHS, LS_WIDTHS - 1);
    t->block_width[b] = (uint8_t)width;
    t->block_variance[b] = (float)pow(t->widest_along * (width + 0.5) / LS_WIDTHS, 2);
  }
}

static void make_constants(ls_readout_tables *t) {
  const ls_detector *d = &t->detector;
  ls_charge_constants *c = &t->constants;
  double dense_field = d->density * d->field;
  *c = (ls_charge_constants){
      .birks = d->recombination == LS_RECOMBINATION_BIRKS,
      .box_a = (float)d->box_a,
      .box_b = (float)(d->box_b / dense_field),
      .birks_a = (float)d->birks_a,
      .birks_k = (float)(d->birks_k / dense_field),
      .per_mev = (float)(1e6 / d->pair_energy),
      .point_dedx = (float)d->point_dedx,
      .least_dedx = (float)d->least_dedx,
      .low = {0, (float)d->y_least, (float)d->z_least},
      .high = {(float)d->x_most, (float)d->y_most, (float)d->z_most},
      .per_velocity = (float)(1 / d->velocity),
      .per_lifetime = (float)(-1 / d->lifetime),
      .per_across =
          (float)(sqrt(2e-6 * d->diffusion_across) / d->pitch / t->widest_across * (LS_ACROSS - 1)),
      .most_across = LS_ACROSS - 1.001F,
      .per_along = (float)(2e-6 * d->diffusion_along / pow(d->velocity * d->tick, 2)),
      .tick_x = (float)(1 / d->velocity / d->tick),
      .tick_t = (float)(1 / d->tick),
  };
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    double time = d->plane_drift[p] / d->velocity;
    c->plane_time[p] = (float)time;
    c->plane_factor[p] = (float)exp(-time / d->lifetime);
    c->wire_0[p] = (float)(d->wire_offset[p] / d->pitch);
    c->wire_y[p] = (float)(d->wire_y[p] / d->pitch);
    c->wire_z[p] = (float)(d->wire_z[p] / d->pitch);
    c->last_wire[p] = (float)(t->wires[p] - 1);
    c->tick_0[p] = (float)(d->trigger_tick + time / d->tick);
  }
}

static ls_status allocate(ls_readout_tables *t, ls_error *error) {
  const char what[] = "the detector's tables";
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    size_t wires = (size_t)t->wires[p];
    LS_TRY(ls_allocate((void **)&t->length_class[p], wires, what, error));
    LS_TRY(ls_allocate((void **)&t->rms[p], wires * sizeof(float), what, error));
    LS_TRY(ls_allocate((void **)&t->threshold[p], wires * sizeof(float), what, error));
  }
  return LS_OK;
}

ls_status ls_readout_tables_new(const ls_detector *detector, ls_readout_tables **tables,
                                ls_error *error) {
  *tables = NULL;
  LS_TRY(ls_detector_check(detector, error));
  ls_readout_tables *t = calloc(1, sizeof *t);
  if (!t) return ls_fail(error, LS_MEMORY, "no memory for the detector's tables");
  t->detector = *detector;
  t->lanes = ls_lanes_best();
  t->ticks = ls_detector_ticks(detector);
  t->blocks = (t->ticks + LS_BLOCK - 1) / LS_BLOCK;
  double longest = detector->x_most / detector->velocity;
  /* never quite 0: it is divided by */
  t->widest_across =
      fmax(sqrt(2e-6 * detector->diffusion_across * longest) / detector->pitch, 1e-3);
  t->widest_along = fmax(
      sqrt(2e-6 * detector->diffusion_along * longest) / detector->velocity / detector->tick, 1e-3);
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    t->wires[p] = ls_detector_wires(detector, p);
    t->induction[p] = detector->own.rise[p] == detector->own.fall[p];
  }
  ls_status status = allocate(t, error);
  if (status == LS_OK) status = ls_tables_kernels(t, error);
  if (status != LS_OK) {
    ls_readout_tables_free(t);
    return status;
  }
  make_across(t);
  make_blocks(t);
  make_constants(t);
  ls_tables_filters(t);
  ls_tables_noise(t);
  *tables = t;
  return LS_OK;
}

static void free_kernel(ls_kernel *kernel) {
  for (int i = 0; i < LS_WIDTHS; i++) ls_free(kernel->taps[i]);
}

void ls_readout_tables_free(ls_readout_tables *t) {
  if (!t) return;
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    free_kernel(&t->own[p]);
    free_kernel(&t->neighbour[p]);
    ls_free(t->length_class[p]);
    ls_free(t->rms[p]);
    ls_free(t->threshold[p]);
  }
  free_kernel(&t->smooth);
  free(t);
}

const ls_detector *ls_readout_detector(const ls_readout_tables *tables) {
  return &tables->detector;
}
