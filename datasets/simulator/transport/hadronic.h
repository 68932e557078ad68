/* Hadrons and argon nuclei. Not a cascade inside the nucleus but its outcome, drawn from what is
 * known of multiplicities and energies: energy is exact, charge and momentum hold on average only
 * (the nucleus takes the rest). */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_HADRONIC_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_HADRONIC_H

#include "datasets/simulator/transport/products.h"
#include "datasets/simulator/transport/stream.h"

/* Inelastic interactions per cm. Pions: Barashenkov's evaluation for calcium, as in Geant4's
 * G4UPiNuclearCrossSection, equal to argon's within 0.2%. Kaons: Kossov's fit in Geant4's
 * G4ChipsKaonPlusInelasticXS and G4ChipsKaonMinusInelasticXS for A = 40. Nucleons: Letaw,
 * Silberberg and Tsao, Astrophys. J. Suppl. 51 (1983) 271. 0 for others. */
double ls_hadronic_rate(const ls_particle *particle, double kinetic);

/* Adds what one such interaction sets free. */
void ls_hadronic_draw(const ls_particle *particle, double kinetic, const double direction[3],
                      ls_stream *, ls_products *);

/* A stopped mu-, pi- or K-, taken in by a nucleus; a mu- may decay instead. Returns 1 if it
 * decayed. */
int ls_capture_draw(const ls_particle *particle, const double direction[3], ls_stream *,
                    ls_products *);

#endif
