/* Kernels that charge is folded with, and the filters that undo them. */
#include "base/memory.h"
#include "datasets/simulator/detector/readout_internal.h"
#include "datasets/simulator/detector/spectrum.h"

#include <math.h>
#include <stdlib.h>

enum { NYQUIST = LS_SPECTRUM / 2 };
static const double kernel_cut = 1e-4; /* kernels end where they stay under this part of the peak */
static const double filter_cut = 2e-4;

/* The cubic B-spline that scatter.c spreads charge by in time; the kernels divide it out. */
static double spline(double w) {
  double half = w / 2, s = fabs(half) < 1e-9 ? 1 : sin(half) / half;
  return s * s * s * s;
}

static int place(int tick) {
  return (tick + LS_SPECTRUM) % LS_SPECTRUM;
}

/* field: NULL: the software filter, per unit. */
static void fill_spectrum(const ls_readout_tables *t, const ls_field_response *field, int plane,
                          int width, double complex *values) {
  const ls_detector *d = &t->detector;
  double sigma = t->widest_along * (width + 0.5) / LS_WIDTHS, filter = field ? 0 : d->filter_width;
  for (int k = 0; k < LS_SPECTRUM; k++) {
    double w = ls_spectrum_angle(k);
    double gain = exp(-0.5 * w * w * (sigma * sigma + filter * filter)) / spline(w) / LS_SPECTRUM;
    double complex r = field ? ls_spectrum_response(d, field, plane, w) : 1 / d->unit_electrons;
    values[k] = k == NYQUIST ? 0 : r * gain;
  }
  ls_spectrum_to_ticks(values);
}

/* Widens low .. high to where a shape is not negligible. */
static void find_extent(const double complex *values, int *low, int *high) {
  double peak = 0;
  for (int k = 0; k < LS_SPECTRUM; k++) peak = fmax(peak, fabs(creal(values[k])));
  for (int lag = -LS_KERNEL_BEFORE; lag < LS_KERNEL_MOST - LS_KERNEL_BEFORE; lag++)
    if (fabs(creal(values[place(lag)])) > kernel_cut * peak) {
      if (lag < *low) *low = lag;
      if (lag > *high) *high = lag;
    }
}

static ls_status make_kernel(const ls_readout_tables *t, const ls_field_response *field, int plane,
                             ls_kernel *kernel, ls_error *error) {
  double complex(*shapes)[LS_SPECTRUM] = malloc(sizeof *shapes * LS_WIDTHS);
  if (!shapes) return ls_fail(error, LS_MEMORY, "no memory for the detector's response");
  int low = 0, high = 0;
  for (int i = 0; i < LS_WIDTHS; i++) {
    fill_spectrum(t, field, plane, i, shapes[i]);
    find_extent(shapes[i], &low, &high);
  }
  kernel->before = -low;
  kernel->length = high - low + 1;
  ls_status status = LS_OK;
  for (int i = 0; status == LS_OK && i < LS_WIDTHS; i++) {
    status = ls_allocate((void **)&kernel->taps[i],
                         sizeof(float) * (LS_KERNEL_MOST + 2 * LS_KERNEL_EDGE),
                         "the detector's response", error);
    for (int j = 0; status == LS_OK && j < kernel->length; j++)
      kernel->taps[i][LS_KERNEL_EDGE + j] = (float)creal(shapes[i][place(j + low)]);
  }
  free(shapes);
  return status;
}

ls_status ls_tables_kernels(ls_readout_tables *t, ls_error *error) {
  const ls_detector *d = &t->detector;
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    LS_TRY(make_kernel(t, &d->own, p, &t->own[p], error));
    LS_TRY(make_kernel(t, &d->neighbour, p, &t->neighbour[p], error));
  }
  return make_kernel(t, NULL, 0, &t->smooth, error);
}

/* Gaussian / response. That of an induction plane has a zero at frequency 0, so its inverse has no
 * end: kept is the inverse's first difference, which has one, and regions.c sums it up. */
static void make_filter(ls_readout_tables *t, int p) {
  const ls_detector *d = &t->detector;
  double complex values[LS_SPECTRUM];
  for (int k = 0; k < LS_SPECTRUM; k++) {
    double w = ls_spectrum_angle(k), width = w * d->filter_width;
    double gain = exp(-0.5 * width * width) / d->unit_electrons / LS_SPECTRUM;
    if (k == 0) w = 1e-6; /* the limit of the difference divided by the response */
    double complex difference = t->induction[p] ? 1 - cos(w) + I * sin(w) : 1;
    values[k] = k == NYQUIST ? 0 : gain * difference / ls_spectrum_all_wires(d, p, w);
  }
  ls_spectrum_to_ticks(values);
  double peak = 0;
  int low = 0, high = 0;
  for (int k = 0; k < LS_SPECTRUM; k++) peak = fmax(peak, fabs(creal(values[k])));
  for (int lag = -LS_FILTER_MOST / 2; lag < LS_FILTER_MOST / 2; lag++)
    if (fabs(creal(values[place(lag)])) > filter_cut * peak) {
      if (lag < low) low = lag;
      if (lag > high) high = lag;
    }
  /* tap j weighs the sample filter_before - j ticks earlier */
  t->filter_before[p] = high;
  t->filter_length[p] = high - low + 1;
  double sum = 0, all = 0;
  for (int k = 0; k < LS_SPECTRUM; k++) all += creal(values[k]);
  for (int j = 0; j < t->filter_length[p]; j++) sum += creal(values[place(high - j)]);
  for (int j = 0; j < t->filter_length[p]; j++)
    t->filter[p][j] = (float)(creal(values[place(high - j)]) * (t->induction[p] ? 1 : all / sum));
}

void ls_tables_filters(ls_readout_tables *t) {
  for (int p = 0; p < LS_WIRE_PLANES; p++) make_filter(t, p);
}
