/* What the detector's stages share. */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_READOUT_INTERNAL_H
#define LS_DATASETS_SIMULATOR_DETECTOR_READOUT_INTERNAL_H

#include "datasets/simulator/detector/readout.h"

enum {
  LS_BLOCK = 64, /* ticks of a block of charge */
  LS_SPREAD = 4, /* ticks that a deposit reaches beyond its block */
  LS_ROW = LS_BLOCK + 16,
  LS_MOST_BLOCKS = 256,
  LS_MASK_WORDS = LS_MOST_BLOCKS / 64,
  LS_WIDTHS = 24,  /* classes of diffusion along the drift */
  LS_ACROSS = 48,  /* and across, */
  LS_OFFSETS = 16, /* places between two wires */
  LS_KERNEL_MOST = 192,
  LS_KERNEL_BEFORE = 128, /* of these, before the charge arrives */
  LS_KERNEL_EDGE = 32,    /* zeros on both sides of a kernel: any shift may be read */
  LS_FILTER_MOST = 96,
  LS_NOISE_TAPS = 17,
  LS_AFTER_TAPS = 25,
  LS_LENGTHS = 16, /* classes of wire length */
  LS_GUARD = 512,  /* ticks before and after a run that its buffer holds */
  LS_MARGIN = 256, /* ticks with noise on both sides of a run: what regions and filter see */
  LS_SEARCH = 128  /* of these, where regions may go on */
};

typedef struct ls_kernel {
  int before, length; /* taps[0] is before ticks ahead of the charge */
  float *taps[LS_WIDTHS];
} ls_kernel;

/* What charge.c needs of the description. */
typedef struct ls_charge_constants {
  int birks;
  float box_a, box_b, birks_a, birks_k, per_mev, point_dedx, least_dedx;
  float low[3], high[3]; /* the active volume */
  float per_velocity, per_lifetime;
  float per_across, most_across; /* class of the width across, by the root of the drift time */
  float per_along;               /* variance along, ticks^2, by the drift time */
  float plane_time[LS_WIRE_PLANES], plane_factor[LS_WIRE_PLANES];
  float wire_0[LS_WIRE_PLANES], wire_y[LS_WIRE_PLANES], wire_z[LS_WIRE_PLANES];
  float last_wire[LS_WIRE_PLANES];
  float tick_0[LS_WIRE_PLANES], tick_x, tick_t;
} ls_charge_constants;

typedef struct ls_charge_arrays {
  size_t count, capacity;
  float *block; /* holds all of them */
  float *electrons, *across;
  float *along; /* -1: outside the volume */
  float *charge[LS_WIRE_PLANES], *wire[LS_WIRE_PLANES], *tick[LS_WIRE_PLANES];
} ls_charge_arrays;

typedef struct ls_lanes ls_lanes;

struct ls_readout_tables {
  ls_detector detector;
  const ls_lanes *lanes;
  ls_charge_constants constants;
  int blocks, ticks, wires[LS_WIRE_PLANES];
  double widest_across, widest_along; /* sigma, wires and ticks */
  float across[LS_ACROSS][LS_OFFSETS + 1][8];
  ls_kernel own[LS_WIRE_PLANES], neighbour[LS_WIRE_PLANES], smooth;
  int induction[LS_WIRE_PLANES]; /* 1: the filter is a first difference, to be summed up */
  float filter[LS_WIRE_PLANES][LS_FILTER_MOST];
  int filter_before[LS_WIRE_PLANES], filter_length[LS_WIRE_PLANES];
  float noise[LS_LENGTHS][LS_NOISE_TAPS]; /* of rms 1 */
  float after[LS_WIRE_PLANES][LS_LENGTHS][LS_AFTER_TAPS];
  /* of each wire */
  uint8_t *length_class[LS_WIRE_PLANES];
  float *rms[LS_WIRE_PLANES], *threshold[LS_WIRE_PLANES];
  uint8_t block_width[LS_MOST_BLOCKS];
  float block_variance[LS_MOST_BLOCKS]; /* ticks^2, that the kernel of its class brings */
};

struct ls_readout {
  const ls_readout_tables *tables;
  ls_charge_arrays arrays;
  /* charge of one plane: directory[wire][block] is a row's number, 0: none */
  int32_t *directory;
  uint64_t *mask; /* [wire][LS_MASK_WORDS] */
  float *rows;    /* [row_capacity][LS_ROW]; row 0 takes what memory has no room for */
  int *row_wire, *row_block;
  int row_count, row_capacity;
  int no_memory;
  float *run, *noise, *white, *filtered, *sums; /* of all ticks with guards */
  int trace_end;                                /* of the wire at work */
  uint64_t noise_key;
  size_t untimely[LS_WIRE_PLANES];
  double timely_charge[LS_WIRE_PLANES];
  double seconds[3];
};

/* Where a stretch of a wire's signal goes. */
typedef struct ls_run {
  const ls_readout_options *options;
  const ls_trace_sink *sink;
  int plane, wire;
  int first, count; /* ticks */
  float *signal;    /* of tick first; LS_MARGIN more on both sides */
} ls_run;

/* Makes the row of a wire's block (scatter.c found none); row 0 without memory. */
float *ls_charge_row_new(ls_readout *readout, int wire, int block);

ls_status ls_response_plane(ls_readout *readout, int plane, const ls_readout_options *options,
                            const ls_trace_sink *sink, ls_error *error);
ls_status ls_form_run(ls_readout *readout, const ls_run *run, ls_error *error);
ls_status ls_form_shortcut(ls_readout *readout, const ls_run *run, ls_error *error);
ls_status ls_regions(ls_readout *readout, const ls_run *run, ls_error *error);

/* A straight line through the means of the first and the last ticks is taken away. */
void ls_baseline(float *values, int count);

/* Fills readout->noise from the tick first on. after: as it is after deconvolution. */
void ls_noise_fill(ls_readout *readout, int plane, int wire, int first, int count, int after);

/* 1: |values[i]| < limit for the next 16. */
static inline int ls_below_16(const float *values, float limit) {
  float most = 0;
  for (int i = 0; i < 16; i++) {
    float v = __builtin_fabsf(values[i]);
    most = v > most ? v : most;
  }
  return most < limit;
}

/* Made once. */
ls_status ls_tables_kernels(ls_readout_tables *tables, ls_error *error);
void ls_tables_filters(ls_readout_tables *tables);
void ls_tables_noise(ls_readout_tables *tables);

#endif
