/* What an excited argon nucleus gives off. MeV. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_NUCLEUS_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_NUCLEUS_H

#include "datasets/simulator/transport/products.h"
#include "datasets/simulator/transport/stream.h"

/* Binding energy of the last nucleon: AME2020, argon-40: neutron 9.87, proton 12.53; mean binding
 * 8.6 per nucleon, which is taken for all. */
static const double ls_nucleon_binding = 8.6;

/* Adds nucleons and photons that an excitation of that energy boils off. The nucleons' energies
 * are Maxwell's, of a temperature of 2 MeV; a proton has the Coulomb barrier of 4 MeV more. */
void ls_evaporate(double excitation, ls_stream *, ls_products *);

/* A pion absorbed by two or three nucleons; kinetic 0: at rest. */
void ls_absorb_pion(const ls_particle *pion, double kinetic, const double direction[3], ls_stream *,
                    ls_products *);

void ls_add_nucleon(double proton_probability, double kinetic, const double direction[3],
                    ls_stream *, ls_products *);

#endif
