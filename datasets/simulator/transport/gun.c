#include "datasets/simulator/transport/gun.h"

#include "base/random.h"
#include "datasets/simulator/transport/particles.h"
#include "datasets/simulator/transport/stream.h"

#include <math.h>
#include <string.h>

ls_gun ls_gun_default(void) {
  return (ls_gun){.kind_count = 5,
                  .pdg = {LS_PDG_GAMMA, LS_PDG_ELECTRON, LS_PDG_MUON, -LS_PDG_PION, LS_PDG_KAON},
                  .momentum_min = 1.5,
                  .momentum_max = 4.5,
                  .vertex_min = {0, -116.5, 0},
                  .vertex_max = {256.35, 116.5, 1036.8},
                  .direction = {0, 0, 1},
                  .isotropic = 1};
}

/* Beyond 100 GeV/c the models of transport are not meant to hold. */
static const double least_momentum = 1e-3, most_momentum = 100, farthest = 1e5;

static ls_status check_kinds(const ls_gun *gun, ls_error *error) {
  if (gun->kind_count < 1 || gun->kind_count > LS_GUN_KINDS)
    return ls_fail(error, LS_USAGE, "%d kinds of particles: 1 to %d are possible", gun->kind_count,
                   LS_GUN_KINDS);
  for (int i = 0; i < gun->kind_count; i++) {
    int found = 0;
    const ls_particle *p;
    for (size_t k = 0; (p = ls_particle_of_gun(k)) != NULL; k++) found |= p->pdg == gun->pdg[i];
    if (!found)
      return ls_fail(error, LS_USAGE, "PDG code %d is no particle that the gun can shoot",
                     gun->pdg[i]);
  }
  return LS_OK;
}

static ls_status check_vertex(const ls_gun *gun, ls_error *error) {
  for (int i = 0; i < 3; i++) {
    double low = gun->vertex_min[i], high = gun->vertex_max[i];
    if (!(low >= -farthest && high <= farthest && low <= high))
      return ls_fail(error, LS_USAGE,
                     "vertex range %g:%g cm in %c: two numbers are needed, the "
                     "lower first, within +-%g cm",
                     low, high, "xyz"[i], farthest);
  }
  return LS_OK;
}

ls_status ls_gun_check(const ls_gun *gun, ls_error *error) {
  LS_TRY(check_kinds(gun, error));
  if (!(gun->momentum_min >= least_momentum && gun->momentum_max <= most_momentum &&
        gun->momentum_min <= gun->momentum_max))
    return ls_fail(error, LS_USAGE,
                   "momentum range %g:%g GeV/c: two numbers are needed, the lower first, from %g "
                   "to %g",
                   gun->momentum_min, gun->momentum_max, least_momentum, most_momentum);
  LS_TRY(check_vertex(gun, error));
  const double *d = gun->direction;
  double norm = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
  if (!gun->isotropic && !(norm > 1e-12 && norm < 1e12))
    return ls_fail(error, LS_USAGE, "direction (%g, %g, %g) points nowhere", d[0], d[1], d[2]);
  return LS_OK;
}

/* The kind of the event: a permutation of the kinds for every kind_count events. */
static int draw_kind(const ls_gun *gun, uint64_t seed, uint64_t event) {
  uint32_t order[LS_GUN_KINDS];
  uint64_t count = (uint64_t)gun->kind_count;
  ls_random_permutation(ls_random(seed, LS_STREAM_ORDER, 0), event / count, order, count);
  return (int)order[event % count];
}

void ls_gun_fire(const ls_gun *gun, uint64_t seed, uint64_t event, ls_primary *primary) {
  ls_stream stream = ls_stream_start(seed, LS_STREAM_GUN, event);
  *primary = (ls_primary){.kind = draw_kind(gun, seed, event)};
  primary->pdg = gun->pdg[primary->kind];
  double momentum =
      gun->momentum_min + (gun->momentum_max - gun->momentum_min) * ls_stream_uniform(&stream);
  for (int i = 0; i < 3; i++)
    primary->vertex[i] =
        gun->vertex_min[i] + (gun->vertex_max[i] - gun->vertex_min[i]) * ls_stream_uniform(&stream);
  double direction[3];
  if (gun->isotropic) {
    ls_stream_direction(&stream, direction);
  } else {
    const double *d = gun->direction;
    double norm = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    for (int i = 0; i < 3; i++) direction[i] = d[i] / norm;
  }
  for (int i = 0; i < 3; i++) primary->momentum[i] = momentum * direction[i];
}
