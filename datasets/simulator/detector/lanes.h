/* The stages' inner loops, compiled once for each set of instructions. All give the same bits:
 * sums go in the same order and no multiplication is fused with an addition. */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_LANES_H
#define LS_DATASETS_SIMULATOR_DETECTOR_LANES_H

#include "datasets/simulator/detector/readout_internal.h"

typedef struct ls_lanes {
  const char *name;
  void (*charge)(const ls_charge_constants *constants, const ls_deposits *deposits,
                 ls_charge_arrays *arrays);
  void (*scatter)(ls_readout *readout, int plane);
  /* Adds charge of a block's 68 ticks, folded with a kernel, to the output from its first tick. */
  void (*fold)(const float *charge, float *output, const ls_kernel *kernel, int width);
  /* output[i] = sum over j of taps[j] input[i + j], i below count rounded up to 64. */
  void (*filter)(float *output, const float *input, const float *taps, int tap_count, int count);
  /* output[i] = |sum of input[i - 3] .. input[i + 3]| */
  void (*sums)(float *output, const float *input, int count);
  /* A row of LS_ROW charges, weighed, is added to another. */
  void (*add_row)(float *sum, const float *row, float weight);
  /* Adds noise (NULL: none) to signals; then as whole ADC counts from 0 to most, less the pedestal.
   */
  void (*digitise)(float *signal, const float *noise, int count, float pedestal, float most);
  /* White noise of variance 1 at ticks first .., both multiples of 32. */
  void (*white)(float *output, int first, int count, uint64_t key);
} ls_lanes;

/* The best that this processor has. */
const ls_lanes *ls_lanes_best(void);

/* Those of this build that this processor can run, NULL-terminated; plain is the first. */
void ls_lanes_all(const ls_lanes *all[4]);

#endif
