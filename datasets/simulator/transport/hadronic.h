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

/* Elastic scatterings off whole nuclei per cm: pions, Barashenkov's total less the inelastic, from
 * the same tables; 0 for others, whom it turns by a degree or two at the energies of the gun. */
double ls_elastic_rate(const ls_particle *particle, double kinetic);

/* Turns direction as one of these does: diffraction off a black disc as large as the inelastic
 * cross section. Returns the energy that the nucleus takes, MeV. */
double ls_elastic_turn(const ls_particle *particle, double kinetic, double direction[3],
                       ls_stream *);

/* Adds what one inelastic interaction sets free. */
void ls_hadronic_draw(const ls_particle *particle, double kinetic, const double direction[3],
                      ls_stream *, ls_products *);

/* A stopped mu-, pi- or K-, taken in by a nucleus; a mu- may decay instead. Returns 1 if it
 * decayed. */
int ls_capture_draw(const ls_particle *particle, const double direction[3], ls_stream *,
                    ls_products *);

#endif
