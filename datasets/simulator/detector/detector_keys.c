#include "datasets/simulator/detector/detector_keys.h"

#include <math.h>

#define AT(field) offsetof(ls_detector, field)
#define ONE(field, least, most)                                                                    \
  { #field, AT(field), 1, 0, least, most }
#define WHOLE(field, least, most)                                                                  \
  { #field, AT(field), 1, 1, least, most }
#define PLANES(field, least, most)                                                                 \
  { #field, AT(field), LS_WIRE_PLANES, 0, least, most }
#define COUNTS(field, least, most)                                                                 \
  { #field, AT(field), LS_WIRE_PLANES, 1, least, most }
#define RESPONSE(part)                                                                             \
  {#part "_rise", AT(part.rise), LS_WIRE_PLANES, 0, 0, 10},                                        \
      {#part "_rise_time", AT(part.rise_time), LS_WIRE_PLANES, 0, 0.01, 20},                       \
      {#part "_fall", AT(part.fall), LS_WIRE_PLANES, 0, -10, 10},                                  \
      {#part "_fall_time", AT(part.fall_time), LS_WIRE_PLANES, 0, 0.01, 20}, {                     \
#part "_smear", AT(part.smear), LS_WIRE_PLANES, 0, 0, 10                                       \
  }

const ls_detector_key ls_detector_keys[] = {
    WHOLE(recombination, LS_RECOMBINATION_BOX, LS_RECOMBINATION_BIRKS),
    ONE(field, 0.01, 10),
    ONE(density, 0.1, 10),
    ONE(box_a, 0.5, 1),
    ONE(box_b, 0.001, 10),
    ONE(birks_a, 0.01, 1),
    ONE(birks_k, 0, 10),
    ONE(pair_energy, 1, 1000),
    ONE(point_dedx, 0.01, 1000),
    ONE(least_dedx, 0, 1000),
    ONE(velocity, 0.001, 1),
    ONE(lifetime, 1, 1e12),
    ONE(diffusion_along, 0, 1000),
    ONE(diffusion_across, 0, 1000),
    ONE(x_most, 1, 2000),
    ONE(y_least, -1e4, 1e4),
    ONE(y_most, -1e4, 1e4),
    ONE(z_least, -1e5, 1e5),
    ONE(z_most, -1e5, 1e5),
    PLANES(plane_drift, -10, 10),
    ONE(pitch, 0.01, 10),
    COUNTS(wires, 1, 10000),
    PLANES(wire_y, -1, 1),
    PLANES(wire_z, -1, 1),
    PLANES(wire_offset, -1e5, 1e5),
    PLANES(length_first, 0, 100),
    PLANES(length_step, 0, 1),
    PLANES(length_most, 0, 100),
    WHOLE(ticks, 64, 16384),
    ONE(tick, 0.01, 10),
    ONE(trigger_tick, -1e5, 1e5),
    RESPONSE(own),
    RESPONSE(neighbour),
    PLANES(neighbour_2, 0, 1),
    PLANES(neighbour_3, 0, 1),
    ONE(electrons_per_adc, 1, 1e5),
    ONE(shaping_time, 0.1, 10),
    ONE(noise_constant, 0, 1000),
    ONE(noise_offset, 0, 1000),
    ONE(noise_per_metre, 0, 1000),
    ONE(noise_white, 0, 1000),
    PLANES(pedestal, 0, 65535),
    WHOLE(adc_most, 1, 65535),
    PLANES(region_threshold, 0, 1e5),
    ONE(region_sigmas, 0, 100),
    WHOLE(region_pad, 0, 80),
    ONE(filter_width, 1, 10),
    ONE(unit_electrons, 1, 1e6),
    PLANES(zero_limit, 1, 1000),
    PLANES(shortcut_threshold, 0, 1e5),
};
const int ls_detector_key_count = sizeof ls_detector_keys / sizeof *ls_detector_keys;

static ls_status check_key(const ls_detector *detector, const ls_detector_key *key,
                           ls_error *error) {
  const double *values = (const double *)(const void *)((const char *)detector + key->offset);
  for (int i = 0; i < key->count; i++)
    if (!(values[i] >= key->least && values[i] <= key->most) ||
        (key->whole && values[i] != rint(values[i])))
      return ls_fail(error, LS_USAGE, "detector: %s is %g; give a %snumber from %g to %g",
                     key->name, values[i], key->whole ? "whole " : "", key->least, key->most);
  return LS_OK;
}

/* Charge is shared among 7 wires and the kernels are 192 ticks long. */
static ls_status check_widths(const ls_detector *d, ls_error *error) {
  double most = (d->x_most + fmax(d->plane_drift[0], 0)) / d->velocity;
  double across = sqrt(2 * d->diffusion_across * 1e-6 * most) / d->pitch;
  if (across > 0.9)
    return ls_fail(error, LS_USAGE,
                   "detector: diffusion_across %g cm2/s spreads charge by %.2f wires (sigma) over "
                   "the whole drift; at most 0.9 can be simulated",
                   d->diffusion_across, across);
  double along = sqrt(2 * d->diffusion_along * 1e-6 * most) / d->velocity / d->tick;
  if (along > 8)
    return ls_fail(error, LS_USAGE,
                   "detector: diffusion_along %g cm2/s spreads charge by %.1f ticks (sigma) over "
                   "the whole drift; at most 8 can be simulated",
                   d->diffusion_along, along);
  for (int p = 0; p < LS_WIRE_PLANES; p++)
    if (fmax(d->own.rise_time[p], d->neighbour.rise_time[p]) > 14 * d->tick ||
        fmax(d->own.fall_time[p], d->neighbour.fall_time[p]) > 4 * d->tick ||
        fmax(d->own.smear[p], d->neighbour.smear[p]) > 6 * d->tick || d->shaping_time > 8 * d->tick)
      return ls_fail(error, LS_USAGE,
                     "detector: a response of plane %d is too long: times may be 14 (rise), 4 "
                     "(fall), 6 (smear) and 8 (shaping) ticks",
                     p);
  return LS_OK;
}

ls_status ls_detector_check(const ls_detector *detector, ls_error *error) {
  for (int k = 0; k < ls_detector_key_count; k++)
    LS_TRY(check_key(detector, &ls_detector_keys[k], error));
  if (detector->y_most <= detector->y_least || detector->z_most <= detector->z_least)
    return ls_fail(error, LS_USAGE, "detector: y_most and z_most must be above y_least, z_least");
  return check_widths(detector, error);
}
