/* The detector's stages: energy deposits of an event to what its wires show.
 *
 *   charge  (charge.c)      recombination, drift, lifetime: electrons, wire and tick of each
 * deposit scatter (scatter.c)     diffusion across the drift: electrons on wires and ticks, in
 * blocks fold    (fold.c)        diffusion along the drift, field and electronics, neighbours noise
 * (samples.c)     of any wire and tick by itself, from a counter digits  (forms.c)       pedestal,
 * rounding, clipping wires   (regions.c)     regions of interest and their deconvolution
 *
 * One thread an event; tables are shared by all threads. Everything is a pure function of tables,
 * options, deposits, seed and event number; all sets of instructions give the same bits. */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_READOUT_H
#define LS_DATASETS_SIMULATOR_DETECTOR_READOUT_H

#include "datasets/simulator/deposits.h"
#include "datasets/simulator/detector/detector.h"

typedef struct ls_readout_tables ls_readout_tables;

/* A description that ls_detector_check accepts (checked). Returns LS_OK, LS_USAGE or LS_MEMORY.
 * *tables is NULL on failure. */
ls_status ls_readout_tables_new(const ls_detector *detector, ls_readout_tables **tables,
                                ls_error *error);
void ls_readout_tables_free(ls_readout_tables *tables); /* NULL is allowed */
const ls_detector *ls_readout_detector(const ls_readout_tables *tables);

/* What is made of the signals. */
typedef enum ls_readout_form {
  LS_READOUT_CHARGE,  /* electrons on wires and ticks, before any response */
  LS_READOUT_SIGNAL,  /* ADC above the pedestal, no noise */
  LS_READOUT_DIGITS,  /* ADC with pedestal and noise, whole numbers */
  LS_READOUT_WIRES,   /* deconvolved regions of interest, in units */
  LS_READOUT_SHORTCUT /* the same without the chain: charge folded with the filter, regions by
                       * charge, noise as it would be after deconvolution. Cannot show what the
                       * response hides, as tracks along the drift on U and V: for tests. */
} ls_readout_form;

typedef struct ls_readout_options {
  ls_readout_form form;
  int whole; /* 1: every wire and tick; 0: where there is signal, with the same values there */
  /* Of whole digits only ticks first .. first + count - 1, which the detector has, with the same
   * values: waveforms are many. count 0: all ticks. */
  int first, count;
  int noise, neighbours, rounding; /* rounding: ADC, and of wires the final truncation */
  int no_regions; /* 1: wires keep all that was looked at, without baseline; for tests */
  float edge; /* ADC (shortcut: units): signals end where they fall below; 0: the default 0.05 */
} ls_readout_options;

/* Wires with noise near signals, neighbours and rounding. */
ls_readout_options ls_readout_options_default(void);

/* Values of a wire from a tick on. Wires come in rising order, ticks of a wire too. */
typedef struct ls_trace_sink {
  ls_status (*put)(void *context, int plane, int wire, int tick, int count, const float *values,
                   ls_error *error);
  void *context;
} ls_trace_sink;

/* Deposits that are not seen. */
typedef struct ls_readout_losses {
  size_t outside;                  /* of the active volume */
  size_t untimely[LS_WIRE_PLANES]; /* before or after the readout's ticks */
  double charge[LS_WIRE_PLANES];   /* electrons at the plane, within the ticks */
  double electrons;                /* that recombination left, inside the volume */
} ls_readout_losses;

/* Buffers of one thread, about 5 MB. The tables are borrowed. */
typedef struct ls_readout ls_readout;

/* Returns LS_OK or LS_MEMORY; *readout is NULL on failure. */
ls_status ls_readout_new(const ls_readout_tables *tables, ls_readout **readout, ls_error *error);
void ls_readout_free(ls_readout *readout); /* NULL is allowed */

/* deposits must be finite. seed and event: of the noise. losses: NULL is allowed. Returns LS_OK,
 * LS_MEMORY or what the sink returned. */
ls_status ls_readout_event(ls_readout *readout, const ls_deposits *deposits,
                           const ls_readout_options *options, uint64_t seed, uint64_t event,
                           const ls_trace_sink *sink, ls_readout_losses *losses, ls_error *error);

/* The same for one plane alone, of the deposits that ls_readout_charge was given. */
ls_status ls_readout_charge(ls_readout *readout, const ls_deposits *deposits, ls_error *error);
ls_status ls_readout_plane(ls_readout *readout, int plane, const ls_readout_options *options,
                           uint64_t seed, uint64_t event, const ls_trace_sink *sink,
                           ls_error *error);
void ls_readout_count(const ls_readout *readout, ls_readout_losses *losses);

/* Of the last event's deposits, one after the other, valid until the next event. 0 electrons
 * outside of the volume. */
typedef struct ls_readout_view {
  size_t count;
  const float *electrons;
  const float *charge[LS_WIRE_PLANES]; /* electrons at the plane */
  const float *wire[LS_WIRE_PLANES], *tick[LS_WIRE_PLANES];
} ls_readout_view;
ls_readout_view ls_readout_deposits(const ls_readout *readout);

/* Noise alone, ADC, ticks first .. first + count - 1 (first at least -512, count at most that of
 * the detector); for tests. */
void ls_readout_noise(ls_readout *readout, uint64_t seed, uint64_t event, int plane, int wire,
                      int first, int count, float *values);

/* Seconds spent in the stages since the readout was made: charge, scatter, the rest. */
void ls_readout_seconds(const ls_readout *readout, double seconds[3]);

#endif
