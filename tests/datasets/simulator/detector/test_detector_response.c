/* Diffusion and the shape of signals. */
#include "datasets/simulator/detector/lanes.h"
#include "datasets/simulator/detector/rig.h"
#include "datasets/simulator/transport/physics_table.h"
#include "support/test.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* Mean of squares of wires and ticks around where a charge belongs, weighed by |value|'s sum. */
typedef struct spread {
  double across, along;
} spread;

static spread measure(const rig *r, double wire, double tick) {
  double sum = 0, mean = 0, ticks2 = 0, wires2 = 0;
  for (int w = (int)wire - 8; w <= (int)wire + 8; w++)
    for (int t = (int)tick - 150; t < (int)tick + 150; t++) {
      double v = (double)rig_wire(r, 2, w)[t];
      sum += v;
      mean += v * (t - tick);
      ticks2 += v * (t - tick) * (t - tick);
      wires2 += v * (w - wire) * (w - wire);
    }
  mean /= sum;
  return (spread){.across = wires2 / sum, .along = ticks2 / sum - mean * mean};
}

/* Widths across: from the grid of charge, at 16 places between two wires, of which a charge shared
 * among wires gets 1/12 more. Along: from the waveform, compared with that of no drift. */
static void test_diffusion(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  ls_readout_options grid = rig_exact(LS_READOUT_CHARGE), signal = rig_exact(LS_READOUT_SIGNAL);
  double start = 0;
  for (int cm = 0; cm <= 250; cm += 50) {
    double x = cm ? cm : 1e-4, time = x / 0.1098, tick = 3200 + 2 * time, across = 0, along = 0;
    for (int k = 0; k < 16; k++) {
      rig_clear(&r);
      rig_add(&r, x, 0, 300.25 + 0.3 * k / 16, 0, 1, 0.3);
      double wire = 1000 + k / 16.0;
      rig_run(&r, &grid, 1);
      across += measure(&r, wire, tick).across / 16;
      rig_run(&r, &signal, 1);
      along += measure(&r, wire, tick).along / 16;
    }
    if (!cm) start = along;
    if (!cm) continue;
    char name[64];
    double wanted = 2 * 5.85e-6 * time / 0.09,
           wanted_along = 2 * 3.74e-6 * time / (0.0549 * 0.0549);
    snprintf(name, sizeof name, "diffusion across after %d cm", cm);
    ls_physics_row(name, across - 1 / 12.0, wanted, 0.03 * wanted, "wires^2", "sigma^2 = 2 D t");
    snprintf(name, sizeof name, "diffusion along after %d cm", cm);
    ls_physics_row(name, along - start, wanted_along, 0.03 * wanted_along, "ticks^2",
                   "sigma^2 = 2 D t");
  }
  rig_close(&r);
}

/* Largest and smallest sample of a wire, by interpolation of the event moved by parts of a tick. */
typedef struct peaks {
  double high, low, area, width;
} peaks;

/* 1000 electrons right at the planes, on a wire that is shift wires away. */
static peaks look_at(rig *r, int plane, int shift) {
  peaks found = {0};
  for (int k = 0; k < 8; k++) {
    rig_clear(r);
    /* y, z of the middle of wire 1200 of each plane */
    double z = plane == 2 ? 1200 * 0.3 + 0.25 : (1200 * 0.3 - r->detector.wire_offset[plane]) * 2;
    rig_add(r, 1e-4, 0, z, k / 16.0, 0.1, 0.05);
    ls_readout_options options = rig_exact(LS_READOUT_SIGNAL);
    options.neighbours = 1;
    rig_run(r, &options, 1);
    double scale = 1000 / r->losses.electrons;
    const float *wire = rig_wire(r, plane, 1200 + shift);
    double high = 0, low = 0, area = 0;
    for (int t = 3000; t < 3400; t++) {
      high = fmax(high, (double)wire[t] * scale);
      low = fmin(low, (double)wire[t] * scale);
      area += (double)wire[t] * scale;
    }
    double above = 0; /* width at half height */
    for (int t = 3000; t < 3400; t++) {
      double a = (double)wire[t] * scale - high / 2, b = (double)wire[t + 1] * scale - high / 2;
      above += a > 0 && b > 0 ? 1 : a > 0 ? a / (a - b) : b > 0 ? b / (b - a) : 0;
    }
    found.high = fmax(found.high, high);
    found.low = fmin(found.low, low);
    found.area = area;
    found.width += above / 8 * 0.5;
  }
  return found;
}

static void test_peaks(void **state) {
  (void)state;
  static const double high[] = {0.99, 1.13, 3.48}, low[] = {-1.33, -1.10, 0};
  static const double next[3][3] = {{0.29, 0.11, 0.07}, {0.34, 0.05, 0.015}, {0.11, 0.02, 0.006}};
  static const char planes[] = "UVY";
  static const char source[] = "Wire-Cell's field responses, 14 mV/fC, 2 us";
  rig r;
  ls_detector d = ls_detector_microboone();
  d.diffusion_across = d.diffusion_along = 0;
  rig_open(&r, &d);
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    char name[96];
    peaks own = look_at(&r, p, 0);
    snprintf(name, sizeof name, "peak of 1000 electrons on %c", planes[p]);
    ls_physics_row(name, own.high, high[p], 0.03 * high[p], "ADC", source);
    if (p < 2) {
      snprintf(name, sizeof name, "lowest sample of 1000 electrons on %c", planes[p]);
      ls_physics_row(name, own.low, low[p], -0.03 * low[p], "ADC", source);
      snprintf(name, sizeof name, "area of 1000 electrons on %c", planes[p]);
      ls_physics_row(name, own.area, 0, 0.02, "ADC ticks", source);
    } else {
      ls_physics_row("area of 1000 electrons on Y", own.area, 23.8, 0.24, "ADC ticks", source);
      /* one exponential cannot have this peak, area and width at once */
      ls_physics_row("width of a signal on Y at half height", own.width, 2.83, 0.28, "us", source);
    }
    double most = fmax(own.high, -own.low);
    for (int k = 1; k <= 3; k++) {
      peaks beside = look_at(&r, p, k), other = look_at(&r, p, -k);
      assert_true(fabs(beside.high - other.high) < 1e-4);
      snprintf(name, sizeof name, "largest sample %d wires beside, by the wire's, on %c", k,
               planes[p]);
      ls_physics_row(name, fmax(beside.high, -beside.low) / most, next[p][k - 1],
                     0.05 * next[p][k - 1], "", source);
    }
  }
  rig_close(&r);
}

/* What a wire shows, by frequencies in float64: every deposit with its own width and place. */
enum { POINTS = 8192, FREQUENCIES = POINTS / 2, FIRST = 3000, LAST = 8000, DEPOSITS = 120 };

static double complex field(const ls_field_response *f, int p, double o) {
  double complex current =
      f->rise[p] / (1 - I * o * f->rise_time[p]) - f->fall[p] / (1 + I * o * f->fall_time[p]);
  return current * exp(-0.5 * o * o * f->smear[p] * f->smear[p]);
}

/* The electronics by its integral over time, not by the power of a pole. */
static double complex electronics(const ls_detector *d, double o) {
  double complex sum = 0;
  const double step = 0.02, tp = d->shaping_time;
  for (double t = step / 2; t < 40; t += step)
    sum += pow(t / tp, 5) * exp(5 * (1 - t / tp)) * cexp(-I * o * t) * step;
  return sum / d->tick / d->electrons_per_adc;
}

static double share(double wire, double place, double sigma) {
  double s = fmax(sigma, 1e-9) * sqrt(2);
  return 0.5 * (erf((wire + 0.5 - place) / s) - erf((wire - 0.5 - place) / s));
}

static void expected_wire(const rig *r, int p, int wire, const double complex *shaped,
                          double *waveform) {
  const ls_detector *d = &r->detector;
  const double weights[] = {0, 1, d->neighbour_2[p], d->neighbour_3[p]};
  ls_readout_view view = ls_readout_deposits(r->readout);
  for (int t = 0; t < r->ticks; t++) waveform[t] = 0;
  for (int k = 0; k < FREQUENCIES; k++) {
    double w = 2 * pi * k / POINTS, o = w / d->tick;
    double complex own = 0, beside = 0;
    for (size_t i = 0; i < view.count; i++) {
      double time = (double)r->deposits.x[i] / d->velocity;
      double across = sqrt(2e-6 * d->diffusion_across * time) / d->pitch;
      double along = sqrt(2e-6 * d->diffusion_along * time) / d->velocity / d->tick;
      double complex arrival = (double)view.charge[p][i] * exp(-0.5 * w * w * along * along) *
                               cexp(-I * w * (double)view.tick[p][i]);
      double place = (double)view.wire[p][i], next = 0;
      if (fabs(place - wire) > 9) continue;
      for (int n = 1; n <= 3; n++)
        next += weights[n] * (share(wire + n, place, across) + share(wire - n, place, across));
      own += arrival * share(wire, place, across);
      beside += arrival * next;
    }
    double complex all =
        (own * field(&d->own, p, o) + beside * field(&d->neighbour, p, o)) * shaped[k];
    double scale = (k ? 2.0 : 1.0) / POINTS;
    double complex turn = cexp(I * w), at = all * cexp(I * w * FIRST);
    for (int t = FIRST; t < LAST; t++, at *= turn) waveform[t] += scale * creal(at);
  }
}

static void test_waveforms(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  unsigned random = 7;
  for (int i = 0; i < DEPOSITS; i++) {
    double u[4];
    for (int k = 0; k < 4; k++) {
      random = random * 1664525u + 1013904223u;
      u[k] = random / 4294967296.0;
    }
    rig_add(&r, 2 + 250 * (i / 8) / 15.0 + 3 * u[0], 2 * u[1], 500 + 2 * u[2], 0, 0.2 + u[3], 0.3);
  }
  ls_readout_options options = rig_exact(LS_READOUT_SIGNAL);
  options.neighbours = 1;
  rig_run(&r, &options, 1);
  double complex *shaped = malloc(sizeof *shaped * FREQUENCIES);
  double *waveform = malloc(sizeof *waveform * (size_t)r.ticks);
  assert_non_null(shaped);
  assert_non_null(waveform);
  for (int k = 0; k < FREQUENCIES; k++) shaped[k] = electronics(&d, 2 * pi * k / POINTS / d.tick);
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    int wire = (int)lrint((double)ls_readout_deposits(r.readout).wire[p][0]);
    expected_wire(&r, p, wire, shaped, waveform);
    double peak = 0, worst = 0;
    for (int t = FIRST; t < LAST; t++) {
      peak = fmax(peak, fabs(waveform[t]));
      worst = fmax(worst, fabs(waveform[t] - (double)rig_wire(&r, p, wire)[t]));
    }
    static const char *const names[] = {"waveforms on U against float64 by frequencies",
                                        "waveforms on V against float64 by frequencies",
                                        "waveforms on Y against float64 by frequencies"};
    assert_true(peak > 10);
    ls_physics_row(names[p], worst / peak, 0, 0.005, "of the peak", "every deposit by itself");
  }
  free(shaped);
  free(waveform);
  rig_close(&r);
}

/* All sets of instructions give the same bits. */
static void test_instructions(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  rig_add_track(&r, (double[]){40, -60, 300}, (double[]){0.3, 0.4, 0.8}, 150, 0.1);
  const ls_lanes *all[4];
  ls_lanes_all(all);
  float *first[LS_WIRE_PLANES] = {0};
  for (int l = 0; all[l]; l++) {
    print_message("# %s\n", all[l]->name);
    r.tables->lanes = all[l];
    ls_readout_options options = ls_readout_options_default();
    options.rounding = 0; /* the bits of floats, after all stages */
    rig_run(&r, &options, 1);
    for (int p = 0; p < LS_WIRE_PLANES; p++) {
      size_t bytes = (size_t)r.wires[p] * (size_t)r.ticks * sizeof(float);
      if (l == 0) {
        first[p] = malloc(bytes);
        assert_non_null(first[p]);
        memcpy(first[p], r.values[p], bytes);
      }
      assert_memory_equal(first[p], r.values[p], bytes);
    }
  }
  if (!all[1]) print_message("# this processor has one set alone\n");
  for (int p = 0; p < LS_WIRE_PLANES; p++) free(first[p]);
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_diffusion),
      cmocka_unit_test(test_peaks),
      cmocka_unit_test(test_waveforms),
      cmocka_unit_test(test_instructions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
