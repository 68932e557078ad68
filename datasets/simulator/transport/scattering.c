#include "datasets/simulator/transport/scattering.h"

#include "datasets/simulator/transport/argon.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>

/* Variance of the angle in one plane per cm, times (beta c p)^2: MeV2/cm. */
static double power_of_electrons(double momentum) {
  const double alpha = 1 / 137.035999, z = ls_argon_charge;
  const double radius = ls_electron_radius * ls_electron_mass;
  /* The nucleus' size and the atom's screening bound the angles of single scattering. */
  double largest = fmin(1, 2 * ls_electron_mass / (alpha * momentum * cbrt(ls_argon_mass)));
  double screening = 1.13 * cbrt(z) * alpha * ls_electron_mass / momentum;
  double y = largest / screening, square = 1 + y * y;
  double atoms = ls_argon_atoms() * 1e24; /* per cm3 */
  return 2 * ls_pi * radius * radius * z * (z + 1) * atoms * (log(square) - 1 + 1 / square);
}

void ls_scatter(double direction[3], int electron, double momentum, double beta, double step,
                ls_stream *stream) {
  double scale2 = electron ? power_of_electrons(momentum) : 13.6 * 13.6 / ls_argon_radiation_length;
  double variance = scale2 * step / (momentum * momentum * beta * beta); /* per plane */
  double kept = variance < 0.05 ? 1 : 1 - exp(-2 / variance);
  double drop = -variance * log(1 - kept * ls_stream_uniform(stream)); /* 1 - cos(theta) */
  double x, y, square;
  do { /* a random direction in the plane, without sine and cosine */
    x = 2 * ls_stream_uniform(stream) - 1;
    y = 2 * ls_stream_uniform(stream) - 1;
    square = x * x + y * y;
  } while (square > 1 || square < 1e-12);
  double unit = 1 / sqrt(square);
  ls_turn(direction, fmax(-1, 1 - drop), x * unit, y * unit);
}
