/* Hadrons that hit nucleons of a nucleus. MeV. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_CASCADE_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_CASCADE_H

#include "datasets/simulator/transport/products.h"
#include "datasets/simulator/transport/stream.h"

/* Elastic on one nucleon at rest, which leaves if it gets more than its binding; the hadron goes on
 * as pdg. */
void ls_scatter_off_nucleon(const ls_particle *hadron, int pdg, double kinetic,
                            const double direction[3], ls_stream *, ls_products *);

/* Above about 0.5 GeV: pions are made, nucleons knocked out, the hadron leads. Multiplicities rise
 * with the logarithm of the energy and give, at 3 GeV, about 2 charged pions, 0.7 pi0 and three
 * nucleons knocked out; transverse momenta are normal, 0.25 GeV/c in each direction. The numbers
 * are chosen, not fitted to a measurement. */
void ls_produce(const ls_particle *hadron, double kinetic, const double direction[3], ls_stream *,
                ls_products *);

#endif
