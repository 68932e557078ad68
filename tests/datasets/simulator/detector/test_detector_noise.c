/* Noise: its size, spectrum, and that any part of it can be made alone. */
#include "datasets/simulator/detector/rig.h"
#include "datasets/simulator/transport/physics_table.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void test_rms(void **state) {
  (void)state;
  static const char planes[] = "UVY";
  static const int wires[] = {0, 150, 400, 1200, 2399};
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  float *noise = malloc((size_t)r.ticks * sizeof *noise);
  assert_non_null(noise);
  for (int p = 0; p < LS_WIRE_PLANES; p++)
    for (int k = 0; k < 5; k++) {
      double squares = 0, sum = 0, fourth = 0, count = 0;
      int events = ls_physics_sample(12);
      for (int e = 0; e < events; e++) {
        ls_readout_noise(r.readout, 1, (uint64_t)e, p, wires[k], 0, r.ticks, noise);
        for (int t = 0; t < r.ticks; t++) {
          double v = (double)noise[t];
          sum += v;
          squares += v * v;
          fourth += v * v * v * v;
          count++;
        }
      }
      int edge = wires[k] < 2399 - wires[k] ? wires[k] : 2399 - wires[k];
      double metres = p == 2 ? 2.33 : fmin(0.0059 + 0.00693 * edge, 4.659);
      double wanted = sqrt(0.81 + pow(0.79 + 0.22 * metres, 2)), rms = sqrt(squares / count);
      char name[64];
      snprintf(name, sizeof name, "noise of wire %d of %c, %.2f m", wires[k], planes[p], metres);
      ls_physics_row(name, rms, wanted, 0.05 * wanted, "ADC", "MicroBooNE, JINST 12 P08003");
      assert_true(fabs(sum / count) < 0.05);
      assert_true(fabs(fourth / count / pow(squares / count, 2) - 3) < 0.1); /* Gaussian */
    }
  free(noise);
  rig_close(&r);
}

static void test_pedestals(void **state) {
  (void)state;
  static const double pedestals[] = {2046, 2046, 473};
  static const char *const names[] = {"pedestal of U", "pedestal of V", "pedestal of Y"};
  rig r;
  ls_detector d = ls_detector_microboone();
  d.ticks = 640;
  rig_open(&r, &d);
  ls_readout_options options = ls_readout_options_default();
  options.form = LS_READOUT_DIGITS;
  options.whole = 1;
  rig_run(&r, &options, 1);
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    double count = r.wires[p] * (double)r.ticks;
    assert_int_equal(r.seen[p][0] + r.seen[p][(size_t)count - 1], 2);
    ls_physics_row(names[p], rig_sum(&r, p) / count, pedestals[p], 1, "ADC", "uboonecode 2017");
  }
  rig_close(&r);
}

/* Saturation at both ends of the digitiser. */
static void test_clipping(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  for (int i = 0; i < 100; i++) rig_add(&r, 20, 0, 500, 0, 50, 0.3);
  ls_readout_options options = ls_readout_options_default();
  options.form = LS_READOUT_DIGITS;
  rig_run(&r, &options, 1);
  float low = 1e9F, high = 0;
  for (int p = 0; p < LS_WIRE_PLANES; p++)
    for (size_t i = 0; i < (size_t)r.wires[p] * (size_t)r.ticks; i++)
      if (r.seen[p][i]) {
        low = fminf(low, r.values[p][i]);
        high = fmaxf(high, r.values[p][i]);
        assert_true(r.values[p][i] == rintf(r.values[p][i]));
      }
  assert_true(low == 0 && high == 4095);
  rig_close(&r);
}

static void test_any_part(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  float *whole = malloc((size_t)r.ticks * sizeof *whole), part[700];
  assert_non_null(whole);
  ls_readout_noise(r.readout, 5, 9, 1, 77, 0, r.ticks, whole);
  for (int first = 0; first < r.ticks - 700; first += 333) {
    int count = 1 + first % 700;
    ls_readout_noise(r.readout, 5, 9, 1, 77, first, count, part);
    assert_memory_equal(part, whole + first, (size_t)count * sizeof *part);
  }
  const struct {
    unsigned seed, event, wire;
    int plane;
  } others[] = {{6, 9, 77, 1}, {5, 8, 77, 1}, {5, 9, 78, 1}, {5, 9, 77, 0}};
  for (int k = 0; k < 4; k++) { /* each of these is noise of its own */
    double product = 0;
    ls_readout_noise(r.readout, others[k].seed, others[k].event, others[k].plane,
                     (int)others[k].wire, 0, 700, part);
    for (int t = 0; t < 700; t++) product += (double)(part[t] * whole[t]);
    assert_true(fabs(product / 700) < 0.8);
  }
  free(whole);
  rig_close(&r);
}

/* Power between two frequencies, against the table's. */
static void test_spectrum(void **state) {
  (void)state;
  enum { POINTS = 512 };
  static const double at[] = {0, 50, 100, 200, 300, 400, 500, 1000};
  static const double amplitude[] = {0.85, 0.90, 1, 0.78, 0.38, 0.17, 0, 0};
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  float noise[POINTS];
  double power[POINTS / 2 + 1] = {0}, wanted[POINTS / 2 + 1], coloured = 0;
  int events = ls_physics_sample(400);
  for (int e = 0; e < events; e++) {
    ls_readout_noise(r.readout, 2, (uint64_t)e, 2, 1000, 0, POINTS, noise);
    for (int k = 4; k <= POINTS / 2; k += 12) {
      double re = 0, im = 0;
      for (int t = 0; t < POINTS; t++) {
        double turn = 2 * 3.14159265358979323846 * k * t / POINTS;
        re += (double)noise[t] * cos(turn);
        im += (double)noise[t] * sin(turn);
      }
      power[k] += (re * re + im * im) / POINTS / events;
    }
  }
  for (int k = 0; k <= POINTS / 2; k++) {
    double khz = 1000.0 * k / (POINTS / 2);
    int i = 0;
    while (khz > at[i + 1]) i++;
    double a =
        amplitude[i] + (amplitude[i + 1] - amplitude[i]) * (khz - at[i]) / (at[i + 1] - at[i]);
    wanted[k] = a * a;
    coloured += a * a / (POINTS / 2 + 1);
  }
  double rms2 = 0.81 + pow(0.79 + 0.22 * 2.33, 2), white = 0.65 * 0.65;
  for (int k = 4; k <= POINTS / 2; k += 12) {
    double expected = (rms2 - white) * wanted[k] / coloured + white;
    assert_true(fabs(power[k] / expected - 1) < 0.30); /* 400 events: 5%; 17 taps: 14% */
  }
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rms),      cmocka_unit_test(test_pedestals),
      cmocka_unit_test(test_clipping), cmocka_unit_test(test_any_part),
      cmocka_unit_test(test_spectrum),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
