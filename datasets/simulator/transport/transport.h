/* Transport: from a primary particle to the energy deposits of everything it sets free in liquid
 * argon. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_TRANSPORT_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_TRANSPORT_H

#include "base/status.h"
#include "datasets/simulator/deposits.h"
#include "datasets/simulator/transport/gun.h"
#include "datasets/simulator/transport/particles.h"

#include <stdint.h>

/* Why a particle came into being, or ended. */
typedef enum ls_process {
  LS_PROCESS_NONE,
  LS_PROCESS_PRIMARY,
  LS_PROCESS_IONISATION, /* a delta ray; or: stopped */
  LS_PROCESS_BREMSSTRAHLUNG,
  LS_PROCESS_PAIR,
  LS_PROCESS_COMPTON,
  LS_PROCESS_PHOTOELECTRIC,
  LS_PROCESS_ANNIHILATION,
  LS_PROCESS_DECAY,
  LS_PROCESS_CAPTURE, /* at rest, by a nucleus */
  LS_PROCESS_HADRONIC,
  LS_PROCESS_ESCAPE
} ls_process;

/* A particle's whole life, told at its end. */
typedef struct ls_track {
  int32_t track, parent; /* numbers in the event, from 1; parent 0: the primary */
  int pdg;
  ls_process birth, end;
  double start[3], stop[3];                     /* cm */
  double start_direction[3], stop_direction[3]; /* of length 1 */
  double start_energy, stop_energy;             /* kinetic, MeV; stop: before what ended it */
  double start_time, stop_time;                 /* us */
  double length;                                /* cm along the way */
} ls_track;

typedef struct ls_transport_options {
  int fluctuations; /* 0: charged particles lose their mean energy on a straight line until they
                     * stop, and do nothing else: continuous slowing down, for tests */
  double step;      /* cm, longest step of a charged particle */
  double cut_electron, cut_gamma;      /* MeV kinetic: below, deposited on the spot */
  double volume_min[3], volume_max[3]; /* cm, where energy counts as deposited */
  double margin; /* cm of argon around the volume that particles are still followed in */
  /* The truth, for tests and displays: called at the end of every particle that was
   * followed, if not NULL. */
  void (*observe)(void *context, const ls_track *track);
  void *context;
} ls_transport_options;

/* MicroBooNE's active volume, steps of 1 mm. */
ls_transport_options ls_transport_options_default(void);

/* MeV. What came in is the primary's kinetic energy plus its mass, where it can be set free: a
 * meson's or muon's, and of e+ two electron masses. initial = deposited + outside + escaped +
 * neutrino + binding to 1e-6. */
typedef struct ls_energy_balance {
  double initial;
  double deposited; /* inside the volume: the sum of the deposits */
  double outside;   /* deposited in the margin, not in the list */
  double escaped;   /* carried away by what left the margin, masses as in initial */
  double neutrino;
  double binding; /* spent on freeing nucleons, and what nuclei hide */
} ls_energy_balance;

/* Tables and stack of one thread. */
typedef struct ls_transport ls_transport;

/* Returns LS_OK, LS_USAGE (an option out of range) or LS_MEMORY. *transport is NULL on failure. */
ls_status ls_transport_new(ls_transport **transport, const ls_transport_options *options,
                           ls_error *error);
void ls_transport_free(ls_transport *transport); /* NULL is allowed */

/* Follows primary and all its offspring. deposits is emptied first and keeps its memory. A pure
 * function of options, primary, seed and event. Returns LS_OK, LS_VALUE (the primary: unknown
 * particle, momentum not finite, zero or beyond 100 GeV/c, vertex outside the volume) or LS_MEMORY.
 */
ls_status ls_transport_event(ls_transport *transport, const ls_primary *primary, uint64_t seed,
                             uint64_t event, ls_deposits *deposits, ls_energy_balance *balance,
                             ls_error *error);

#endif
