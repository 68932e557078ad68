/* A grid of energies, 16 to the octave, found from the bits of the number: no logarithm. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_ENERGY_GRID_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_ENERGY_GRID_H

#include <stdint.h>
#include <string.h>

enum {
  LS_GRID_BITS = 4,     /* of the mantissa: intervals per octave */
  LS_GRID_LOWEST = -10, /* 2^-10 MeV, about 1 keV */
  LS_GRID_OCTAVES = 28, /* to 2^18 MeV */
  LS_GRID_POINTS = (LS_GRID_OCTAVES << LS_GRID_BITS) + 1
};

typedef struct ls_grid_place {
  int index;       /* of the lower point; index + 1 exists */
  double fraction; /* of the way to the upper point */
} ls_grid_place;

/* Energies outside are put on its ends. */
static inline ls_grid_place ls_grid_find(double energy) {
  const double low = 0x1p-10, high = 0x1.fffffffffffffp17;
  energy = energy < low ? low : energy > high ? high : energy;
  uint64_t bits;
  memcpy(&bits, &energy, sizeof bits);
  uint64_t first = (uint64_t)(1023 + LS_GRID_LOWEST) << LS_GRID_BITS;
  const int shift = 52 - LS_GRID_BITS;
  return (ls_grid_place){(int)((bits >> shift) - first),
                         (double)(bits & ((UINT64_C(1) << shift) - 1)) /
                             (double)(UINT64_C(1) << shift)};
}

/* MeV of point index. */
static inline double ls_grid_energy(int index) {
  const int per_octave = 1 << LS_GRID_BITS;
  double octave = 0x1p-10 * (double)(UINT64_C(1) << (index / per_octave));
  return octave * (1 + (double)(index % per_octave) / per_octave);
}

#endif
