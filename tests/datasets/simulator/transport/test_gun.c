/* The particle gun. */
#include "support/test.h"

#include "datasets/simulator/transport/gun.h"
#include "datasets/simulator/transport/particles.h"

#include <math.h>
#include <string.h>

static void kinds_are_balanced_and_out_of_order(void **state) {
  (void)state;
  enum { KINDS = 5, BLOCKS = 4000 };
  ls_gun gun = ls_gun_default();
  int at[KINDS][KINDS] = {{0}}; /* [event modulo KINDS][kind] */
  for (uint64_t block = 0; block < BLOCKS; block++) {
    int seen[KINDS] = {0};
    for (uint64_t i = 0; i < KINDS; i++) {
      ls_primary p;
      ls_gun_fire(&gun, 3, block * KINDS + i, &p);
      assert_in_range(p.kind, 0, KINDS - 1);
      assert_int_equal(p.pdg, gun.pdg[p.kind]);
      seen[p.kind]++;
      at[i][p.kind]++;
    }
    for (int k = 0; k < KINDS; k++) assert_int_equal(seen[k], 1);
  }
  double chi2 = 0, expected = (double)BLOCKS / KINDS;
  for (int i = 0; i < KINDS; i++)
    for (int k = 0; k < KINDS; k++) chi2 += pow(at[i][k] - expected, 2) / expected;
  print_message("# chi2 of kinds by place: %.1f, 16 degrees of freedom\n", chi2);
  assert_true(chi2 < 39.3); /* one in a thousand */
}

/* Mean and variance of a uniform variate, to four deviations. */
typedef struct moments {
  double sum, square, low, high;
  int count;
} moments;

static void add(moments *m, double value) {
  if (!m->count || value < m->low) m->low = value;
  if (!m->count || value > m->high) m->high = value;
  m->sum += value;
  m->square += value * value;
  m->count++;
}

static void assert_uniform(const moments *m, double low, double high) {
  double mean = m->sum / m->count, width = high - low;
  double variance = m->square / m->count - mean * mean;
  assert_true(m->low >= low && m->high <= high);
  assert_true(fabs(mean - (low + high) / 2) < 4 * width / sqrt(12.0 * m->count));
  assert_true(fabs(variance / (width * width / 12) - 1) < 4 * sqrt(0.8 / m->count));
}

static double length(const double v[3]) {
  return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

/* Of each kind alone: nothing but the particle tells one kind from another. */
static void momenta_and_places_are_uniform_for_every_kind(void **state) {
  (void)state;
  ls_gun gun = ls_gun_default();
  moments momentum[5] = {0}, vertex[5][3] = {0}, direction[5][3] = {0};
  for (uint64_t event = 0; event < 100000; event++) {
    ls_primary p;
    ls_gun_fire(&gun, 11, event, &p);
    double size = length(p.momentum);
    add(&momentum[p.kind], size);
    for (int i = 0; i < 3; i++) {
      add(&vertex[p.kind][i], p.vertex[i]);
      add(&direction[p.kind][i], p.momentum[i] / size);
    }
  }
  for (int k = 0; k < 5; k++) {
    assert_uniform(&momentum[k], 1.5 - 1e-12, 4.5 + 1e-12);
    for (int i = 0; i < 3; i++) {
      assert_uniform(&vertex[k][i], gun.vertex_min[i], gun.vertex_max[i]);
      assert_uniform(&direction[k][i], -1, 1); /* an isotropic direction's parts are uniform */
    }
  }
}

static void shoots_where_it_is_told(void **state) {
  (void)state;
  ls_gun gun = ls_gun_default();
  gun.isotropic = 0;
  gun.momentum_min = gun.momentum_max = 2;
  for (int i = 0; i < 3; i++) {
    gun.direction[i] = 3;
    gun.vertex_min[i] = gun.vertex_max[i] = 10 + i;
  }
  ls_primary p, again;
  ls_gun_fire(&gun, 5, 9, &p);
  for (int i = 0; i < 3; i++) {
    assert_true(fabs(p.momentum[i] - 2 / sqrt(3)) < 1e-12);
    assert_true(p.vertex[i] == 10 + i);
  }
  ls_gun_fire(&gun, 5, 9, &again);
  assert_memory_equal(&p, &again, sizeof p);
}

static void refuses_what_makes_no_sense(void **state) {
  (void)state;
  const ls_gun good = ls_gun_default();
  struct {
    ls_gun gun;
    const char *says;
  } cases[] = {{good, "0 kinds"},
               {good, "17 kinds"},
               {good, "PDG code 2112"},
               {good, "momentum range 5:4.5"},
               {good, "momentum range nan"},
               {good, "momentum range 0:"},
               {good, "momentum range 1.5:inf"},
               {good, "vertex range nan:256.35 cm in x"},
               {good, "vertex range 0:-1 cm in z"},
               {good, "direction (0, 0, 0)"},
               {good, "direction (nan, 0, 1)"}};
  cases[0].gun.kind_count = 0, cases[1].gun.kind_count = 17, cases[2].gun.pdg[1] = 2112;
  cases[3].gun.momentum_min = 5, cases[4].gun.momentum_min = NAN;
  cases[5].gun.momentum_min = 0, cases[6].gun.momentum_max = INFINITY;
  cases[7].gun.vertex_min[0] = NAN, cases[8].gun.vertex_max[2] = -1;
  cases[9].gun.isotropic = cases[10].gun.isotropic = 0;
  cases[9].gun.direction[2] = 0, cases[10].gun.direction[0] = NAN;
  assert_int_equal(ls_gun_check(&good, NULL), LS_OK);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ls_error error = {0};
    ls_status status = ls_gun_check(&cases[i].gun, &error);
    if (status != LS_USAGE || !strstr(error.message, cases[i].says))
      fail_msg("status %d, or not '%s': %s", status, cases[i].says, error.message);
  }
}

static void particles_are_found(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int pdg;
  } known[] = {{"gamma", 22}, {"e-", 11},   {"e+", -11}, {"mu-", 13},  {"mu+", -13},
               {"pi-", -211}, {"pi+", 211}, {"K+", 321}, {"K-", -321}, {"proton", 2212}};
  size_t count = sizeof known / sizeof *known;
  for (size_t i = 0; i < count; i++) {
    const ls_particle *p = ls_particle_of_name(known[i].name);
    assert_non_null(p);
    assert_int_equal(p->pdg, known[i].pdg);
    assert_ptr_equal(p, ls_particle_of_pdg(known[i].pdg));
    assert_string_equal(p->name, known[i].name);
    assert_non_null(ls_particle_of_gun(i));
  }
  assert_null(ls_particle_of_gun(count));
  assert_null(ls_particle_of_pdg(0));
  assert_null(ls_particle_of_name("electron"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kinds_are_balanced_and_out_of_order),
      cmocka_unit_test(momenta_and_places_are_uniform_for_every_kind),
      cmocka_unit_test(shoots_where_it_is_told),
      cmocka_unit_test(refuses_what_makes_no_sense),
      cmocka_unit_test(particles_are_found),
  };
  return cmocka_run_group_tests_name("particle gun", tests, NULL, NULL);
}
