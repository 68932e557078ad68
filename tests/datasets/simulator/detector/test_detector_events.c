/* Whole events of the five kinds: how full their images are. */
#include "datasets/simulator/detector/readout.h"
#include "datasets/simulator/transport/physics_table.h"
#include "datasets/simulator/transport/transport.h"
#include "support/test.h"

#include <stdio.h>

typedef struct counts {
  double pixels, sum;
} counts;

static ls_status count(void *context, int plane, int wire, int tick, int size, const float *values,
                       ls_error *error) {
  counts *c = context;
  (void)wire, (void)tick, (void)error;
  for (int i = 0; i < size; i++) {
    c[plane].pixels += values[i] != 0;
    c[plane].sum += (double)values[i];
  }
  return LS_OK;
}

typedef struct rig {
  ls_gun gun;
  ls_transport *transport;
  ls_readout_tables *tables;
  ls_readout *readout;
  ls_deposits deposits;
} rig;

static void open_rig(rig *r) {
  ls_transport_options options = ls_transport_options_default();
  ls_detector detector = ls_detector_microboone();
  *r = (rig){.gun = ls_gun_default()};
  assert_int_equal(ls_transport_new(&r->transport, &options, NULL), LS_OK);
  assert_int_equal(ls_readout_tables_new(&detector, &r->tables, NULL), LS_OK);
  assert_int_equal(ls_readout_new(r->tables, &r->readout, NULL), LS_OK);
}

static void close_rig(rig *r) {
  ls_deposits_destroy(&r->deposits);
  ls_readout_free(r->readout);
  ls_readout_tables_free(r->tables);
  ls_transport_free(r->transport);
}

/* Returns the event's kind; adds to what was counted. */
static int make_event(rig *r, uint64_t event, counts *c, double charge[LS_WIRE_PLANES]) {
  ls_primary primary;
  ls_energy_balance balance;
  ls_readout_losses losses;
  ls_readout_options options = ls_readout_options_default();
  const ls_trace_sink sink = {count, c};
  ls_gun_fire(&r->gun, 1, event, &primary);
  assert_int_equal(
      ls_transport_event(r->transport, &primary, 1, event, &r->deposits, &balance, NULL), LS_OK);
  assert_int_equal(
      ls_readout_event(r->readout, &r->deposits, &options, 1, event, &sink, &losses, NULL), LS_OK);
  for (int p = 0; p < LS_WIRE_PLANES; p++) charge[p] += losses.charge[p];
  return primary.kind;
}

/* Of hadrons there is no published range: they lie between muons and showers of the same energy. */
static void test_pixels(void **state) {
  (void)state;
  static const struct {
    const char *name;
    double least, most;
  } kinds[] = {{"gamma", 1e3, 37e3},
               {"e-", 1e3, 37e3},
               {"mu-", 0.6e3, 11e3},
               {"pi-", 6e3, 25e3},
               {"K+", 6e3, 25e3}};
  enum { KINDS = sizeof kinds / sizeof *kinds };
  rig r;
  counts all[KINDS][LS_WIRE_PLANES] = {{{0}}};
  double charge[KINDS][LS_WIRE_PLANES] = {{0}}, events[KINDS] = {0};
  open_rig(&r);
  int count_of = ls_physics_sample(300);
  for (int e = 0; e < count_of; e++) {
    counts c[LS_WIRE_PLANES] = {{0}};
    double q[LS_WIRE_PLANES] = {0};
    int kind = make_event(&r, (uint64_t)e, c, q);
    events[kind]++;
    for (int p = 0; p < LS_WIRE_PLANES; p++) {
      all[kind][p].pixels += c[p].pixels;
      all[kind][p].sum += c[p].sum;
      charge[kind][p] += q[p];
    }
  }
  for (int k = 0; k < KINDS; k++)
    for (int p = 0; p < LS_WIRE_PLANES; p++) {
      char name[80];
      double pixels = all[k][p].pixels / events[k];
      snprintf(name, sizeof name, "mean nonzero pixels of %s on %c", kinds[k].name, "UVY"[p]);
      ls_physics_row(name, pixels, (kinds[k].least + kinds[k].most) / 2,
                     (kinds[k].most - kinds[k].least) / 2, "",
                     k < 3 ? "KevLAr's wires, range" : "between muons and showers");
      /* truncation, zero limits and thresholds take some of it; noise brings none on average */
      double part = all[k][p].sum * 200 / charge[k][p];
      print_message("# %s, %c: %.3f of the charge\n", kinds[k].name, "UVY"[p], part);
      assert_true(part > (p == 2 ? 0.85 : 0.75) && part < 1);
    }
  close_rig(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_pixels)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
