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
} ls_plane_traces;

/* Empty. */
void ls_plane_traces_clear(ls_plane_traces *traces);

void ls_plane_traces_destroy(ls_plane_traces *traces);

/* Adds the values of a trace that are not 0. LS_OK or LS_MEMORY. */
ls_status ls_plane_traces_add(ls_plane_traces *traces, int wire, int tick, int count,
                              const float *values, ls_error *error);

/* The pixels in row order, index = tick * columns + wire. LS_OK or LS_MEMORY. */
ls_status ls_plane_traces_pixels(ls_plane_traces *traces, int ticks, int columns, ls_pixels *pixels,
                                 ls_error *error);

/* Whole waveforms of a plane over some ticks, values 0 .. 65535: [ticks][wires]. Zero-initialise.
 */
typedef struct ls_waveforms {
  uint16_t *values;
  size_t capacity;
  int wires, first, ticks;
} ls_waveforms;

/* Of so many ticks from first on; values are not set. LS_OK or LS_MEMORY. */
ls_status ls_waveforms_begin(ls_waveforms *waveforms, int wires, int first, int ticks,
                             ls_error *error);
void ls_waveforms_add(ls_waveforms *waveforms, int wire, int tick, int count, const float *values);
void ls_waveforms_destroy(ls_waveforms *waveforms);

#endif
