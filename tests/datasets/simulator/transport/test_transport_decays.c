/* Decays and captures. */
#include "support/test.h"

#include "datasets/simulator/transport/physics_table.h"
#include "datasets/simulator/transport/shooting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const pdg = "PDG, PTEP 2022 (2022) 083C01";

/* Stopped in a large box; what showers do then is of no interest. */
static ls_transport_options stopped(void (*observe)(void *, const ls_track *), void *context) {
  ls_transport_options options = ls_test_box(2000, 4000);
  options.cut_electron = options.cut_gamma = 100;
  options.observe = observe;
  options.context = context;
  return options;
}

typedef struct michel {
  int count, ended; /* electrons of decays; primaries */
  double sum, largest, time;
} michel;

static void add_michel(void *context, const ls_track *track) {
  michel *m = context;
  if (track->parent == 0) {
    m->ended++;
    m->time -= track->stop_time;
  } else if (track->birth == LS_PROCESS_DECAY && abs(track->pdg) == LS_PDG_ELECTRON) {
    double energy = track->start_energy + 0.51099895;
    m->count++;
    m->sum += energy;
    m->largest = fmax(m->largest, energy);
    m->time += track->start_time;
  }
}

static michel muons(int code, int count) {
  michel m = {0};
  ls_transport_options options = stopped(add_michel, &m);
  options.cut_electron = 0.01; /* all of them are to be seen */
  ls_primary shot = ls_test_shot(code, 2, 2000);
  ls_test_shoot(&options, &shot, count, NULL, NULL);
  assert_int_equal(m.ended, count);
  return m;
}

static void muons_decay_as_michel_says(void **state) {
  (void)state;
  michel m = muons(-LS_PDG_MUON, ls_physics_sample(4000));
  assert_int_equal(m.count, m.ended);
  assert_true(m.largest <= 52.83043); /* (m_mu^2 + m_e^2) / (2 m_mu) */
  ls_physics_row("endpoint of Michel electrons", m.largest, 52.83, 0.02 * 52.83, "MeV", pdg);
  ls_physics_row("mean energy of Michel electrons", m.sum / m.count, 36.98, 0.02 * 36.98, "MeV",
                 pdg);
  ls_physics_row("mean life of mu+", m.time / m.count, 2.197, 3 * 2.197 / sqrt(m.count), "us", pdg);
}

/* 1.2727 captures and 0.970 / 2.197 decays per us. */
static void negative_muons_are_captured(void **state) {
  (void)state;
  michel m = muons(LS_PDG_MUON, ls_physics_sample(8000));
  double part = (double)m.count / m.ended;
  ls_physics_row("stopped mu- that decay", part, 0.258, 3 * sqrt(0.258 * 0.742 / m.ended), "1",
                 "Suzuki, Measday and Roalsvig, PRC 35 (1987) 2212");
  ls_physics_row("mean life of mu- in argon", m.time / m.count, 0.583, 3 * 0.583 / sqrt(m.count),
                 "us", "the same");
}

/* What a kaon's decay leaves, by particle. */
typedef struct kaon {
  int muons, pions, neutral, electrons; /* of this decay */
  int modes[7], decays;
  double momentum, range; /* sums over mu nu */
  double muon_momentum, muon_range;
} kaon;

static void add_kaon(void *context, const ls_track *track) {
  kaon *k = context;
  if (track->parent != 1 || track->birth != LS_PROCESS_DECAY) return;
  k->muons += abs(track->pdg) == LS_PDG_MUON;
  k->pions += abs(track->pdg) == LS_PDG_PION;
  k->neutral += track->pdg == LS_PDG_PI_ZERO;
  k->electrons += abs(track->pdg) == LS_PDG_ELECTRON;
  if (abs(track->pdg) != LS_PDG_MUON) return;
  double mass = ls_particle_of_pdg(LS_PDG_MUON)->mass;
  k->muon_momentum = sqrt(track->start_energy * (track->start_energy + 2 * mass));
  k->muon_range = track->length;
}

static void count_mode(void *context, const ls_deposits *deposits) {
  (void)deposits;
  kaon *k = context;
  int mode = 6;
  if (k->muons == 1 && !k->neutral) mode = 0;
  if (k->pions == 1 && k->neutral == 1) mode = 1;
  if (k->pions == 3) mode = 2;
  if (k->electrons == 1 && k->neutral == 1) mode = 3;
  if (k->muons == 1 && k->neutral == 1) mode = 4;
  if (k->pions == 1 && k->neutral == 2) mode = 5;
  k->modes[mode]++;
  k->decays += mode < 6;
  if (mode == 0) {
    k->momentum += k->muon_momentum;
    k->range += k->muon_range;
  }
  k->muons = k->pions = k->neutral = k->electrons = 0;
}

static void kaons_decay_at_rest_as_published(void **state) {
  (void)state;
  static const struct {
    const char *name;
    double part;
  } modes[] = {{"K+ -> mu nu", 0.6356},    {"K+ -> pi pi0", 0.2067},    {"K+ -> 3 pi", 0.0558},
               {"K+ -> pi0 e nu", 0.0507}, {"K+ -> pi0 mu nu", 0.0335}, {"K+ -> pi 2pi0", 0.0176}};
  kaon k = {0};
  ls_transport_options options = stopped(add_kaon, &k);
  options.cut_electron = 0.01;
  options.cut_gamma = 100;
  ls_primary shot = ls_test_shot(LS_PDG_KAON, 2, 2000);
  int count = ls_physics_sample(4000);
  ls_test_shoot(&options, &shot, count, count_mode, &k);
  assert_in_range(k.decays, count - count / 500, count); /* few interact on 0.2 mm */
  for (int i = 0; i < 6; i++)
    ls_physics_row(modes[i].name, (double)k.modes[i] / k.decays, modes[i].part,
                   3 * sqrt(modes[i].part * (1 - modes[i].part) / k.decays), "1", pdg);
  ls_physics_row("momentum of mu+ of K+ -> mu nu", k.momentum / k.modes[0], 235.5, 0.02 * 235.5,
                 "MeV/c", pdg);
  ls_physics_row("range of mu+ of K+ -> mu nu", k.range / k.modes[0], 53.9, 0.02 * 53.9, "cm",
                 "PUMAS liquid argon");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(muons_decay_as_michel_says),
      cmocka_unit_test(negative_muons_are_captured),
      cmocka_unit_test(kaons_decay_at_rest_as_published),
  };
  return cmocka_run_group_tests_name("decays", tests, NULL, NULL);
}
