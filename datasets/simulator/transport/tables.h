/* Losses, ranges and rates on the grid of energies: what the formulas say, looked up. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_TABLES_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_TABLES_H

#include "datasets/simulator/transport/energy_grid.h"
#include "datasets/simulator/transport/particles.h"

typedef struct ls_charged_point {
  double loss;      /* MeV/cm, mean of what is not drawn one by one */
  double all;       /* MeV/cm, mean of everything */
  double range;     /* cm, from collisions alone */
  double delta;     /* delta rays per cm */
  double radiation; /* photons of bremsstrahlung per cm */
  double elastic;   /* hadrons: off whole nuclei, per cm */
  double other;     /* e+: annihilation in flight; hadrons: inelastic, per cm */
} ls_charged_point;

typedef struct ls_photon_point {
  double pair, compton, photoelectric; /* per cm */
} ls_photon_point;

/* One for each charged particle, but for muons, whose sign changes nothing in flight. */
enum { LS_CHARGED_TABLES = 8 };

typedef struct ls_tables {
  ls_charged_point charged[LS_CHARGED_TABLES][LS_GRID_POINTS];
  ls_photon_point photon[LS_GRID_POINTS];
  double neutron[LS_GRID_POINTS]; /* inelastic per cm */
} ls_tables;

/* Cuts in MeV: electrons and photons above them are drawn one by one. */
void ls_tables_fill(ls_tables *tables, double cut_electron, double cut_gamma);

/* The table of a charged particle, and what it says of an energy (MeV). */
const ls_charged_point *ls_charged_table(const ls_tables *tables, const ls_particle *particle);
ls_charged_point ls_charged_at(const ls_charged_point *table, double kinetic);

ls_photon_point ls_photon_at(const ls_tables *tables, double energy);
double ls_neutron_at(const ls_tables *tables, double kinetic);

/* cm of an electron. */
double ls_electron_range(const ls_tables *tables, double kinetic);

#endif
