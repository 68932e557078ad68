/* One description of the detector: geometry, fields, response, noise, thresholds. MicroBooNE is the
 * default; a small text file changes any of it.
 *
 * Arrays of 3 are for the planes U, V, Y. Where no source is named a value is this suite's choice.
 * Sources: UB2017 = uboonecode of 2017 (KevLAr's events); WCT = wire-cell-toolkit, cfg/pgrapher/
 * experiment/uboone/params.jsonnet; DL = MicroBooNE, JINST 16 (2021) P09025; RECO = ICARUS, NIM A
 * 523 (2004) 275 (Birks), ArgoNeuT, JINST 8 (2013) P08005 (modified box); NOISE = MicroBooNE, JINST
 * 12 (2017) P08003; SP = MicroBooNE, JINST 13 (2018) P07006 (signal and noise of the wires). */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_DETECTOR_H
#define LS_DATASETS_SIMULATOR_DETECTOR_DETECTOR_H

#include "base/status.h"

#include <stddef.h>

enum { LS_WIRE_PLANES = 3 };

typedef enum ls_recombination { LS_RECOMBINATION_BOX, LS_RECOMBINATION_BIRKS } ls_recombination;

/* Current of a drifting charge on a wire, smeared by a Gaussian: a rise before it passes or ends,
 * rise exp(t / rise_time) / rise_time for t < 0, and a fall after it, -fall exp(-t / fall_time) /
 * fall_time for t > 0. Parts of the charge, us. On induction planes the areas cancel. */
typedef struct ls_field_response {
  double rise[LS_WIRE_PLANES], rise_time[LS_WIRE_PLANES];
  double fall[LS_WIRE_PLANES], fall_time[LS_WIRE_PLANES];
  double smear[LS_WIRE_PLANES];
} ls_field_response;

typedef struct ls_detector {
  /* charge */
  double recombination;    /* an ls_recombination */
  double field, density;   /* kV/cm, g/cm3 */
  double box_a, box_b;     /* ln(a + xi) / xi, xi = b dE/dx / (density field); RECO */
  double birks_a, birks_k; /* a / (1 + k dE/dx / (density field)); RECO */
  double pair_energy;      /* eV an electron */
  double point_dedx;       /* MeV/cm, of a deposit without length: a minimum ionising particle */
  double least_dedx;       /* MeV/cm: below, recombination is as here; the box's formula ends there.
                            * 1 in LArSoft's ISCalc */
  /* drift */
  double velocity;         /* cm/us; DL */
  double lifetime;         /* us */
  double diffusion_along;  /* cm2/s; DL */
  double diffusion_across; /* cm2/s */
  double x_most;           /* cm: the active volume is 0 <= x < x_most, */
  double y_least, y_most;  /* and so on */
  double z_least, z_most;
  double plane_drift[LS_WIRE_PLANES]; /* cm of drift from x = 0 to the plane */
  /* wires: wire = (wire_y y + wire_z z + wire_offset) / pitch; clamped to those there are */
  double pitch; /* cm */
  double wires[LS_WIRE_PLANES];
  double wire_y[LS_WIRE_PLANES], wire_z[LS_WIRE_PLANES], wire_offset[LS_WIRE_PLANES]; /* cm */
  /* length in m: first + step (wires to the nearer edge), at most most */
  double length_first[LS_WIRE_PLANES], length_step[LS_WIRE_PLANES], length_most[LS_WIRE_PLANES];
  /* time: tick = trigger_tick + (drift / velocity + t) / tick */
  double ticks, tick, trigger_tick; /* us */
  /* response; WCT's field responses */
  ls_field_response own, neighbour; /* of the wire itself; of those beside it */
  double neighbour_2[LS_WIRE_PLANES], neighbour_3[LS_WIRE_PLANES]; /* wires +-2, 3, by +-1's */
  double electrons_per_adc; /* of the peak of the electronics alone: 14 mV/fC, 2 V of 12 bits */
  double shaping_time;      /* us to the peak */
  /* noise: rms^2 = constant^2 + (offset + per_metre length)^2, ADC; NOISE */
  double noise_constant, noise_offset, noise_per_metre;
  double noise_white; /* ADC of it */
  /* digits */
  double pedestal[LS_WIRE_PLANES]; /* ADC */
  double adc_most;
  /* regions of interest and deconvolution */
  double region_threshold[LS_WIRE_PLANES];   /* ADC, of the sum of 7 ticks; at least so much, and */
  double region_sigmas;                      /* so many rms of that sum's noise on this wire */
  double region_pad;                         /* ticks kept on both sides */
  double filter_width;                       /* ticks, sigma of the Gaussian filter */
  double unit_electrons;                     /* of a pixel's value 1 */
  double zero_limit[LS_WIRE_PLANES];         /* pixels below are zero */
  double shortcut_threshold[LS_WIRE_PLANES]; /* the same, of the shortcut's regions, in units */
} ls_detector;

ls_detector ls_detector_microboone(void);

/* The constants of JAXTPC's MicroBooNE configuration (github.com/DeepLearnPhysics/JAXTPC): design
 * field and velocity, 3202 ticks from the trigger on. */
ls_detector ls_detector_jaxtpc(void);

/* Returns LS_OK, or LS_USAGE naming the key: not finite or out of range, or what the tables of this
 * simulation cannot hold (a response or diffusion too wide). */
ls_status ls_detector_check(const ls_detector *detector, ls_error *error);

/* name: "microboone", "jaxtpc", or a file of lines "key value.." (# begins a comment) that change
 * MicroBooNE's description, or that of "base NAME" in the first line. Keys are the fields' names,
 * those of the responses with "own_" or "neighbour_" before them; recombination is box or birks.
 * Returns LS_OK, LS_IO, LS_FORMAT (file and line: unknown key, twice, a value that is none or out
 * of range) or LS_USAGE as ls_detector_check. */
ls_status ls_detector_read(const char *name, ls_detector *detector, ls_error *error);

/* The description as such a file, for records: exact, ends with a zero. Returns its length; what
 * does not fit into size bytes is left out. */
size_t ls_detector_print(const ls_detector *detector, char *text, size_t size);

int ls_detector_wires(const ls_detector *detector, int plane);
int ls_detector_ticks(const ls_detector *detector);
int ls_detector_columns(const ls_detector *detector); /* wires of the largest plane */
double ls_detector_wire_length(const ls_detector *detector, int plane, int wire); /* m */
double ls_detector_noise_rms(const ls_detector *detector, double length);         /* ADC */

#endif
