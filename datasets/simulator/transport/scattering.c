#include "datasets/simulator/transport/scattering.h"

#include "datasets/simulator/transport/argon.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>

void ls_scatter(double direction[3], double beta_momentum, double step, ls_stream *stream) {
  double plane = 13.6 / beta_momentum;
  double variance = plane * plane * step / ls_argon_radiation_length; /* per plane */
  double kept = variance < 0.05 ? 1 : 1 - exp(-2 / variance);
  double drop = -variance * log(1 - kept * ls_stream_uniform(stream)); /* 1 - cos(theta) */
  double x, y, square;
  do { /* a random direction in the plane, without sine and cosine */
    x = 2 * ls_stream_uniform(stream) - 1;
    y = 2 * ls_stream_uniform(stream) - 1;
    square = x * x + y * y;
  } while (square > 1 || square < 1e-12);
  double scale = 1 / sqrt(square);
  ls_turn(direction, fmax(-1, 1 - drop), x * scale, y * scale);
}
