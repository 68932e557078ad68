#include "datasets/simulator/transport/electromagnetic.h"

#include "datasets/simulator/transport/argon.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>
#include <string.h>

static double polynomial(const double coefficient[6], double x) {
  double sum = 0;
  for (int i = 5; i >= 0; i--) sum = sum * x + coefficient[i];
  return sum;
}

double ls_pair_rate(double energy) {
  /* microbarn */
  static const double a[6] = {878.42, -1962.5, 1294.9, -200.28, 12.575, -0.28333};
  static const double b[6] = {-10.342, 17.692, -8.2381, 1.3063, -0.090815, 0.0023586};
  static const double c[6] = {-452.63, 1116.1, -867.49, 217.73, -20.467, 0.65372};
  const double lowest = 1.5, threshold = 2 * ls_electron_mass, z = ls_argon_charge;
  if (energy <= threshold) return 0;
  double x = log(fmax(energy, lowest) / ls_electron_mass);
  double barn =
      1e-6 * (z + 1) * z * (polynomial(a, x) + polynomial(b, x) * z + polynomial(c, x) / z);
  if (energy < lowest) {
    double part = (energy - threshold) / (lowest - threshold);
    barn *= part * part;
  }
  return fmax(0, barn) * ls_argon_atoms();
}

double ls_compton_rate(double energy) {
  double k = energy / ls_electron_mass, r2 = ls_electron_radius * ls_electron_radius * 1e24;
  double l = log(1 + 2 * k), one = 1 + 2 * k;
  double barn;
  if (k < 0.01) /* the terms below cancel */
    barn = 8 * ls_pi / 3 * r2 * (1 - 2 * k);
  else
    barn =
        2 * ls_pi * r2 *
        ((1 + k) / (k * k) * (2 * (1 + k) / one - l / k) + l / (2 * k) - (1 + 3 * k) / (one * one));
  return barn * ls_argon_charge * ls_argon_atoms();
}

double ls_photoelectric_rate(double energy) {
  return 0.0556 * ls_argon_density * pow(0.1 / energy, 3.15);
}

/* Of the integrated cross section with complete screening, 4 (ln(183 Z^-1/3) + 1/18). */
static double unscreened(double kinetic) {
  double complete = log(183 / cbrt(ls_argon_charge)) + 1.0 / 18;
  double bare = log(2 * (kinetic + ls_electron_mass) / ls_electron_mass) - 1.0 / 3;
  const double slow = 4.0 / 3; /* kinetic energies far below the mass: 16 / 3 */
  return fmin(1, fmax(slow, bare) / complete);
}

double ls_bremsstrahlung_rate(double kinetic, double cut) {
  if (kinetic <= cut) return 0;
  double total = kinetic + ls_electron_mass;
  double integral = 4.0 / 3 * log(kinetic / cut) - 4.0 / 3 * (kinetic - cut) / total +
                    (kinetic * kinetic - cut * cut) / (2 * total * total);
  return unscreened(kinetic) * integral / ls_argon_radiation_length;
}

double ls_soft_bremsstrahlung_loss(double kinetic, double cut) {
  double total = kinetic + ls_electron_mass, k = fmin(cut, kinetic), y = k / total;
  return unscreened(kinetic) * k * (4.0 / 3 - 2.0 / 3 * y + y * y / 3) / ls_argon_radiation_length;
}

double ls_annihilation_rate(double kinetic) {
  double gamma = 1 + fmax(kinetic, 1e-3) / ls_electron_mass, square = gamma * gamma - 1;
  double root = sqrt(square), r2 = ls_electron_radius * ls_electron_radius * 1e24;
  double barn = ls_pi * r2 / (gamma + 1) *
                ((gamma * gamma + 4 * gamma + 1) / square * log(gamma + root) - (gamma + 3) / root);
  return barn * ls_argon_charge * ls_argon_atoms();
}

/* A random direction across: (x, y) of length 1. */
static void azimuth(ls_stream *stream, double *x, double *y) {
  double angle = 2 * ls_pi * ls_stream_uniform(stream);
  *x = cos(angle);
  *y = sin(angle);
}

/* Angle between a radiated photon and its electron, or of a pair's electron to the photon: Tsai's
 * distribution as Geant4's Physics Reference Manual simplifies it, in units of mass / energy. */
static double emission_angle(double total, ls_stream *stream) {
  double scale = ls_stream_uniform(stream) < 0.25 ? 0.625 : 1.875;
  double product = ls_stream_uniform(stream) * ls_stream_uniform(stream);
  return fmin(1, -log(product) / scale * ls_electron_mass / total);
}

void ls_pair_draw(double energy, const double direction[3], ls_stream *stream,
                  ls_products *products) {
  double left = energy - 2 * ls_electron_mass, share;
  do { /* complete screening, PDG Rev. 34.4 */
    share = ls_stream_uniform(stream);
  } while (ls_stream_uniform(stream) > 1 - 4.0 / 3 * share * (1 - share));
  double x, y;
  azimuth(stream, &x, &y);
  double kinetic[2] = {share * left, (1 - share) * left};
  for (int i = 0; i < 2; i++) {
    double out[3], angle = emission_angle(kinetic[i] + ls_electron_mass, stream);
    memcpy(out, direction, sizeof out);
    ls_turn(out, cos(angle), i ? -x : x, i ? -y : y);
    ls_products_add(products, i ? -LS_PDG_ELECTRON : LS_PDG_ELECTRON, kinetic[i], out);
  }
}

/* Butcher and Messel, Nucl. Phys. 20 (1960) 15. */
void ls_compton_draw(double energy, const double direction[3], ls_stream *stream,
                     ls_products *products) {
  double k = energy / ls_electron_mass, lowest = 1 / (1 + 2 * k), e, t;
  double a1 = -log(lowest), a2 = (1 - lowest * lowest) / 2;
  do {
    if (ls_stream_uniform(stream) * (a1 + a2) < a1)
      e = exp(-a1 * ls_stream_uniform(stream));
    else
      e = sqrt(lowest * lowest + (1 - lowest * lowest) * ls_stream_uniform(stream));
    t = (1 - e) / (k * e); /* 1 - cos(theta) */
  } while (ls_stream_uniform(stream) > 1 - e * t * (2 - t) / (1 + e * e));
  double x, y, out[3], electron[3];
  azimuth(stream, &x, &y);
  memcpy(out, direction, sizeof out);
  ls_turn(out, 1 - t, x, y);
  for (int i = 0; i < 3; i++) electron[i] = direction[i] - e * out[i];
  ls_normalise(electron);
  ls_products_add(products, LS_PDG_GAMMA, e * energy, out);
  ls_products_add(products, LS_PDG_ELECTRON, (1 - e) * energy, electron);
}

/* The atom's share, at most 3.2 keV, is set free within microns: the electron has it all. */
void ls_photoelectric_draw(double energy, const double direction[3], ls_products *products) {
  ls_products_add(products, LS_PDG_ELECTRON, energy, direction);
}

void ls_annihilate_at_rest(ls_stream *stream, ls_products *products) {
  double direction[3];
  ls_stream_direction(stream, direction);
  ls_products_add(products, LS_PDG_GAMMA, ls_electron_mass, direction);
  for (int i = 0; i < 3; i++) direction[i] = -direction[i];
  ls_products_add(products, LS_PDG_GAMMA, ls_electron_mass, direction);
}

/* Geant4's Physics Reference Manual, annihilation in flight. */
void ls_annihilation_draw(double kinetic, const double direction[3], ls_stream *stream,
                          ls_products *products) {
  double gamma = 1 + kinetic / ls_electron_mass, root = sqrt((gamma - 1) / (gamma + 1)), e;
  double low = (1 - root) / 2, high = (1 + root) / 2;
  do {
    e = low * pow(high / low, ls_stream_uniform(stream));
  } while (ls_stream_uniform(stream) >
           1 - e + (2 * gamma * e - 1) / (e * (gamma + 1) * (gamma + 1)));
  double total = kinetic + 2 * ls_electron_mass, momentum = sqrt(gamma * gamma - 1);
  double cosine = (e * (gamma + 1) - 1) / (e * momentum), x, y, first[3], second[3];
  azimuth(stream, &x, &y);
  memcpy(first, direction, sizeof first);
  ls_turn(first, fmax(-1, fmin(1, cosine)), x, y);
  for (int i = 0; i < 3; i++)
    second[i] = ls_electron_mass * momentum * direction[i] - e * total * first[i];
  ls_normalise(second);
  ls_products_add(products, LS_PDG_GAMMA, e * total, first);
  ls_products_add(products, LS_PDG_GAMMA, (1 - e) * total, second);
}

double ls_bremsstrahlung_draw(double kinetic, double cut, const double direction[3],
                              ls_stream *stream, ls_products *products) {
  double total = kinetic + ls_electron_mass, k, y, logarithm = log(kinetic / cut);
  do {
    k = cut * exp(logarithm * ls_stream_uniform(stream));
    y = k / total;
  } while (ls_stream_uniform(stream) > 1 - y + 0.75 * y * y);
  double across_x, across_y, out[3];
  azimuth(stream, &across_x, &across_y);
  memcpy(out, direction, sizeof out);
  ls_turn(out, cos(emission_angle(total, stream)), across_x, across_y);
  ls_products_add(products, LS_PDG_GAMMA, k, out);
  return k;
}
