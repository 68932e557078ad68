/* A detector with everything it needs, and events collected to dense waveforms. */
#ifndef LS_TESTS_DETECTOR_RIG_H
#define LS_TESTS_DETECTOR_RIG_H

#include "datasets/simulator/detector/readout.h"

typedef struct rig {
  ls_detector detector;
  ls_readout_tables *tables;
  ls_readout *readout;
  ls_deposits deposits;
  ls_readout_losses losses;
  /* of the last event: [wires][ticks], and where something was put */
  float *values[LS_WIRE_PLANES];
  unsigned char *seen[LS_WIRE_PLANES];
  int ticks, wires[LS_WIRE_PLANES];
  struct rig_trace {
    int plane, count;
    size_t at;
  } * traces; /* what was put, to be forgotten */
  size_t trace_count, trace_capacity;
} rig;

void rig_open(rig *rig, const ls_detector *detector);
void rig_close(rig *rig);

void rig_clear(rig *rig); /* no deposits */
void rig_add(rig *rig, double x, double y, double z, double time, double energy, double length);
/* A straight track of minimum ionisation, 2.1 MeV/cm, in steps. */
void rig_add_track(rig *rig, const double start[3], const double direction[3], double length,
                   double step);

/* Runs the event and collects it; checks that traces come in order and do not overlap. */
void rig_run(rig *rig, const ls_readout_options *options, unsigned seed);

double rig_sum(const rig *rig, int plane);
const float *rig_wire(const rig *rig, int plane, int wire);

/* No noise, no rounding, no neighbours, nothing cut off. */
ls_readout_options rig_exact(ls_readout_form form);

#endif
