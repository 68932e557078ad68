/* What an excited argon nucleus gives off. MeV. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_NUCLEUS_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_NUCLEUS_H

#include "datasets/simulator/transport/products.h"
#include "datasets/simulator/transport/stream.h"

/* Binding energy of the last nucleon: AME2020, argon-40: neutron 9.87, proton 12.53; mean binding
 * 8.6 per nucleon, which is taken for all. */
static const double ls_nucleon_binding = 8.6;

/* Adds the nucleons and photons that an excitation of that energy boils off: nucleons, one in four
 * a proton, as long as there is energy for one, then photons of 1 to 4 MeV. The nucleons' energies
 * are Weisskopf's (Phys. Rev. 52 (1937) 295), of a temperature of 2 MeV; a proton has about the
 * Coulomb barrier, 4 MeV, more. */
void ls_evaporate(double excitation, ls_stream *, ls_products *);

/* A pion absorbed by two or three nucleons; kinetic 0: at rest. */
void ls_absorb_pion(const ls_particle *pion, double kinetic, const double direction[3], ls_stream *,
                    ls_products *);

void ls_add_nucleon(double proton_probability, double kinetic, const double direction[3],
                    ls_stream *, ls_products *);

#endif
