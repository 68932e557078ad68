#include "datasets/simulator/transport/ionisation.h"

#include "datasets/simulator/transport/argon.h"

#include <math.h>

/* Below this ratio of kinetic energy to mass Bethe's formula is left for a loss that falls with the
 * velocity (Lindhard): protons of 1.9 MeV, whose range is 0.1 mm. */
static const double slowest = 0.002;

static double density_effect(double beta_gamma) {
  double x = log10(beta_gamma);
  if (x < ls_argon_sternheimer_x0) return 0;
  double delta = 2 * log(10) * x - ls_argon_sternheimer_c;
  if (x < ls_argon_sternheimer_x1)
    delta += ls_argon_sternheimer_a * pow(ls_argon_sternheimer_x1 - x, ls_argon_sternheimer_k);
  return fmax(0, delta);
}

double ls_largest_transfer(const ls_particle *particle, double kinetic) {
  if (particle->species == LS_ELECTRON) return kinetic / 2;
  double m = ls_electron_mass, gamma = 1 + kinetic / particle->mass, ratio = m / particle->mass;
  return 2 * m * (gamma * gamma - 1) / (1 + 2 * gamma * ratio + ratio * ratio);
}

static double heavy_loss(const ls_particle *particle, double kinetic, double cut) {
  double slow = 1;
  if (kinetic < slowest * particle->mass) {
    slow = sqrt(kinetic / (slowest * particle->mass));
    kinetic = slowest * particle->mass;
  }
  double gamma = 1 + kinetic / particle->mass, square = gamma * gamma - 1; /* (beta gamma)^2 */
  double beta2 = square / (gamma * gamma), largest = ls_largest_transfer(particle, kinetic);
  double limit = fmin(cut, largest);
  double logarithm =
      log(2 * ls_electron_mass * square * limit / (ls_argon_excitation * ls_argon_excitation));
  double brackets = logarithm - beta2 * (1 + limit / largest) - density_effect(sqrt(square));
  return slow * ls_argon_collisions() / beta2 * fmax(brackets, 0.1);
}

static double electron_loss(double kinetic, double cut) {
  const double lowest = 0.001; /* MeV: below, as at 1 keV */
  double tau = fmax(kinetic, lowest) / ls_electron_mass, gamma = tau + 1;
  double square = tau * (tau + 2), beta2 = square / (gamma * gamma);
  double up = fmin(cut / ls_electron_mass, tau / 2);
  double excitation = ls_argon_excitation / ls_electron_mass;
  double f = -1 - beta2 + log((tau - up) * up) + tau / (tau - up) +
             (up * up / 2 + (2 * tau + 1) * log(1 - up / tau)) / (gamma * gamma);
  double brackets =
      log(2 * (gamma + 1) / (excitation * excitation)) + f - density_effect(sqrt(square));
  return ls_argon_collisions() / beta2 * fmax(brackets, 0.1);
}

double ls_collision_loss(const ls_particle *particle, double kinetic, double cut) {
  if (particle->species == LS_ELECTRON) return electron_loss(kinetic, cut);
  return heavy_loss(particle, kinetic, cut);
}

double ls_delta_rate(const ls_particle *particle, double kinetic, double cut) {
  double largest = ls_largest_transfer(particle, kinetic);
  if (cut >= largest) return 0;
  double gamma = 1 + kinetic / particle->mass, g2 = gamma * gamma, beta2 = 1 - 1 / g2;
  if (particle->species == LS_ELECTRON) {
    double x = cut / kinetic;
    return ls_argon_collisions() / (beta2 * kinetic) *
           ((gamma - 1) * (gamma - 1) / g2 * (0.5 - x) + 1 / x - 1 / (1 - x) -
            (2 * gamma - 1) / g2 * log((1 - x) / x));
  }
  return ls_argon_collisions() / beta2 *
         (1 / cut - 1 / largest - beta2 / largest * log(largest / cut));
}

/* Butcher and Messel's way: 1/T^2 and a rejection. Positrons too: Bhabha's cross section differs by
 * the exchange of the two electrons alone, which counts near half the energy, where few are. */
static double moller_draw(double kinetic, double cut, ls_stream *stream) {
  double gamma = 1 + kinetic / ls_electron_mass, g2 = gamma * gamma, x = cut / kinetic;
  double most = (9 * g2 - 10 * gamma + 5) / 4;
  for (;;) {
    double e = x / (1 - (1 - 2 * x) * ls_stream_uniform(stream)), rest = 1 - e;
    double g = (gamma - 1) * (gamma - 1) * e * e - (2 * g2 + 2 * gamma - 1) * e / rest +
               g2 / (rest * rest);
    if (ls_stream_uniform(stream) * most < g) return e * kinetic;
  }
}

double ls_delta_draw(const ls_particle *particle, double kinetic, double cut, ls_stream *stream,
                     double *cosine) {
  double delta, m = ls_electron_mass, total = kinetic + particle->mass;
  if (particle->species == LS_ELECTRON) {
    delta = moller_draw(kinetic, cut, stream);
  } else {
    double largest = ls_largest_transfer(particle, kinetic);
    double beta2 = 1 - particle->mass * particle->mass / (total * total);
    do {
      delta = cut / (1 - (1 - cut / largest) * ls_stream_uniform(stream));
    } while (ls_stream_uniform(stream) > 1 - beta2 * delta / largest);
  }
  double momentum = sqrt(kinetic * (kinetic + 2 * particle->mass));
  *cosine = fmin(1, delta * (total + m) / (sqrt(delta * (delta + 2 * m)) * momentum));
  return delta;
}

double ls_loss_draw(double mean, double thickness, double cut, ls_stream *stream) {
  double low = thickness / 4;
  if (2 * low > cut) /* no single collision counts */
    return fmax(0, mean + sqrt(thickness * cut) * ls_stream_normal(stream));
  double between = 1 / low - 1 / cut;
  double loss =
      mean - thickness * log(cut / low) + sqrt(thickness * low) * ls_stream_normal(stream);
  for (unsigned n = ls_stream_poisson(stream, thickness * between); n > 0; n--)
    loss += 1 / (1 / cut + between * ls_stream_uniform(stream));
  return fmax(0, loss);
}
