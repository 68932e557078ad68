/* The particle gun: one primary particle per event. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_GUN_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_GUN_H

#include "base/status.h"

#include <stdint.h>

enum { LS_GUN_KINDS = 16 };

typedef struct ls_gun {
  int kind_count; /* classes, at most LS_GUN_KINDS */
  int pdg[LS_GUN_KINDS];
  double momentum_min, momentum_max;   /* GeV/c, uniform between the two */
  double vertex_min[3], vertex_max[3]; /* cm (x, y, z), uniform in the box */
  double direction[3];                 /* of any length; used unless isotropic */
  int isotropic;
} ls_gun;

/* The study's: gamma, e-, mu-, pi-, K+; 1.5 to 4.5 GeV/c; MicroBooNE's whole active volume;
 * isotropic. */
ls_gun ls_gun_default(void);

/* Returns LS_OK or LS_USAGE, naming what is out of range. */
ls_status ls_gun_check(const ls_gun *gun, ls_error *error);

typedef struct ls_primary {
  int kind; /* index in gun.pdg: the event's class */
  int pdg;
  double momentum[3]; /* GeV/c */
  double vertex[3];   /* cm */
  double time;        /* us */
} ls_primary;

/* The primary of event number event: a pure function of gun, seed and event. Of every kind_count
 * events in a row, counted from 0, each kind has one, in random order: kinds are balanced and the
 * event's number does not tell the kind. gun must have passed ls_gun_check. */
void ls_gun_fire(const ls_gun *gun, uint64_t seed, uint64_t event, ls_primary *primary);

#endif
