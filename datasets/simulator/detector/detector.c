#include "datasets/simulator/detector/detector.h"

#include <math.h>

/* The field responses of one wire are fitted to the shaped peaks of the published ones (WCT's
 * ub-10-half, averaged over a pitch; ADC per 1000 electrons): U +0.99 / -1.33, V +1.13 / -1.10, Y
 * +3.48, and the largest peaks of the first neighbour to 0.29, 0.34, 0.11 of these. */
ls_detector ls_detector_microboone(void) {
  return (ls_detector){
      .recombination = LS_RECOMBINATION_BOX,
      .field = 0.273, /* DL */
      .density = 1.396,
      .box_a = 0.93, /* RECO, as LArSoft has it */
      .box_b = 0.212,
      .birks_a = 0.800,
      .birks_k = 0.0486,
      .pair_energy = 23.6,
      .point_dedx = 2.1,
      .least_dedx = 1,
      .velocity = 0.1098,
      .lifetime = 18000,
      .diffusion_along = 3.74,
      .diffusion_across = 5.85,
      .x_most = 256.35, /* UB2017 */
      .y_least = -116.5,
      .y_most = 116.5,
      .z_least = 0,
      .z_most = 1036.8,
      .pitch = 0.3,
      .wires = {2400, 2400, 3456},
      .wire_y = {-0.866026, 0.866026, 0},
      .wire_z = {0.5, 0.5, 1},
      .wire_offset = {101.440, 99.760, -0.25},
      .length_first = {0.0059, 0.0059, 2.33},
      .length_step = {0.00693, 0.00693, 0},
      .length_most = {4.659, 4.659, 2.33},
      .ticks = 9600,
      .tick = 0.5,
      .trigger_tick = 3200,
      .own = {.rise = {0.4849, 0.4677, 1},
              .rise_time = {3.057, 1.583, 0.905},
              .fall = {0.4849, 0.4677, 0},
              .fall_time = {0.8873, 0.6642, 1},
              .smear = {0.05, 0.25, 0.48}},
      .neighbour = {.rise = {0.2152, 0.2008, 0.1374},
                    .rise_time = {6.4, 1.20, 1.01},
                    .fall = {0.2152, 0.2008, 0.1374},
                    .fall_time = {0.20, 0.62, 0.92},
                    .smear = {1.6, 0.70, 0.11}},
      .neighbour_2 = {0.11 / 0.29, 0.05 / 0.34, 0.02 / 0.11},
      .neighbour_3 = {0.07 / 0.29, 0.015 / 0.34, 0.006 / 0.11},
      .electrons_per_adc = 220,
      .shaping_time = 2.3,
      .noise_constant = 0.9,
      .noise_offset = 0.79,
      .noise_per_metre = 0.22,
      .noise_white = 0.65,
      .pedestal = {2046, 2046, 473}, /* UB2017 */
      .adc_most = 4095,
      .region_threshold = {27, 27, 31},
      .region_sigmas = 4.6,
      .region_pad = 50,
      .filter_width = 3.18,
      .unit_electrons = 200,
      .zero_limit = {1.5, 2, 1},
      .shortcut_threshold = {2.7, 2.7, 0.8},
  };
}

ls_detector ls_detector_jaxtpc(void) {
  ls_detector detector = ls_detector_microboone();
  detector.field = 0.5;
  detector.velocity = 0.16;
  detector.lifetime = 10000;
  detector.least_dedx = 0;
  detector.diffusion_along = 7.2;
  detector.diffusion_across = 12;
  detector.x_most = 256.04;
  detector.ticks = 3202;
  detector.trigger_tick = 0;
  return detector;
}

int ls_detector_wires(const ls_detector *detector, int plane) {
  return (int)detector->wires[plane];
}

int ls_detector_ticks(const ls_detector *detector) {
  return (int)detector->ticks;
}

int ls_detector_columns(const ls_detector *detector) {
  double most = 0;
  for (int p = 0; p < LS_WIRE_PLANES; p++) most = fmax(most, detector->wires[p]);
  return (int)most;
}

double ls_detector_wire_length(const ls_detector *detector, int plane, int wire) {
  double edge = fmin(wire, detector->wires[plane] - 1 - wire);
  return fmin(detector->length_first[plane] + detector->length_step[plane] * fmax(edge, 0),
              detector->length_most[plane]);
}

double ls_detector_noise_rms(const ls_detector *detector, double length) {
  return hypot(detector->noise_constant,
               detector->noise_offset + detector->noise_per_metre * length);
}
