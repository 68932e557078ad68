/* Regions of interest, deconvolution, the shortcut, noise near signals. */
#include "datasets/simulator/detector/rig.h"
#include "datasets/simulator/transport/physics_table.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A dense cloud, as of a shower, and a track. */
static void add_shower(rig *r) {
  unsigned random = 5;
  for (int i = 0; i < 4000; i++) {
    double u[6];
    for (int k = 0; k < 6; k++) {
      random = random * 1664525u + 1013904223u;
      u[k] = random / 4294967296.0;
    }
    double depth = 80 * u[0] * u[1], wide = 0.1 * depth + 1;
    rig_add(r, 100 + wide * (u[2] - u[3]) + 0.4 * depth, wide * (u[4] - u[5]) + 0.3 * depth,
            400 + depth, 0, 0.15, 0.07);
  }
}

/* Without noise and before truncation. In the halo of a shower signals stay below the thresholds,
 * which are lowered for it: what is tested is the deconvolution. */
static void test_sums(void **state) {
  (void)state;
  static const char planes[] = "UVY";
  static const char *const kinds[] = {"track", "shower"};
  for (int kind = 0; kind < 2; kind++) {
    rig r;
    ls_detector d = ls_detector_microboone();
    if (kind) d.region_sigmas = 0;
    for (int p = 0; kind && p < LS_WIRE_PLANES; p++) d.region_threshold[p] = 2;
    rig_open(&r, &d);
    if (kind)
      add_shower(&r);
    else
      rig_add_track(&r, (double[]){60, -40, 300}, (double[]){0.1, 0.25, 0.96}, 250, 0.1);
    ls_readout_options options = ls_readout_options_default();
    options.noise = options.rounding = 0;
    rig_run(&r, &options, 1);
    for (int p = 0; p < LS_WIRE_PLANES; p++) {
      char name[80];
      double sum = rig_sum(&r, p) * d.unit_electrons / r.losses.charge[p];
      snprintf(name, sizeof name, "deconvolved sum of a %s on %c by its charge", kinds[kind],
               planes[p]);
      ls_physics_row(name, sum, 1, p == 2 ? 0.03 : 0.10, "", "U : V : Y = 1 : 1 : 1");
    }
    rig_close(&r);
  }
}

/* A minimum ionising track across the Y wires, 1 m from them. */
static void test_mip(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  rig_add_track(&r, (double[]){100, 0, 300}, (double[]){0, 0, 1}, 200, 0.1);
  ls_readout_options options = ls_readout_options_default();
  rig_run(&r, &options, 1);
  double area = 0, peak = 0, pixels = 0;
  const int wires = 400;
  for (int w = 1100; w < 1100 + wires; w++) {
    double high = 0;
    for (int t = 0; t < r.ticks; t++) {
      double v = (double)rig_wire(&r, 2, w)[t];
      area += v / wires;
      high = fmax(high, v);
      pixels += (v != 0) / (double)wires;
    }
    peak += high / wires;
  }
  static const char source[] = "200 electrons a unit, truncated";
  ls_physics_row("area of a MIP on Y", area, 68, 7, "units", source);
  ls_physics_row("peak of a MIP on Y", peak, 8.5, 1, "units", source);
  ls_physics_row("nonzero pixels of a MIP on a wire of Y", pixels, 15, 2, "", source);
  rig_close(&r);
}

/* With no neighbours, noise, rounding and regions, deconvolution undoes the response exactly. */
static void test_shortcut(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  for (int p = 0; p < LS_WIRE_PLANES; p++) d.neighbour.rise[p] = d.neighbour.fall[p] = 0;
  rig_open(&r, &d);
  rig_add_track(&r, (double[]){60, -40, 300}, (double[]){0.5, 0.25, 0.8}, 150, 0.1);
  add_shower(&r);
  ls_readout_options options = rig_exact(LS_READOUT_SHORTCUT);
  rig_run(&r, &options, 1);
  float *shortcut[LS_WIRE_PLANES];
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    size_t bytes = (size_t)r.wires[p] * (size_t)r.ticks * sizeof(float);
    shortcut[p] = malloc(bytes);
    assert_non_null(shortcut[p]);
    memcpy(shortcut[p], r.values[p], bytes);
  }
  options.form = LS_READOUT_WIRES;
  rig_run(&r, &options, 1);
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    double peak = 0, worst = 0;
    for (size_t i = 0; i < (size_t)r.wires[p] * (size_t)r.ticks; i++) {
      peak = fmax(peak, (double)fabsf(shortcut[p][i]));
      worst = fmax(worst, (double)fabsf(shortcut[p][i] - r.values[p][i]));
    }
    assert_true(peak > 20);
    static const char *const names[] = {"chain against shortcut on U",
                                        "chain against shortcut on V",
                                        "chain against shortcut on Y"};
    ls_physics_row(names[p], worst / peak, 0, 0.005, "of the peak", "exact algebra");
    free(shortcut[p]);
  }
  rig_close(&r);
}

/* Along the drift the induction planes see next to nothing: the chain shows it, the shortcut
 * cannot. */
static void test_prolonged(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  rig_add_track(&r, (double[]){20, 10.1, 500}, (double[]){1, 0.002, 0.002}, 200, 0.05);
  double part[2][LS_WIRE_PLANES];
  for (int shortcut = 0; shortcut < 2; shortcut++) {
    ls_readout_options options = ls_readout_options_default();
    options.noise = 0;
    if (shortcut) options.form = LS_READOUT_SHORTCUT;
    rig_run(&r, &options, 1);
    for (int p = 0; p < LS_WIRE_PLANES; p++)
      part[shortcut][p] = rig_sum(&r, p) * d.unit_electrons / r.losses.charge[p];
  }
  print_message("# chain %.3f %.3f %.3f, shortcut %.3f %.3f %.3f\n", part[0][0], part[0][1],
                part[0][2], part[1][0], part[1][1], part[1][2]);
  ls_physics_row("track along the drift on U by its charge", part[0][0], 0, 0.05, "",
                 "bipolar signals cancel");
  ls_physics_row("track along the drift on V by its charge", part[0][1], 0, 0.05, "",
                 "bipolar signals cancel");
  ls_physics_row("track along the drift on Y by its charge", part[0][2], 1, 0.15, "",
                 "unipolar signals add up");
  for (int p = 0; p < LS_WIRE_PLANES; p++) assert_true(part[1][p] > 0.7);
  rig_close(&r);
}

/* Copies what was seen, to compare with another run. */
typedef struct picture {
  float *values[LS_WIRE_PLANES];
  unsigned char *seen[LS_WIRE_PLANES];
} picture;

static void take(const rig *r, picture *copy) {
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    size_t count = (size_t)r->wires[p] * (size_t)r->ticks;
    copy->values[p] = malloc(count * sizeof(float));
    copy->seen[p] = malloc(count);
    assert_non_null(copy->values[p]);
    assert_non_null(copy->seen[p]);
    memcpy(copy->values[p], r->values[p], count * sizeof(float));
    memcpy(copy->seen[p], r->seen[p], count);
  }
}

static void drop(picture *copy) {
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    free(copy->values[p]);
    free(copy->seen[p]);
  }
}

/* Of a plane's values near signals those that are the same if noise is made everywhere, and of all
 * those not zero those near signals. */
static void compare_noise(rig *r, const ls_readout_options *near, double equal[LS_WIRE_PLANES],
                          double found[LS_WIRE_PLANES]) {
  picture seen;
  ls_readout_options everywhere = *near;
  everywhere.whole = 1;
  rig_run(r, near, 1);
  take(r, &seen);
  rig_run(r, &everywhere, 1);
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    double both = 0, same = 0, all = 0, there = 0;
    for (size_t i = 0; i < (size_t)r->wires[p] * (size_t)r->ticks; i++) {
      all += r->values[p][i] != 0;
      there += seen.values[p][i] != 0;
      both += seen.seen[p][i];
      same += seen.seen[p][i] && seen.values[p][i] == r->values[p][i];
    }
    assert_true(both > 10000);
    equal[p] = same / both;
    found[p] = there / all;
    print_message("# plane %d: %.0f of %.0f values equal, %.0f of %.0f nonzero ones\n", p, same,
                  both, there, all);
  }
  drop(&seen);
}

/* What was put into a window, against the whole. */
typedef struct window {
  const rig *r;
  int first, count;
  size_t compared;
} window;

static ls_status compare_window(void *context, int plane, int wire, int tick, int count,
                                const float *values, ls_error *error) {
  window *w = context;
  (void)error;
  assert_true(tick == w->first && count == w->count);
  assert_memory_equal(values, rig_wire(w->r, plane, wire) + tick, (size_t)count * sizeof *values);
  w->compared += (size_t)count;
  return LS_OK;
}

/* Waveforms made some ticks at a time are those made at once. */
static void test_windows(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  d.ticks = 3000;
  d.trigger_tick = 0;
  rig_open(&r, &d);
  rig_add_track(&r, (double[]){10, -40, 300}, (double[]){0.5, 0.25, 0.3}, 280, 0.1);
  rig_add_track(&r, (double[]){30, -40, 300}, (double[]){1, 0, 0}, 100, 0.1);
  ls_readout_options options = ls_readout_options_default();
  options.form = LS_READOUT_DIGITS;
  options.whole = 1;
  rig_run(&r, &options, 1);
  static const int sizes[] = {1, 63, 64, 640, 1001, 700, 531};
  window w = {.r = &r};
  const ls_trace_sink sink = {compare_window, &w};
  assert_int_equal(ls_readout_charge(r.readout, &r.deposits, NULL), LS_OK);
  for (int p = 0; p < LS_WIRE_PLANES; p++)
    for (int k = 0, first = 0; first < r.ticks; first += sizes[k++]) {
      options.first = w.first = first;
      options.count = w.count = sizes[k];
      assert_int_equal(ls_readout_plane(r.readout, p, &options, 1, 3, &sink, NULL), LS_OK);
    }
  assert_int_equal(w.compared, 3000 * (2400 + 2400 + 3456));
  rig_close(&r);
}

static void test_noise_near_signals(void **state) {
  (void)state;
  rig r;
  double equal[LS_WIRE_PLANES], found[LS_WIRE_PLANES];
  ls_detector d = ls_detector_microboone();
  ls_readout_options digits = ls_readout_options_default(), wires = digits;
  digits.form = LS_READOUT_DIGITS;
  rig_open(&r, &d);
  rig_add_track(&r, (double[]){60, -40, 300}, (double[]){0.5, 0.25, 0.8}, 150, 0.1);
  add_shower(&r);
  compare_noise(&r, &digits, equal, found);
  for (int p = 0; p < LS_WIRE_PLANES; p++) assert_true(equal[p] == 1);
  compare_noise(&r, &wires, equal, found);
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    assert_true(equal[p] > 0.999);
    assert_true(found[p] > 0.97); /* the rest is noise alone */
  }
  rig_close(&r);
}

/* With thresholds so low that noise passes them every few hundred ticks, regions often go on beyond
 * the signal, sometimes beyond where they are looked for. */
static void test_low_thresholds(void **state) {
  (void)state;
  rig r;
  double equal[LS_WIRE_PLANES], found[LS_WIRE_PLANES];
  ls_detector d = ls_detector_microboone();
  d.region_sigmas = 3.2;
  ls_readout_options options = ls_readout_options_default();
  options.rounding = 0; /* the baseline of a region tells where it ends */
  rig_open(&r, &d);
  rig_add_track(&r, (double[]){60, -40, 300}, (double[]){0.5, 0.25, 0.8}, 150, 0.1);
  compare_noise(&r, &options, equal, found);
  assert_true((equal[0] + equal[1] + equal[2]) / 3 > 0.99);
  rig_close(&r);
}

/* An event does not depend on those before it. */
static void test_repeats(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  picture first;
  ls_readout_options options = ls_readout_options_default();
  add_shower(&r);
  rig_run(&r, &options, 1);
  take(&r, &first);
  rig_clear(&r);
  rig_add_track(&r, (double[]){60, -40, 300}, (double[]){0.5, 0.25, 0.8}, 150, 0.1);
  rig_run(&r, &options, 2);
  rig_clear(&r);
  add_shower(&r);
  rig_run(&r, &options, 1);
  for (int p = 0; p < LS_WIRE_PLANES; p++)
    assert_memory_equal(first.values[p], r.values[p],
                        (size_t)r.wires[p] * (size_t)r.ticks * sizeof(float));
  drop(&first);
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sums),           cmocka_unit_test(test_mip),
      cmocka_unit_test(test_shortcut),       cmocka_unit_test(test_prolonged),
      cmocka_unit_test(test_windows),        cmocka_unit_test(test_noise_near_signals),
      cmocka_unit_test(test_low_thresholds), cmocka_unit_test(test_repeats),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
