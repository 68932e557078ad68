/* Recombination, drift and lifetime of each deposit. */
#include "datasets/simulator/detector/vectors.h"

#include <math.h>

/* e^x for |x| < 80, in parts of ln 2 (Cody and Waite); relative error of order 1e-7. */
static inline float exponential(float x) {
  float k = rintf(x * 1.44269504F), r = x - k * 0.693359375F + k * 2.12194440e-4F;
  float p =
      1 +
      r * (1 + r * (0.5F + r * (0.166666667F +
                                r * (0.0416666667F + r * (0.00833333333F + r * 0.00138888889F)))));
  uint32_t bits = (uint32_t)((int32_t)k + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return power * p;
}

/* Electrons per MeV of energy are per_mev times this part. */
static inline float surviving_box(const ls_charge_constants *c, float dedx) {
  float xi = c->box_b * dedx, a = c->box_a + xi;
  return dedx > 0 ? ls_log(a > 1 ? a : 1) / (xi > 1e-9F ? xi : 1) : 0;
}

static inline float surviving_birks(const ls_charge_constants *c, float dedx) {
  return c->birks_a / (1 + c->birks_k * dedx);
}

static inline float dedx_of(const ls_charge_constants *c, float energy, float length) {
  float dedx = length > 0 ? energy / (length > 0 ? length : 1) : c->point_dedx;
  return dedx > c->least_dedx ? dedx : c->least_dedx;
}

static void make_electrons(const ls_charge_constants *c, const ls_deposits *d, float *electrons) {
  const float *energy = d->energy, *length = d->length;
  if (c->birks)
    for (size_t i = 0; i < d->count; i++)
      electrons[i] = c->per_mev * energy[i] * surviving_birks(c, dedx_of(c, energy[i], length[i]));
  else
    for (size_t i = 0; i < d->count; i++)
      electrons[i] = c->per_mev * energy[i] * surviving_box(c, dedx_of(c, energy[i], length[i]));
}

static void drift(const ls_charge_constants *c, const ls_deposits *d, ls_charge_arrays *arrays) {
  float *electrons = arrays->electrons, *across = arrays->across, *along = arrays->along;
  float *u = arrays->charge[0], *v = arrays->charge[1], *y = arrays->charge[2];
  for (size_t i = 0; i < d->count; i++) {
    int inside = (d->x[i] >= c->low[0]) & (d->x[i] < c->high[0]) & (d->y[i] >= c->low[1]) &
                 (d->y[i] <= c->high[1]) & (d->z[i] >= c->low[2]) & (d->z[i] <= c->high[2]);
    float e = inside ? electrons[i] : 0, time = inside ? d->x[i] * c->per_velocity : 0;
    float left = e * exponential(time * c->per_lifetime);
    electrons[i] = e;
    u[i] = left * c->plane_factor[0];
    v[i] = left * c->plane_factor[1];
    y[i] = left * c->plane_factor[2];
    float width = sqrtf(time) * c->per_across;
    across[i] = width < c->most_across ? width : c->most_across;
    along[i] = inside ? time * c->per_along : -1;
  }
}

/* The wire is clamped to those there are. */
static void project(const ls_charge_constants *c, const ls_deposits *d, int p,
                    ls_charge_arrays *arrays) {
  float *wire = arrays->wire[p], *tick = arrays->tick[p];
  for (size_t i = 0; i < d->count; i++) {
    float w = c->wire_0[p] + c->wire_y[p] * d->y[i] + c->wire_z[p] * d->z[i];
    w = w > 0 ? w : 0;
    wire[i] = w < c->last_wire[p] ? w : c->last_wire[p];
    tick[i] = c->tick_0[p] + c->tick_x * d->x[i] + c->tick_t * d->time[i];
  }
}

void LS_LANE(ls_charge)(const ls_charge_constants *constants, const ls_deposits *deposits,
                        ls_charge_arrays *arrays) {
  make_electrons(constants, deposits, arrays->electrons);
  drift(constants, deposits, arrays);
  for (int p = 0; p < LS_WIRE_PLANES; p++) project(constants, deposits, p, arrays);
}
