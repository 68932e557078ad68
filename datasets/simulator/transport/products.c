#include "datasets/simulator/transport/products.h"

#include "datasets/simulator/transport/argon.h"

#include <string.h>

double ls_stored_energy(const ls_particle *particle, double kinetic) {
  if (particle->species == LS_PROTON || particle->species == LS_NEUTRON) return kinetic;
  if (particle->species == LS_LAMBDA)
    return kinetic + particle->mass - ls_particle_of_pdg(LS_PDG_PROTON)->mass - ls_electron_mass;
  return kinetic + particle->mass + particle->charge * ls_electron_mass;
}

void ls_products_add(ls_products *products, int pdg, double kinetic, const double direction[3]) {
  const ls_particle *particle = ls_particle_of_pdg(pdg);
  if (products->count == LS_MOST_PRODUCTS) {
    products->deposit += ls_stored_energy(particle, kinetic);
    return;
  }
  ls_product *added = &products->item[products->count++];
  *added = (ls_product){.particle = particle, .kinetic = kinetic};
  memcpy(added->direction, direction, sizeof added->direction);
}

double ls_products_energy(const ls_products *products) {
  double sum = products->unseen + products->neutrino + products->deposit;
  for (int i = 0; i < products->count; i++)
    sum += ls_stored_energy(products->item[i].particle, products->item[i].kinetic);
  return sum;
}
