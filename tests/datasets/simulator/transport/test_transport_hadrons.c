/* Hadrons and nuclei. */
#include "support/test.h"

#include "datasets/simulator/transport/physics_table.h"
#include "datasets/simulator/transport/shooting.h"

#include <math.h>
#include <stdlib.h>

/* Paths of the primary, and what its interaction sets free above 50 MeV. */
typedef struct hits {
  int count, hits;
  double length;
  int charged, neutral, protons;
} hits;

static void add_hit(void *context, const ls_track *track) {
  hits *h = context;
  if (track->parent == 0) {
    h->count++;
    h->length += track->length;
    h->hits += track->end == LS_PROCESS_HADRONIC;
  } else if (track->parent == 1 && track->birth == LS_PROCESS_HADRONIC) {
    h->charged += abs(track->pdg) == LS_PDG_PION;
    h->neutral += track->pdg == LS_PDG_PI_ZERO;
    h->protons += track->pdg == LS_PDG_PROTON && track->start_energy > 20;
  }
}

static hits shoot_at_slab(int pdg, double momentum, double thickness, int count) {
  hits h = {0};
  ls_transport_options options = ls_test_box(10, thickness);
  options.cut_electron = options.cut_gamma = 100;
  options.observe = add_hit;
  options.context = &h;
  ls_primary shot = ls_test_shot_of_momentum(pdg, momentum, 0);
  ls_test_shoot(&options, &shot, count, NULL, NULL);
  return h;
}

static void hadrons_fly_as_far_as_published(void **state) {
  (void)state;
  hits h = shoot_at_slab(-LS_PDG_PION, 3000, 20, ls_physics_sample(20000));
  ls_physics_row("mean free path of pi- of 3 GeV/c", h.length / h.hits, 90, 4.5, "cm",
                 "Barashenkov, in Geant4 G4UPiNuclearCrossSection");
  double charged = (double)h.charged / h.hits, neutral = (double)h.neutral / h.hits;
  ls_physics_row("charged pions of a pi- of 3 GeV/c", charged, 2, 0.4, "1",
                 "chosen, see cascade.h");
  ls_physics_row("pi0 of a pi- of 3 GeV/c", neutral, 0.7, 0.15, "1", "chosen, see cascade.h");
  ls_physics_row("protons above 20 MeV of a pi- of 3 GeV/c", (double)h.protons / h.hits, 2, 1, "1",
                 "chosen, see cascade.h");
  h = shoot_at_slab(LS_PDG_KAON, 3000, 20, ls_physics_sample(20000));
  ls_physics_row("mean free path of K+ of 3 GeV/c", h.length / h.hits, 116.6, 5.8, "cm",
                 "Kossov, in Geant4 G4ChipsKaonPlusInelasticXS: 407 mb");
  /* 907 and 878 mb half way through. */
  h = shoot_at_slab(-LS_PDG_PION, 275, 4, ls_physics_sample(60000));
  ls_physics_row("mean free path of pi- of 165 MeV", h.length / h.hits, 52.4, 2.6, "cm",
                 "Barashenkov, in Geant4 G4UPiNuclearCrossSection");
  h = shoot_at_slab(LS_PDG_PION, 202, 2, ls_physics_sample(100000));
  ls_physics_row("mean free path of pi+ of 104 MeV", h.length / h.hits, 54.1, 2.7, "cm",
                 "Barashenkov, in Geant4 G4UPiNuclearCrossSection");
}

static const double turns[2] = {0.1, 0.4}; /* rad */

static void count_turned(void *context, const ls_track *track) {
  int *turned = context;
  if (track->parent || track->end != LS_PROCESS_ESCAPE) return;
  for (int i = 0; i < 2; i++) turned[i] += track->stop_direction[2] < cos(turns[i]);
}

/* Multiple scattering alone turns by 0.02 rad. */
static void slow_pions_bounce_off_nuclei(void **state) {
  (void)state;
  int turned[2] = {0}, count = ls_physics_sample(40000);
  ls_transport_options options = ls_test_box(10, 2);
  options.cut_electron = options.cut_gamma = 100;
  options.observe = count_turned;
  options.context = turned;
  ls_primary shot = ls_test_shot_of_momentum(-LS_PDG_PION, 300, 0);
  ls_test_shoot(&options, &shot, count, NULL, NULL);
  /* 609 mb over 2 cm; t above (2 p sin(theta / 2))^2 off a disc of 845 mb, exp(-173 t / GeV2):
   * 0.86 and 0.087 of them; a twentieth interact or decay. */
  const char *source = "Barashenkov, in Geant4 G4UPiNuclearCrossSection; black disc";
  ls_physics_row("pi- of 0.3 GeV/c turned by more than 0.1 rad in 2 cm", (double)turned[0] / count,
                 0.0208, 0.003, "1", source);
  ls_physics_row("of these by more than 0.4 rad", (double)turned[1] / turned[0], 0.10, 0.04, "1",
                 source);
}

/* Energy of the particles that a stopped pi- sets free. */
typedef struct star {
  double seen, largest;
  int captured, others;
} star;

static void add_star(void *context, const ls_track *track) {
  star *s = context;
  if (track->parent == 0) {
    s->captured += track->end == LS_PROCESS_CAPTURE;
    s->others += track->end != LS_PROCESS_CAPTURE;
  } else if (track->parent == 1) {
    s->seen += track->start_energy;
  }
}

static void check_star(void *context, const ls_deposits *deposits) {
  (void)deposits;
  star *s = context;
  s->largest = fmax(s->largest, s->seen);
  s->seen = 0;
}

static void stopped_pions_end_in_stars(void **state) {
  (void)state;
  star s = {0};
  ls_transport_options options = ls_test_box(500, 1000);
  options.observe = add_star;
  options.context = &s;
  ls_primary shot = ls_test_shot(-LS_PDG_PION, 2, 500);
  ls_test_shoot(&options, &shot, 1000, check_star, &s);
  /* Few interact or decay on the last 0.2 mm. None gives more than it had. */
  assert_in_range(s.captured, 990, 1000);
  assert_true(s.largest > 50 && s.largest < 139.57 - 2 * 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hadrons_fly_as_far_as_published),
      cmocka_unit_test(slow_pions_bounce_off_nuclei),
      cmocka_unit_test(stopped_pions_end_in_stars),
  };
  return cmocka_run_group_tests_name("hadrons", tests, NULL, NULL);
}
