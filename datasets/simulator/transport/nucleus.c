#include "datasets/simulator/transport/nucleus.h"

#include "datasets/simulator/transport/argon.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>

void ls_add_nucleon(double proton_probability, double kinetic, const double direction[3],
                    ls_stream *stream, ls_products *products) {
  int proton = ls_stream_uniform(stream) < proton_probability;
  ls_products_add(products, proton ? LS_PDG_PROTON : LS_PDG_NEUTRON, kinetic, direction);
}

/* Energy of the next nucleon, of which left is to be had; *proton: in favour, then what it is. */
static double boil_off(double left, int *proton, ls_stream *stream) {
  const double temperature = 2, barrier = 4;
  enum { TRIES = 20 };
  *proton = *proton && left > barrier;
  double least = *proton ? barrier : 0;
  for (int i = 0; i < TRIES; i++) {
    double kinetic =
        least + temperature * (ls_stream_exponential(stream) + ls_stream_exponential(stream));
    if (kinetic < left) return kinetic;
  }
  return least + (left - least) * ls_stream_uniform(stream); /* little left: anything */
}

void ls_evaporate(double excitation, ls_stream *stream, ls_products *products) {
  double direction[3];
  while (excitation > ls_nucleon_binding) {
    int proton = ls_stream_uniform(stream) < 0.25;
    double kinetic = boil_off(excitation - ls_nucleon_binding, &proton, stream);
    excitation -= ls_nucleon_binding + kinetic;
    ls_stream_direction(stream, direction);
    ls_add_nucleon(proton, kinetic, direction, stream, products);
  }
  while (excitation > 1) { /* photons between levels, 1 to 4 MeV */
    double energy = fmin(excitation, 1 + 3 * ls_stream_uniform(stream));
    excitation -= energy;
    ls_stream_direction(stream, direction);
    ls_products_add(products, LS_PDG_GAMMA, energy, direction);
  }
}

/* Absorption is by pairs of unlike nucleons first, so pi- leaves neutrons and pi+ protons; of those
 * that come out some have rescattered (D. Ashery and J. P. Schiffer, Ann. Rev. Nucl. Part. Sci. 36
 * (1986) 207). */
void ls_absorb_pion(const ls_particle *pion, double kinetic, const double direction[3],
                    ls_stream *stream, ls_products *products) {
  double energy = kinetic + pion->mass, protons = pion->charge < 0 ? 0.2 : 0.8;
  int count = ls_stream_uniform(stream) < 0.6 ? 2 : 3;
  double excitation = fmin(0.4 * energy, 10 + 20 * ls_stream_exponential(stream));
  double left = energy - count * ls_nucleon_binding - excitation, share[3], sum = 0;
  for (int i = 0; i < count; i++)
    sum += share[i] = 0.3 + ls_stream_uniform(stream); /* none of them at rest */
  double first[3], momentum = sqrt(kinetic * (kinetic + 2 * pion->mass));
  ls_stream_direction(stream, first);
  for (int i = 0; i < count; i++) {
    double t = left * share[i] / sum, out[3];
    double p = sqrt(t * (t + 2 * 938.9)); /* MeV/c of a nucleon */
    if (i == 2) ls_stream_direction(stream, first);
    for (int k = 0; k < 3; k++)
      out[k] = (i == 1 ? -p : p) * first[k] + momentum / count * direction[k];
    ls_normalise(out);
    ls_add_nucleon(protons, t, out, stream, products);
  }
  ls_evaporate(excitation, stream, products);
}
