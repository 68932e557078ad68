#include "datasets/simulator/transport/tables.h"

#include "datasets/simulator/transport/electromagnetic.h"
#include "datasets/simulator/transport/hadronic.h"
#include "datasets/simulator/transport/ionisation.h"

static const int pdg_of_table[LS_CHARGED_TABLES] = {LS_PDG_ELECTRON, -LS_PDG_ELECTRON, LS_PDG_PION,
                                                    -LS_PDG_PION,    LS_PDG_KAON,      -LS_PDG_KAON,
                                                    LS_PDG_MUON,     LS_PDG_PROTON};

const ls_charged_point *ls_charged_table(const ls_tables *tables, const ls_particle *particle) {
  int pdg = particle->species == LS_MUON ? LS_PDG_MUON : particle->pdg, table = 0;
  while (table < LS_CHARGED_TABLES - 1 && pdg_of_table[table] != pdg) table++;
  return tables->charged[table];
}

static const double no_cut = 1e9; /* MeV */

/* Simpson's rule for the range from one point to the next. */
static double range_between(const ls_particle *p, double low, double high) {
  double middle = (low + high) / 2;
  return (high - low) / 6 *
         (1 / ls_collision_loss(p, low, no_cut) + 4 / ls_collision_loss(p, middle, no_cut) +
          1 / ls_collision_loss(p, high, no_cut));
}

static void fill_charged(ls_charged_point *table, const ls_particle *p, double cut_electron,
                         double cut_gamma) {
  int electron = p->species == LS_ELECTRON;
  for (int i = 0; i < LS_GRID_POINTS; i++) {
    double kinetic = ls_grid_energy(i);
    ls_charged_point *point = &table[i];
    point->loss = ls_collision_loss(p, kinetic, cut_electron);
    point->all = ls_collision_loss(p, kinetic, no_cut);
    /* Below the lowest point the loss goes with the square root of the energy. */
    point->range = i ? table[i - 1].range + range_between(p, ls_grid_energy(i - 1), kinetic)
                     : 2 * kinetic / point->all;
    point->delta = ls_delta_rate(p, kinetic, cut_electron);
    point->radiation = electron ? ls_bremsstrahlung_rate(kinetic, cut_gamma) : 0;
    if (electron) {
      point->loss += ls_soft_bremsstrahlung_loss(kinetic, cut_gamma);
      point->all += ls_soft_bremsstrahlung_loss(kinetic, no_cut);
    }
    point->elastic = ls_elastic_rate(p, kinetic);
    point->other = electron ? (p->charge > 0 ? ls_annihilation_rate(kinetic) : 0)
                            : ls_hadronic_rate(p, kinetic);
  }
}

void ls_tables_fill(ls_tables *tables, double cut_electron, double cut_gamma) {
  for (int t = 0; t < LS_CHARGED_TABLES; t++)
    fill_charged(tables->charged[t], ls_particle_of_pdg(pdg_of_table[t]), cut_electron, cut_gamma);
  for (int i = 0; i < LS_GRID_POINTS; i++) {
    double energy = ls_grid_energy(i);
    tables->photon[i] = (ls_photon_point){ls_pair_rate(energy), ls_compton_rate(energy),
                                          ls_photoelectric_rate(energy)};
    tables->neutron[i] = ls_hadronic_rate(ls_particle_of_pdg(LS_PDG_NEUTRON), energy);
  }
}

static inline double between(double low, double high, double fraction) {
  return low + fraction * (high - low);
}

ls_charged_point ls_charged_at(const ls_charged_point *table, double kinetic) {
  ls_grid_place place = ls_grid_find(kinetic);
  const ls_charged_point *a = &table[place.index], *b = a + 1;
  double f = place.fraction;
  return (ls_charged_point){.loss = between(a->loss, b->loss, f),
                            .all = between(a->all, b->all, f),
                            .range = between(a->range, b->range, f),
                            .delta = between(a->delta, b->delta, f),
                            .radiation = between(a->radiation, b->radiation, f),
                            .elastic = between(a->elastic, b->elastic, f),
                            .other = between(a->other, b->other, f)};
}

ls_photon_point ls_photon_at(const ls_tables *tables, double energy) {
  ls_grid_place place = ls_grid_find(energy);
  const ls_photon_point *a = &tables->photon[place.index], *b = a + 1;
  double f = place.fraction;
  return (ls_photon_point){between(a->pair, b->pair, f), between(a->compton, b->compton, f),
                           between(a->photoelectric, b->photoelectric, f)};
}

double ls_neutron_at(const ls_tables *tables, double kinetic) {
  ls_grid_place place = ls_grid_find(kinetic);
  const double *a = &tables->neutron[place.index];
  return between(a[0], a[1], place.fraction);
}

double ls_electron_range(const ls_tables *tables, double kinetic) {
  ls_grid_place place = ls_grid_find(kinetic);
  const ls_charged_point *a = &tables->charged[0][place.index];
  return between(a[0].range, a[1].range, place.fraction);
}
