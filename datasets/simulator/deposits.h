/* Energy deposits of one event: what transport hands to the detector, or a file brings from Geant4.
 *
 * Coordinates of the detector: x along the drift, 0 at the wire planes and rising towards the
 * cathode; y up; z along the beam (cm). Times in us after the trigger, energies in MeV. */
#ifndef LS_DATASETS_SIMULATOR_DEPOSITS_H
#define LS_DATASETS_SIMULATOR_DEPOSITS_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise; arrays grow as needed and are reused. Free with ls_deposits_destroy. */
typedef struct ls_deposits {
  size_t count, capacity;
  float *x, *y, *z;     /* middle of the step */
  float *time;          /* us */
  float *energy;        /* MeV lost to ionisation in the step */
  float *length;        /* cm of the step; 0: a point, whose dE/dx is unknown */
  int32_t *track, *pdg; /* number of the particle in the event, from 1; PDG code */
} ls_deposits;

typedef struct ls_deposit {
  double x, y, z, time, energy, length;
  int32_t track, pdg;
} ls_deposit;

/* Adds one deposit. Returns LS_OK or LS_MEMORY. */
ls_status ls_deposits_add(ls_deposits *deposits, const ls_deposit *deposit, ls_error *error);

void ls_deposits_destroy(ls_deposits *deposits);

#endif
