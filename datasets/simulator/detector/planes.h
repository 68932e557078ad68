/* Traces of an event, collected to images. */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_PLANES_H
#define LS_DATASETS_SIMULATOR_DETECTOR_PLANES_H

#include "datasets/simulator/detector/readout.h"
#include "image/image.h"

/* One plane's traces as they come, wire by wire. Zero-initialise. */
typedef struct ls_plane_traces {
  size_t count, capacity;
  uint32_t *tick, *wire; /* of each value that is not 0 */
  float *value;
  uint32_t *ticks; /* number of values by tick */
  size_t tick_capacity;
  /* Whole waveforms, values 0 .. 65535, instead: [wires][whole_ticks]; 0: single values */
  uint16_t *whole;
  size_t whole_capacity;
  int whole_ticks, whole_wires;
} ls_plane_traces;

/* Empty; for single values. */
void ls_plane_traces_clear(ls_plane_traces *traces);

/* Empty; for whole waveforms, which take a sixth of the memory of as many single values. LS_OK or
 * LS_MEMORY. */
ls_status ls_plane_traces_whole(ls_plane_traces *traces, int wires, int ticks, ls_error *error);

void ls_plane_traces_destroy(ls_plane_traces *traces);

/* Adds the values of a trace that are not 0. LS_OK or LS_MEMORY. */
ls_status ls_plane_traces_add(ls_plane_traces *traces, int wire, int tick, int count,
                              const float *values, ls_error *error);

/* The pixels in row order, index = tick * columns + wire. LS_OK or LS_MEMORY. */
ls_status ls_plane_traces_pixels(ls_plane_traces *traces, int ticks, int columns, ls_pixels *pixels,
                                 ls_error *error);

#endif
