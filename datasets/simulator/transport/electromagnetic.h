/* Photons and the radiation of electrons in liquid argon: rates per cm, and draws of what comes
 * out. Energies in MeV. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_ELECTROMAGNETIC_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_ELECTROMAGNETIC_H

#include "datasets/simulator/transport/products.h"
#include "datasets/simulator/transport/stream.h"

/* Pairs, in the fields of nucleus and electrons: the fit of L. Urban in Geant4's Physics Reference
 * Manual to Hubbell, Gimm and Overbo, J. Phys. Chem. Ref. Data 9 (1980) 1023; good to 5%. */
double ls_pair_rate(double energy);
/* Klein and Nishina, times the number of electrons. */
double ls_compton_rate(double energy);
/* A power law through NIST's table for argon (Hubbell and Seltzer, NISTIR 5632), within 5% from 30
 * to 300 keV, where it counts. */
double ls_photoelectric_rate(double energy);

/* Complete screening, PDG Rev. 34.4: dN/dk = (4/3 - 4y/3 + y^2) / (k X0), y = k / E. At low
 * energy screening is incomplete and the rate falls: times the ratio of the integrated cross
 * sections without and with it (Koch and Motz, Rev. Mod. Phys. 31 (1959) 920, 4BN). Photons above
 * cut per cm, and the loss to those below in MeV/cm. */
double ls_bremsstrahlung_rate(double kinetic, double cut);
double ls_soft_bremsstrahlung_loss(double kinetic, double cut);

/* Heitler's cross section for two photons, positrons in flight, per cm. */
double ls_annihilation_rate(double kinetic);

/* Each of the following adds what comes out. direction is the incoming particle's. */
void ls_pair_draw(double energy, const double direction[3], ls_stream *, ls_products *);
void ls_compton_draw(double energy, const double direction[3], ls_stream *, ls_products *);
void ls_photoelectric_draw(double energy, const double direction[3], ls_products *);
void ls_annihilate_at_rest(ls_stream *, ls_products *);
void ls_annihilation_draw(double kinetic, const double direction[3], ls_stream *, ls_products *);

/* The photon of a bremsstrahlung above cut; the electron keeps its direction. */
double ls_bremsstrahlung_draw(double kinetic, double cut, const double direction[3], ls_stream *,
                              ls_products *);

#endif
