#include "datasets/simulator/transport/decay.h"

#include "datasets/simulator/transport/argon.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>
#include <string.h>

/* The frame of what decays, seen from the laboratory. */
typedef struct frame {
  double gamma, beta_gamma, direction[3];
} frame;

static frame frame_of(double mass, double kinetic, const double direction[3]) {
  frame f = {.gamma = 1 + kinetic / mass};
  f.beta_gamma = sqrt(kinetic * (kinetic + 2 * mass)) / mass;
  memcpy(f.direction, direction, sizeof f.direction);
  return f;
}

/* Momentum p (MeV/c) in the frame f, to the laboratory. */
static void boost(const frame *f, const double p[3], double energy, double out[3]) {
  double along = ls_dot(p, f->direction);
  double added = (f->gamma - 1) * along + f->beta_gamma * energy;
  for (int i = 0; i < 3; i++) out[i] = p[i] + added * f->direction[i];
}

static double mass_of(int pdg) {
  return pdg ? ls_particle_of_pdg(pdg)->mass : 0;
}

/* Adds pdg, which has momentum p in the frame f; neutrinos (0) are gone. */
static void add(const frame *f, int pdg, const double p[3], ls_products *products) {
  if (!pdg) return;
  double mass = mass_of(pdg), energy = sqrt(ls_dot(p, p) + mass * mass), out[3];
  boost(f, p, energy, out);
  double kinetic = f->gamma * energy + f->beta_gamma * ls_dot(p, f->direction) - mass;
  ls_normalise(out);
  ls_products_add(products, pdg, fmax(0, kinetic), out);
}

/* Momentum of the two parts of a mass. */
static double momentum_of(double mass, double m1, double m2) {
  double sum = m1 + m2, difference = m1 - m2;
  return sqrt(fmax(0, (mass * mass - sum * sum) * (mass * mass - difference * difference))) /
         (2 * mass);
}

static void to_two(const frame *f, double mass, const int pdg[2], ls_stream *stream,
                   ls_products *products) {
  double p[3], momentum = momentum_of(mass, mass_of(pdg[0]), mass_of(pdg[1]));
  ls_stream_direction(stream, p);
  for (int i = 0; i < 3; i++) p[i] *= momentum;
  add(f, pdg[0], p, products);
  for (int i = 0; i < 3; i++) p[i] = -p[i];
  add(f, pdg[1], p, products);
}

void ls_decay_to_two(double mass, double kinetic, const double direction[3], const int pdg[2],
                     ls_stream *stream, ls_products *products) {
  frame f = frame_of(mass, kinetic, direction);
  to_two(&f, mass, pdg, stream, products);
}

/* Even in phase space: the mass of the first two is drawn with weight p3 p12 (PDG Rev. 49.4.3). */
static void to_three(const frame *f, double mass, const int pdg[3], ls_stream *stream,
                     ls_products *products) {
  double m[3] = {mass_of(pdg[0]), mass_of(pdg[1]), mass_of(pdg[2])}, pair, inner, outer;
  double low = m[0] + m[1], high = mass - m[2];
  double most = momentum_of(mass, low, m[2]) * momentum_of(high, m[0], m[1]);
  do {
    pair = low + (high - low) * ls_stream_uniform(stream);
    outer = momentum_of(mass, pair, m[2]);
    inner = momentum_of(pair, m[0], m[1]);
  } while (ls_stream_uniform(stream) * most > outer * inner);
  double p[3], q[3], moved[3];
  ls_stream_direction(stream, p);
  for (int i = 0; i < 3; i++) p[i] *= -outer;
  add(f, pdg[2], p, products);
  for (int i = 0; i < 3; i++) p[i] = -p[i];
  frame inside = frame_of(pair, sqrt(pair * pair + outer * outer) - pair, p);
  ls_normalise(inside.direction);
  ls_stream_direction(stream, q);
  for (int k = 0; k < 2; k++) {
    double sign = k ? -inner : inner, along[3] = {sign * q[0], sign * q[1], sign * q[2]};
    boost(&inside, along, sqrt(inner * inner + m[k] * m[k]), moved);
    add(f, pdg[k], moved, products);
  }
}

static void decay_muon(const frame *f, int sign, ls_stream *stream, ls_products *products) {
  double muon = mass_of(LS_PDG_MUON), electron = ls_electron_mass, x;
  double most = (muon * muon + electron * electron) / (2 * muon);
  do {
    x = ls_stream_uniform(stream);
  } while (ls_stream_uniform(stream) > x * x * (3 - 2 * x) || x * most <= electron);
  double p[3], momentum = sqrt(x * most * x * most - electron * electron);
  ls_stream_direction(stream, p);
  for (int i = 0; i < 3; i++) p[i] *= momentum;
  add(f, -sign * LS_PDG_ELECTRON, p, products);
}

static void decay_kaon(const frame *f, int sign, ls_stream *stream, ls_products *products) {
  static const struct {
    double fraction;
    int pdg[3]; /* of K+; 0: a neutrino, or none */
    int three;  /* particles, not two */
  } modes[] = {{0.6356, {-LS_PDG_MUON, 0, 0}, 0},
               {0.2067, {LS_PDG_PION, LS_PDG_PI_ZERO, 0}, 0},
               {0.05583, {LS_PDG_PION, LS_PDG_PION, -LS_PDG_PION}, 1},
               {0.0507, {LS_PDG_PI_ZERO, -LS_PDG_ELECTRON, 0}, 1},
               {0.03352, {LS_PDG_PI_ZERO, -LS_PDG_MUON, 0}, 1},
               {0.01760, {LS_PDG_PION, LS_PDG_PI_ZERO, LS_PDG_PI_ZERO}, 1}};
  enum { MODES = sizeof modes / sizeof *modes };
  double sum = 0;
  for (int i = 0; i < MODES; i++) sum += modes[i].fraction;
  double u = ls_stream_uniform(stream) * sum;
  int mode = 0;
  while (mode < MODES - 1 && (u -= modes[mode].fraction) > 0) mode++;
  int pdg[3];
  for (int i = 0; i < 3; i++) {
    pdg[i] = modes[mode].pdg[i];
    if (pdg[i] != LS_PDG_PI_ZERO) pdg[i] *= sign; /* charge conjugates for K- */
  }
  double mass = mass_of(LS_PDG_KAON);
  if (modes[mode].three)
    to_three(f, mass, pdg, stream, products);
  else
    to_two(f, mass, pdg, stream, products);
}

void ls_decay(const ls_particle *particle, double kinetic, const double direction[3],
              ls_stream *stream, ls_products *products) {
  frame f = frame_of(particle->mass, kinetic, direction);
  switch (particle->species) {
  case LS_MUON:
    decay_muon(&f, particle->charge, stream, products);
    break;
  case LS_PION:
    to_two(&f, particle->mass, (const int[2]){-particle->charge * LS_PDG_MUON, 0}, stream,
           products);
    break;
  case LS_KAON:
    decay_kaon(&f, particle->charge, stream, products);
    break;
  case LS_PI_ZERO:
    to_two(&f, particle->mass, (const int[2]){LS_PDG_GAMMA, LS_PDG_GAMMA}, stream, products);
    break;
  case LS_KAON_SHORT:
    to_two(&f, particle->mass,
           ls_stream_uniform(stream) < 0.6920 ? (const int[2]){LS_PDG_PION, -LS_PDG_PION}
                                              : (const int[2]){LS_PDG_PI_ZERO, LS_PDG_PI_ZERO},
           stream, products);
    break;
  case LS_LAMBDA:
    to_two(&f, particle->mass,
           ls_stream_uniform(stream) < 0.641 ? (const int[2]){LS_PDG_PROTON, -LS_PDG_PION}
                                             : (const int[2]){LS_PDG_NEUTRON, LS_PDG_PI_ZERO},
           stream, products);
    break;
  default: /* the others do not decay */
    break;
  }
}
