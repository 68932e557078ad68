#include "datasets/simulator/transport/stream.h"

#include "base/random.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

ls_stream ls_stream_start(uint64_t seed, uint64_t purpose, uint64_t event) {
  return (ls_stream){ls_random(ls_random(seed, purpose, 0), event, 0)};
}

double ls_stream_exponential(ls_stream *stream) {
  return -log(ls_stream_uniform(stream));
}

/* Box and Muller, one of the two. */
double ls_stream_normal(ls_stream *stream) {
  double radius = sqrt(-2 * log(ls_stream_uniform(stream)));
  return radius * cos(2 * pi * ls_stream_uniform(stream));
}

/* Product of uniforms (Knuth, TAOCP 2, 3.4.1) for small means, a rounded normal beyond. */
unsigned ls_stream_poisson(ls_stream *stream, double mean) {
  if (mean > 30) {
    double value = mean + sqrt(mean) * ls_stream_normal(stream) + 0.5;
    return value > 0 ? (unsigned)value : 0;
  }
  double floor_of_product = exp(-mean), product = ls_stream_uniform(stream);
  unsigned count = 0;
  for (; product > floor_of_product; count++) product *= ls_stream_uniform(stream);
  return count;
}

void ls_stream_direction(ls_stream *stream, double direction[3]) {
  double cosine = 2 * ls_stream_uniform(stream) - 1, sine = sqrt(1 - cosine * cosine);
  double angle = 2 * pi * ls_stream_uniform(stream);
  direction[0] = sine * cos(angle);
  direction[1] = sine * sin(angle);
  direction[2] = cosine;
}
