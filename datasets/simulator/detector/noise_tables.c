/* Noise as white noise through a short filter: colour and white floor in one. */
#include "datasets/simulator/detector/readout_internal.h"
#include "datasets/simulator/detector/spectrum.h"

#include <math.h>

/* Amplitude by frequency of MicroBooNE's electronic noise after its filtering (JINST 12 (2017)
 * P08003, figure of the noise spectrum; relative). */
static double amplitude(double khz) {
  static const double at[] = {0, 50, 100, 200, 300, 400, 500, 1e9};
  static const double values[] = {0.85, 0.90, 1, 0.78, 0.38, 0.17, 0, 0};
  int i = 0;
  while (khz > at[i + 1]) i++;
  return values[i] + (values[i + 1] - values[i]) * (khz - at[i]) / (at[i + 1] - at[i]);
}

/* Of the coloured part at an angle. */
static double coloured(const ls_detector *d, double w) {
  return amplitude(fabs(w) / (2 * 3.14159265358979323846 * d->tick) * 1000);
}

/* Symmetric taps whose spectrum has these amplitudes. */
static void make_taps(double complex *values, int taps, double *out) {
  ls_spectrum_to_ticks(values);
  for (int j = 0; j < taps; j++)
    out[j] = creal(values[(j - taps / 2 + LS_SPECTRUM) % LS_SPECTRUM]) / LS_SPECTRUM;
}

/* rms of the sum of 7 ticks of noise that has rms 1. */
static double sum_of_7(const float *taps) {
  double variance = 0;
  for (int j = -6; j < LS_NOISE_TAPS; j++) {
    double sum = 0;
    for (int k = 0; k < 7; k++)
      if (j + k >= 0 && j + k < LS_NOISE_TAPS) sum += taps[j + k];
    variance += sum * sum;
  }
  return sqrt(variance);
}

/* scale, white: of the coloured part and of the floor. */
static void make_class(ls_readout_tables *t, int length, double scale, double white) {
  const ls_detector *d = &t->detector;
  double complex values[LS_SPECTRUM];
  double taps[LS_AFTER_TAPS], power = 0;
  for (int k = 0; k < LS_SPECTRUM; k++)
    values[k] = hypot(scale * coloured(d, ls_spectrum_angle(k)), white);
  make_taps(values, LS_NOISE_TAPS, taps);
  for (int j = 0; j < LS_NOISE_TAPS; j++) power += taps[j] * taps[j];
  for (int j = 0; j < LS_NOISE_TAPS; j++)
    t->noise[length][j] = power > 0 ? (float)(taps[j] / sqrt(power)) : 0;
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    for (int k = 0; k < LS_SPECTRUM; k++) {
      double w = ls_spectrum_angle(k), width = w * d->filter_width;
      double gain = exp(-0.5 * width * width) / d->unit_electrons;
      if (k == 0) w = 1e-6;
      if (t->induction[p]) gain *= 2 * fabs(sin(w / 2));
      values[k] =
          gain * hypot(scale * coloured(d, w), white) / cabs(ls_spectrum_all_wires(d, p, w));
    }
    make_taps(values, LS_AFTER_TAPS, taps);
    for (int j = 0; j < LS_AFTER_TAPS; j++) t->after[p][length][j] = (float)taps[j];
  }
}

void ls_tables_noise(ls_readout_tables *t) {
  const ls_detector *d = &t->detector;
  double power = 0, longest = 0;
  for (int k = 0; k < LS_SPECTRUM; k++)
    power += pow(coloured(d, ls_spectrum_angle(k)), 2) / LS_SPECTRUM;
  for (int p = 0; p < LS_WIRE_PLANES; p++) longest = fmax(longest, d->length_most[p]);
  double sum7[LS_LENGTHS], class_rms[LS_LENGTHS];
  for (int l = 0; l < LS_LENGTHS; l++) {
    double rms = ls_detector_noise_rms(d, longest * (l + 0.5) / LS_LENGTHS);
    double white = fmin(d->noise_white, rms);
    make_class(t, l, sqrt((rms * rms - white * white) / power), white);
    sum7[l] = sum_of_7(t->noise[l]);
    class_rms[l] = fmax(rms, 1e-30);
  }
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    for (int l = 0; l < LS_LENGTHS; l++)
      for (int j = 0; j < LS_AFTER_TAPS; j++) t->after[p][l][j] /= (float)class_rms[l];
    for (int w = 0; w < t->wires[p]; w++) {
      double length = ls_detector_wire_length(d, p, w), rms = ls_detector_noise_rms(d, length);
      int l = longest > 0 ? (int)fmin(length / longest * LS_LENGTHS, LS_LENGTHS - 1) : 0;
      t->length_class[p][w] = (uint8_t)l;
      t->rms[p][w] = (float)rms;
      /* 27 and 31 ADC are 2.7 sigma of the noise of the longest U and V wires */
      t->threshold[p][w] = (float)fmax(d->region_threshold[p], d->region_sigmas * sum7[l] * rms);
    }
  }
}
