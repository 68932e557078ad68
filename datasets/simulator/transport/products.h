/* What one process sets free at one point. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_PRODUCTS_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_PRODUCTS_H

#include "datasets/simulator/transport/particles.h"

enum { LS_MOST_PRODUCTS = 48 };

typedef struct ls_product {
  const ls_particle *particle;
  double kinetic; /* MeV */
  double direction[3];
} ls_product;

typedef struct ls_products {
  int count;
  ls_product item[LS_MOST_PRODUCTS];
  double delay;    /* us, of all */
  double unseen;   /* MeV: long-lived neutral kaons, which leave unfollowed */
  double neutrino; /* MeV */
  double deposit;  /* MeV left on the spot */
} ls_products;

/* Adds one; beyond LS_MOST_PRODUCTS its energy is left on the spot. */
void ls_products_add(ls_products *products, int pdg, double kinetic, const double direction[3]);

/* The energy that a particle can set free: kinetic, and for all but baryons the mass less the
 * atomic electron that it lacks or brings (e-: none, e+: two electron masses; of a Lambda what
 * its mass has above a proton's). It is the same before and after all processes that change no
 * nucleus. */
double ls_stored_energy(const ls_particle *particle, double kinetic);

double ls_products_energy(const ls_products *products);

#endif
