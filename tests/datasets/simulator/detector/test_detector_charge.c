/* Recombination, drift, lifetime, wires and ticks of single deposits. */
#include "datasets/simulator/detector/rig.h"
#include "datasets/simulator/transport/physics_table.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>

static void test_hand_value(void **state) {
  (void)state;
  rig r;
  ls_detector jaxtpc = ls_detector_jaxtpc();
  rig_open(&r, &jaxtpc);
  rig_add(&r, 80, 0, 500, 30, 0.63, 0.3);
  ls_readout_options options = rig_exact(LS_READOUT_CHARGE);
  rig_run(&r, &options, 1);
  ls_readout_view view = ls_readout_deposits(r.readout);
  double left = 18820.9 * exp(-80 / (0.16 * 10000));
  ls_physics_row("electrons of 0.63 MeV in 3 mm at 500 V/cm", (double)view.electrons[0], 18820.9,
                 0.19, "electrons", "modified box by hand");
  ls_physics_row("electrons left after 80 cm, 10 ms", (double)view.charge[2][0], left, left * 1e-5,
                 "electrons", "exp(-t/tau)");
  ls_physics_row("arrival time of 80 cm at 30 us", (double)view.tick[2][0], 2 * (80 / 0.16 + 30),
                 0.0106, "ticks", "2 (x/v + t)");
  rig_close(&r);
}

/* The published parts are for LArSoft's density at 89 K. */
static void test_recombination(void **state) {
  (void)state;
  static const double dedx[] = {1.7, 2.1, 5, 10, 20};
  static const double parts[2][5] = {{0.664, 0.633, 0.469, 0.334, 0.222},
                                     {0.656, 0.630, 0.486, 0.349, 0.224}};
  static const char *const names[] = {"modified box", "Birks"};
  for (int model = 0; model < 2; model++) {
    ls_detector d = ls_detector_microboone();
    d.recombination = model;
    d.density = 1.3807;
    rig r;
    rig_open(&r, &d);
    for (int i = 0; i < 5; i++) rig_add(&r, 50, 0, 500, 0, 0.3 * dedx[i], 0.3);
    ls_readout_options options = rig_exact(LS_READOUT_CHARGE);
    rig_run(&r, &options, 1);
    ls_readout_view view = ls_readout_deposits(r.readout);
    for (int i = 0; i < 5; i++) {
      char name[96];
      snprintf(name, sizeof name, "recombination (%s) at %g MeV/cm, 273 V/cm, 1.3807 g/cm3",
               names[model], dedx[i]);
      double made = 0.3 * dedx[i] / 23.6e-6;
      ls_physics_row(name, (double)view.electrons[i] / made, parts[model][i],
                     0.005 * parts[model][i], "", "ICARUS 2004; ArgoNeuT 2013");
    }
    rig_close(&r);
  }
}

/* The grid of charge on each plane holds what the formula says, at the edges of planes too. */
static void test_charge_is_kept(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  d.lifetime = 2000; /* so that it matters */
  rig_open(&r, &d);
  double expected = 0;
  unsigned random = 1;
  for (int i = 0; i < 2000; i++) {
    double u[4];
    for (int k = 0; k < 4; k++) {
      random = random * 1664525u + 1013904223u;
      u[k] = random / 4294967296.0;
    }
    double x = 256.3 * u[0], energy = 0.3 + u[3], dedx = energy / 0.3;
    double xi = 0.212 * dedx / (1.396 * 0.273);
    rig_add(&r, x, -116.5 + 233 * u[1], 1036.8 * u[2], 0, energy, 0.3);
    expected += energy / 23.6e-6 * log(0.93 + xi) / xi * exp(-x / 0.1098 / 2000);
  }
  ls_readout_options options = rig_exact(LS_READOUT_CHARGE);
  rig_run(&r, &options, 1);
  static const char *const names[] = {"charge after drift on U by sum q exp(-t/tau)",
                                      "charge after drift on V by sum q exp(-t/tau)",
                                      "charge after drift on Y by sum q exp(-t/tau)"};
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    ls_physics_row(names[p], rig_sum(&r, p) / expected, 1, 1e-3, "", "exp(-t/tau)");
    assert_true(fabs(r.losses.charge[p] / expected - 1) < 1e-4);
  }
  rig_close(&r);
}

static void test_wires(void **state) {
  (void)state;
  static const double wires[] = {1202.3, 1196.7, 1727.5};
  static const char *const names[] = {"U wire at y 0, z 518.5 cm", "V wire at y 0, z 518.5 cm",
                                      "Y wire at y 0, z 518.5 cm"};
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  rig_add(&r, 256, 0, 518.5, 0, 1, 0.3);
  ls_readout_options options = rig_exact(LS_READOUT_CHARGE);
  rig_run(&r, &options, 1);
  ls_readout_view view = ls_readout_deposits(r.readout);
  for (int p = 0; p < LS_WIRE_PLANES; p++)
    ls_physics_row(names[p], (double)view.wire[p][0], wires[p], 0.01, "wires",
                   "MicroBooNE geometry");
  ls_physics_row("tick of x 256 cm", (double)view.tick[0][0], 3200 + 256 / 0.1098 * 2, 0.1, "ticks",
                 "trigger at tick 3200");
  rig_close(&r);
}

/* What lies at or beyond the edges. */
static void test_edges(void **state) {
  (void)state;
  rig r;
  ls_detector d = ls_detector_microboone();
  rig_open(&r, &d);
  rig_add(&r, 100, 0, 500, 0, 0.3, 0);           /* a point: dE/dx of the description */
  rig_add(&r, 100, 0, 500, 0, 0.3, 0.3 / 2.1);   /* the same as a step of 2.1 MeV/cm */
  rig_add(&r, 100, 0, 500, 0, 0.3, 3);           /* less than the least dE/dx */
  rig_add(&r, 100, -116.5, 1036.8, 0, 0.3, 0.1); /* beyond the last wire of U */
  rig_add(&r, -0.01, 0, 500, 0, 0.3, 0.1);       /* four outside the volume */
  rig_add(&r, 256.35, 0, 500, 0, 0.3, 0.1);
  rig_add(&r, 100, 116.6, 500, 0, 0.3, 0.1);
  rig_add(&r, 100, 0, 1036.9, 0, 0.3, 0.1);
  rig_add(&r, 100, 0, 500, 3000, 0.3, 0.1);  /* after the last tick */
  rig_add(&r, 100, 0, 500, -3000, 0.3, 0.1); /* before the first */
  rig_add(&r, 100, 0, 500, 1e9, 0.3, 0.1);
  ls_readout_options options = rig_exact(LS_READOUT_CHARGE);
  rig_run(&r, &options, 1);
  ls_readout_view view = ls_readout_deposits(r.readout);
  assert_true(view.electrons[0] > 0);
  assert_true(fabsf(view.electrons[0] / view.electrons[1] - 1) < 1e-5F);
  assert_true(fabsf(view.electrons[2] - 0.3F / 23.6e-6F * 0.71237F) < 10); /* R at 1 MeV/cm */
  assert_true(view.wire[0][3] == 2399);
  assert_int_equal(r.losses.outside, 4);
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    assert_int_equal(r.losses.untimely[p], 3);
    assert_true(fabs(rig_sum(&r, p) / r.losses.charge[p] - 1) < 1e-6);
  }
  options = ls_readout_options_default(); /* nothing breaks further on */
  rig_run(&r, &options, 1);
  rig_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hand_value),     cmocka_unit_test(test_recombination),
      cmocka_unit_test(test_charge_is_kept), cmocka_unit_test(test_wires),
      cmocka_unit_test(test_edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
