#include "datasets/simulator/transport/particles.h"

#include <string.h>

/* Masses and lifetimes: Particle Data Group, R. L. Workman et al., PTEP 2022 (2022) 083C01, summary
 * tables. Those that a gun may shoot come first. */
static const ls_particle table[] = {
    {LS_PDG_GAMMA, "gamma", LS_GAMMA, 0, 0, 0},
    {LS_PDG_ELECTRON, "e-", LS_ELECTRON, -1, 0.51099895, 0},
    {-LS_PDG_ELECTRON, "e+", LS_ELECTRON, 1, 0.51099895, 0},
    {LS_PDG_MUON, "mu-", LS_MUON, -1, 105.6583755, 2.1969811},
    {-LS_PDG_MUON, "mu+", LS_MUON, 1, 105.6583755, 2.1969811},
    {-LS_PDG_PION, "pi-", LS_PION, -1, 139.57039, 0.026033},
    {LS_PDG_PION, "pi+", LS_PION, 1, 139.57039, 0.026033},
    {-LS_PDG_KAON, "K-", LS_KAON, -1, 493.677, 0.01238},
    {LS_PDG_KAON, "K+", LS_KAON, 1, 493.677, 0.01238},
    {LS_PDG_PROTON, "proton", LS_PROTON, 1, 938.27208816, 0},
    {LS_PDG_NEUTRON, "neutron", LS_NEUTRON, 0, 939.56542052, 0},
    {LS_PDG_PI_ZERO, "pi0", LS_PI_ZERO, 0, 134.9768, 8.43e-11},
    {LS_PDG_KAON_SHORT, "K_S0", LS_KAON_SHORT, 0, 497.611, 8.954e-5},
    {LS_PDG_LAMBDA, "Lambda0", LS_LAMBDA, 0, 1115.683, 2.632e-4},
};
enum { COUNT = sizeof table / sizeof *table, OF_GUN = 10 };

const ls_particle *ls_particle_of_pdg(int pdg) {
  for (size_t i = 0; i < COUNT; i++)
    if (table[i].pdg == pdg) return &table[i];
  return NULL;
}

const ls_particle *ls_particle_of_name(const char *name) {
  for (size_t i = 0; i < COUNT; i++)
    if (!strcmp(table[i].name, name)) return &table[i];
  return NULL;
}

const ls_particle *ls_particle_of_gun(size_t index) {
  return index < OF_GUN ? &table[index] : NULL;
}
