/* The particles that are made and followed: one table of names, codes, masses and lifetimes. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_PARTICLES_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_PARTICLES_H

#include <stddef.h>

enum {
  LS_PDG_ELECTRON = 11,
  LS_PDG_MUON = 13,
  LS_PDG_GAMMA = 22,
  LS_PDG_PI_ZERO = 111,
  LS_PDG_PION = 211,
  LS_PDG_KAON_SHORT = 310,
  LS_PDG_KAON = 321,
  LS_PDG_NEUTRON = 2112,
  LS_PDG_PROTON = 2212,
  LS_PDG_LAMBDA = 3122
};

/* Species share all but the sign of the charge. */
typedef enum ls_species {
  LS_GAMMA,
  LS_ELECTRON,
  LS_MUON,
  LS_PION,
  LS_KAON,
  LS_PROTON,
  LS_NEUTRON,
  LS_PI_ZERO,
  LS_KAON_SHORT,
  LS_LAMBDA,
  LS_SPECIES
} ls_species;

typedef struct ls_particle {
  int pdg;          /* PDG's numbering scheme */
  const char *name; /* as ROOT's TDatabasePDG writes it */
  ls_species species;
  int charge;      /* e */
  double mass;     /* MeV */
  double lifetime; /* mean, us; 0: does not decay on its way through a detector */
} ls_particle;

/* NULL: not in the table. */
const ls_particle *ls_particle_of_pdg(int pdg);
const ls_particle *ls_particle_of_name(const char *name);

/* Particle number index of those that a gun may shoot, in the order of the table; NULL: no more. */
const ls_particle *ls_particle_of_gun(size_t index);

#endif
