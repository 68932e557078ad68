/* Whole events: the same in any order, energy accounted for, bad input refused. */
#include "support/test.h"

#include "datasets/simulator/transport/physics_table.h"
#include "datasets/simulator/transport/transport.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t seed = 7;

static ls_transport *open_default(void) {
  ls_transport *transport;
  ls_error error = {0};
  ls_transport_options options = ls_transport_options_default();
  if (ls_transport_new(&transport, &options, &error) != LS_OK) fail_msg("%s", error.message);
  return transport;
}

/* All kinds that a gun can shoot. */
static ls_gun gun_of_all(void) {
  ls_gun gun = ls_gun_default();
  gun.momentum_min = 0.05;
  const ls_particle *p;
  for (gun.kind_count = 0; (p = ls_particle_of_gun((size_t)gun.kind_count)) != NULL;)
    gun.pdg[gun.kind_count++] = p->pdg;
  return gun;
}

static void run(ls_transport *transport, uint64_t event, ls_deposits *deposits,
                ls_energy_balance *balance) {
  ls_gun gun = gun_of_all();
  ls_primary primary;
  ls_error error = {0};
  ls_gun_fire(&gun, seed, event, &primary);
  if (ls_transport_event(transport, &primary, seed, event, deposits, balance, &error) != LS_OK)
    fail_msg("event %d: %s", (int)event, error.message);
}

static void assert_same(const ls_deposits *a, const ls_deposits *b) {
  assert_int_equal(a->count, b->count);
  const void *left[] = {a->x, a->y, a->z, a->time, a->energy, a->length, a->track, a->pdg};
  const void *right[] = {b->x, b->y, b->z, b->time, b->energy, b->length, b->track, b->pdg};
  for (int i = 0; i < 8; i++)
    if (a->count) assert_memory_equal(left[i], right[i], a->count * sizeof(float));
}

static void events_do_not_depend_on_their_order(void **state) {
  (void)state;
  enum { EVENTS = 40 };
  ls_deposits forwards[EVENTS] = {0}, deposits = {0};
  ls_energy_balance balance, balances[EVENTS];
  ls_transport *one = open_default(), *other = open_default();
  for (int i = 0; i < EVENTS; i++) run(one, (uint64_t)i, &forwards[i], &balances[i]);
  for (int i = EVENTS - 1; i >= 0; i -= 3) {
    run(other, (uint64_t)i, &deposits, &balance);
    assert_same(&forwards[i], &deposits);
    assert_memory_equal(&balance, &balances[i], sizeof balance);
  }
  assert_true(forwards[0].count != forwards[1].count);
  for (int i = 0; i < EVENTS; i++) ls_deposits_destroy(&forwards[i]);
  ls_deposits_destroy(&deposits);
  ls_transport_free(one);
  ls_transport_free(other);
}

static void check_deposits(const ls_deposits *d, double deposited) {
  ls_transport_options o = ls_transport_options_default();
  double sum = 0;
  for (size_t i = 0; i < d->count; i++) {
    double at[3] = {(double)d->x[i], (double)d->y[i], (double)d->z[i]};
    for (int k = 0; k < 3; k++) /* rounded to float */
      assert_true(at[k] >= o.volume_min[k] - 1e-4 && at[k] <= o.volume_max[k] + 1e-4);
    assert_true(d->energy[i] > 0 && isfinite((double)d->energy[i]));
    assert_true(d->length[i] >= 0 && (double)d->length[i] <= 0.2);
    assert_true(d->time[i] >= 0 && d->track[i] >= 1);
    assert_non_null(ls_particle_of_pdg(d->pdg[i]));
    sum += (double)d->energy[i];
  }
  assert_true(fabs(sum - deposited) <= 1e-5 * deposited + 1e-9);
}

/* What nuclei keep: nothing of showers; of hadrons no more than they had, and less than nothing
 * only by what a neutron weighs more than a proton, each time that a pi- or a Lambda turns one into
 * the other. */
static void check_parts(const ls_primary *primary, const ls_energy_balance *b) {
  double sum = b->deposited + b->outside + b->escaped + b->neutrino + b->binding;
  assert_true(fabs(sum - b->initial) <= 1e-6 * b->initial);
  assert_true(b->deposited >= 0 && b->outside >= 0 && b->escaped >= 0 && b->neutrino >= -1e-9);
  assert_true(b->binding > -20 && b->binding <= b->initial);
  int electromagnetic = primary->pdg == LS_PDG_GAMMA || abs(primary->pdg) == LS_PDG_ELECTRON;
  if (electromagnetic) assert_true(fabs(b->binding) < 1e-9 && fabs(b->neutrino) < 1e-9);
}

static void energy_is_accounted_for(void **state) {
  (void)state;
  enum { EVENTS = 1000 };
  ls_transport *transport = open_default();
  ls_deposits deposits = {0};
  double worst = 0;
  for (uint64_t event = 0; event < EVENTS; event++) {
    ls_gun gun = gun_of_all();
    ls_primary primary;
    ls_energy_balance b;
    ls_gun_fire(&gun, seed, event, &primary);
    run(transport, event, &deposits, &b);
    check_deposits(&deposits, b.deposited);
    check_parts(&primary, &b);
    worst =
        fmax(worst, fabs(b.deposited + b.outside + b.escaped + b.neutrino + b.binding - b.initial) /
                        b.initial);
  }
  ls_physics_row("energy balance of an event, worst", worst, 0, 1e-6, "of what came in",
                 "sum of deposited, outside, escaped, neutrinos, binding");
  ls_deposits_destroy(&deposits);
  ls_transport_free(transport);
}

/* Nothing gets lost on the way out: a shower in a box so large that it all stays in. */
static void showers_leave_all_their_energy(void **state) {
  (void)state;
  ls_transport_options options = ls_transport_options_default();
  for (int i = 0; i < 3; i++) {
    options.volume_min[i] = -5000;
    options.volume_max[i] = 5000;
  }
  ls_transport *transport;
  ls_energy_balance b;
  ls_deposits deposits = {0};
  assert_int_equal(ls_transport_new(&transport, &options, NULL), LS_OK);
  ls_primary primary = {.pdg = -LS_PDG_ELECTRON, .momentum = {0, 1, 0}};
  assert_int_equal(ls_transport_event(transport, &primary, 1, 1, &deposits, &b, NULL), LS_OK);
  assert_true(fabs(b.deposited - (1000 + 0.51099895 - 0.00000013)) < 1e-6 + 1e-3);
  assert_true(b.escaped == 0 && b.outside == 0);
  ls_deposits_destroy(&deposits);
  ls_transport_free(transport);
}

static void refused(const ls_primary *primary, const char *says) {
  ls_transport *transport = open_default();
  ls_deposits deposits = {0};
  ls_energy_balance balance;
  ls_error error = {0};
  ls_status status = ls_transport_event(transport, primary, 1, 1, &deposits, &balance, &error);
  if (status != LS_VALUE || !strstr(error.message, says))
    fail_msg("status %d, or not '%s': %s", status, says, error.message);
  assert_int_equal(deposits.count, 0);
  ls_deposits_destroy(&deposits);
  ls_transport_free(transport);
}

static void refuses_primaries_that_make_no_sense(void **state) {
  (void)state;
  const ls_primary good = {.pdg = 13, .momentum = {1, 0, 0}, .vertex = {100, 0, 500}};
  ls_primary bad = good;
  bad.pdg = 12;
  refused(&bad, "unknown particle of PDG code 12");
  bad = good, bad.momentum[1] = NAN;
  refused(&bad, "(1, nan, 0) GeV/c");
  bad = good, bad.momentum[0] = 0;
  refused(&bad, "not 0");
  bad = good, bad.momentum[0] = 1000;
  refused(&bad, "at most 100");
  bad = good, bad.momentum[2] = INFINITY;
  refused(&bad, "finite");
  bad = good, bad.vertex[0] = 257;
  refused(&bad, "outside the volume: x is 0 to 256.35");
  bad = good, bad.vertex[2] = NAN;
  refused(&bad, "outside the volume: z");
  bad = good, bad.time = NAN;
  refused(&bad, "time nan");
}

static void refuses_options_out_of_range(void **state) {
  (void)state;
  const ls_transport_options good = ls_transport_options_default();
  struct {
    ls_transport_options options;
    const char *says;
  } cases[] = {{good, "steps of 0 cm"},  {good, "steps of nan"},        {good, "for electrons"},
               {good, "for photons"},    {good, "volume from 300 to"},  {good, "nan"},
               {good, "a margin of -1"}, {good, "cut of nan MeV for e"}};
  cases[0].options.step = 0, cases[1].options.step = NAN;
  cases[2].options.cut_electron = 0, cases[3].options.cut_gamma = -1;
  cases[4].options.volume_min[0] = 300, cases[5].options.volume_max[1] = NAN;
  cases[6].options.margin = -1, cases[7].options.cut_electron = NAN;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ls_transport *transport;
    ls_error error = {0};
    ls_status status = ls_transport_new(&transport, &cases[i].options, &error);
    assert_null(transport);
    if (status != LS_USAGE || !strstr(error.message, cases[i].says))
      fail_msg("status %d, or not '%s': %s", status, cases[i].says, error.message);
  }
  ls_transport_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(events_do_not_depend_on_their_order),
      cmocka_unit_test(energy_is_accounted_for),
      cmocka_unit_test(showers_leave_all_their_energy),
      cmocka_unit_test(refuses_primaries_that_make_no_sense),
      cmocka_unit_test(refuses_options_out_of_range),
  };
  return cmocka_run_group_tests_name("events of transport", tests, NULL, NULL);
}
