/* Directions and momenta: three doubles. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_VECTOR_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_VECTOR_H

#include <math.h>

static inline double ls_dot(const double a[3], const double b[3]) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* at + length * direction */
static inline void ls_move(double at[3], const double direction[3], double length) {
  for (int i = 0; i < 3; i++) at[i] += length * direction[i];
}

/* Scales to length 1; what has no length becomes (0, 0, 1). Returns the length that it had. */
static inline double ls_normalise(double v[3]) {
  double length = sqrt(ls_dot(v, v));
  if (!(length > 0)) {
    v[0] = v[1] = 0;
    v[2] = 1;
    return 0;
  }
  for (int i = 0; i < 3; i++) v[i] /= length;
  return length;
}

/* Turns direction by the angle of that cosine, towards (x, y), a unit vector of the plane across.
 */
static inline void ls_turn(double direction[3], double cosine, double x, double y) {
  double sine = sqrt(fmax(0, 1 - cosine * cosine));
  double u = direction[0], v = direction[1], w = direction[2], across = sqrt(u * u + v * v);
  if (across < 1e-8) {
    double sign = w < 0 ? -1 : 1;
    direction[0] = sine * x;
    direction[1] = sine * y * sign;
    direction[2] = cosine * sign;
  } else {
    direction[0] = u * cosine + sine * (u * w * x - v * y) / across;
    direction[1] = v * cosine + sine * (v * w * x + u * y) / across;
    direction[2] = w * cosine - sine * across * x;
  }
  ls_normalise(direction);
}

#endif
