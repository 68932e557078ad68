/* Decays, in flight and at rest. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_DECAY_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_DECAY_H

#include "datasets/simulator/transport/products.h"
#include "datasets/simulator/transport/stream.h"

/* Adds the visible particles of one decay of a muon, charged pion, charged kaon, pi0, K_S or
 * Lambda; what is missing of the energy went with neutrinos. Branching fractions: PDG, PTEP
 * 2022 (2022) 083C01; modes below 1% of charged pions, kaons and pi0 (Dalitz pairs: 1.2%) are left
 * out. Muons are taken unpolarised: x^2 (3 - 2x), x = E / 52.83 MeV (PDG Rev., muon decay
 * parameters, with rho = 3/4); decays of kaons into three fill their phase space evenly. */
void ls_decay(const ls_particle *particle, double kinetic, const double direction[3], ls_stream *,
              ls_products *);

/* Two particles of a decay of mass, isotropic in its rest frame, which moves with kinetic. pdg 0:
 * a neutrino. */
void ls_decay_to_two(double mass, double kinetic, const double direction[3], const int pdg[2],
                     ls_stream *, ls_products *);

#endif
