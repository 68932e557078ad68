/* Photons and showers. */
#include "support/test.h"

#include "datasets/simulator/transport/physics_table.h"
#include "datasets/simulator/transport/shooting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double radiation_length = 14.0; /* cm */

/* Flights of the primary photon. */
typedef struct flights {
  int count, pairs;
  double length;
} flights;

static void add_flight(void *context, const ls_track *track) {
  flights *f = context;
  if (track->parent) return;
  f->count++;
  f->length += track->length;
  f->pairs += track->end == LS_PROCESS_PAIR;
}

static void photons_fly_as_far_as_published(void **state) {
  (void)state;
  static const struct {
    double energy, path, pairs;
  } rows[] = {{2, 17.7, 0.02},   {10, 29.3, 0.44},   {50, 26.1, 0.86},
              {100, 23.5, 0.93}, {1000, 18.9, 0.99}, {3000, 18.3, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    flights f = {0};
    ls_transport_options options = ls_test_box(5000, 10000);
    /* What the first interaction sets free is of no interest. */
    options.cut_electron = options.cut_gamma = fmin(100, 0.99 * rows[i].energy);
    options.observe = add_flight;
    options.context = &f;
    ls_primary shot = ls_test_shot(LS_PDG_GAMMA, rows[i].energy, 0);
    ls_test_shoot(&options, &shot, ls_physics_sample(rows[i].energy > 100 ? 4000 : 20000), NULL,
                  NULL);
    char name[64];
    const char *source = "NIST XCOM; Klein-Nishina; Hubbell, Gimm and Overbo 1980";
    snprintf(name, sizeof name, "mean free path of gamma of %g MeV", rows[i].energy);
    ls_physics_row(name, f.length / f.count, rows[i].path, 0.04 * rows[i].path, "cm", source);
    snprintf(name, sizeof name, "pairs of gamma of %g MeV", rows[i].energy);
    ls_physics_row(name, (double)f.pairs / f.count, rows[i].pairs,
                   rows[i].pairs < 0.1 ? 0.005 : 0.02, "1", source);
  }
}

enum { DEPTHS = 50, RADII = 400 };
static const double depth_step = 7.0, radius_step = 0.1; /* cm: half a radiation length */

typedef struct shower {
  double depth[DEPTHS], radius[RADII + 1], sum; /* MeV; last radius: beyond */
} shower;

static void add_shower(void *context, const ls_deposits *d) {
  shower *s = context;
  for (size_t i = 0; i < d->count; i++) {
    double energy = (double)d->energy[i];
    int depth = (int)((double)d->z[i] / depth_step);
    if (depth < DEPTHS) s->depth[depth] += energy;
    int radius = (int)(hypot((double)d->x[i], (double)d->y[i]) / radius_step);
    s->radius[radius < RADII ? radius : RADII] += energy;
    s->sum += energy;
  }
}

static shower showers_of(int pdg, double energy, int count) {
  shower s = {0};
  ls_transport_options options = ls_test_box(2000, 4000);
  ls_primary shot = ls_test_shot(pdg, energy, 0);
  ls_test_shoot(&options, &shot, count, add_shower, &s);
  return s;
}

/* Depth of the maximum in radiation lengths: of a gamma distribution, t^(a - 1) exp(-b t), through
 * the profile from half its height on, by least squares on its logarithm; a maximum of so broad a
 * curve has no use for its highest bin. */
static double depth_of_maximum(const shower *s) {
  double top = 0, m[3][4] = {{0}};
  for (int i = 0; i < DEPTHS; i++) top = fmax(top, s->depth[i]);
  for (int i = 0; i < DEPTHS; i++) {
    if (s->depth[i] < top / 2) continue;
    double t = (i + 0.5) * depth_step / radiation_length;
    double row[4] = {1, log(t), t, log(s->depth[i])};
    for (int r = 0; r < 3; r++)
      for (int c = 0; c < 4; c++) m[r][c] += row[r] * row[c] * s->depth[i];
  }
  for (int r = 0; r < 3; r++) /* Gauss and Jordan */
    for (int k = 0; k < 3; k++) {
      if (k == r) continue;
      double factor = m[k][r] / m[r][r];
      for (int c = r; c < 4; c++) m[k][c] -= factor * m[r][c];
    }
  return -(m[1][3] / m[1][1]) / (m[2][3] / m[2][2]);
}

static double part_within(const shower *s, double radius) {
  double inside = 0;
  for (int i = 0; (i + 0.5) * radius_step < radius; i++) inside += s->radius[i];
  return inside / s->sum;
}

/* Lateral targets: the radial profiles of Grindhammer and Peters, hep-ex/0001020, appendix A.1.3
 * (core and tail of homogeneous media, Z = 18, E_c = 32.84 MeV), weighted with their longitudinal
 * profile and summed up to one and two Moliere radii of 9.04 cm: 0.779 and 0.892 at 1 GeV, 0.813
 * and 0.915 at 3 GeV. The rule of thumb, 90% and 95% (PDG Rev. 34.5), is what the same profiles
 * give for lead; in argon at these energies they hold 90% within 16 to 19 cm. */
static void check_containment(const shower *s, const char *energy, double one, double two) {
  const double moliere = 9.04;
  const char *source = "Grindhammer and Peters, hep-ex/0001020, A.1";
  char name[64];
  snprintf(name, sizeof name, "energy within one Moliere radius, e- of %s", energy);
  ls_physics_row(name, part_within(s, moliere), one, 0.05, "1", source);
  snprintf(name, sizeof name, "energy within two Moliere radii, e- of %s", energy);
  ls_physics_row(name, part_within(s, 2 * moliere), two, 0.04, "1", source);
}

/* The radius that holds 90%: the same profiles have it at 19.3 and 16.0 cm. */
static void check_radius(const shower *s, const char *energy, double target) {
  double inside = 0;
  int i = 0;
  while (inside < 0.9 * s->sum && i < RADII) inside += s->radius[i++];
  char name[64];
  snprintf(name, sizeof name, "radius that holds 90%% of e- of %s", energy);
  ls_physics_row(name, i * radius_step, target, 4, "cm",
                 "Grindhammer and Peters, hep-ex/0001020, A.1");
}

static void showers_have_published_shapes(void **state) {
  (void)state;
  const char *source = "Grindhammer and Peters, hep-ex/0001020: t_max = ln(E / E_c) - 0.86 to -0.5";
  shower s = showers_of(LS_PDG_ELECTRON, 1000, ls_physics_sample(300));
  ls_physics_row("shower maximum of e- of 1 GeV", depth_of_maximum(&s), 2.75, 0.5, "X0", source);
  check_containment(&s, "1 GeV", 0.779, 0.892);
  check_radius(&s, "1 GeV", 19.3);
  s = showers_of(LS_PDG_ELECTRON, 3000, ls_physics_sample(150));
  ls_physics_row("shower maximum of e- of 3 GeV", depth_of_maximum(&s), 3.85, 0.5, "X0", source);
  check_containment(&s, "3 GeV", 0.813, 0.915);
  check_radius(&s, "3 GeV", 16.0);
}

/* The start of a shower: where it is, and what is left on the first centimetres. */
typedef struct starts {
  double at, from; /* z of the start in this event; sum of distances */
  double *dedx;    /* [count] */
  int count;
} starts;

static void find_start(void *context, const ls_track *track) {
  starts *s = context;
  if (track->parent) return;
  s->at = track->pdg == LS_PDG_GAMMA ? track->stop[2] : track->start[2];
}

static const double first_centimetres = 2.4;

static void add_start(void *context, const ls_deposits *d) {
  starts *s = context;
  double sum = 0;
  for (size_t i = 0; i < d->count; i++)
    if ((double)d->z[i] >= s->at - 1e-3 && (double)d->z[i] < s->at + first_centimetres)
      sum += (double)d->energy[i];
  s->dedx[s->count++] = sum / first_centimetres;
  s->from += s->at;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Median dE/dx at the start. */
static double start_of(int pdg, int count, double *distance) {
  starts s = {.dedx = calloc((size_t)count, sizeof(double))};
  assert_non_null(s.dedx);
  ls_transport_options options = ls_test_box(2000, 4000);
  options.observe = find_start;
  options.context = &s;
  ls_primary shot = ls_test_shot(pdg, 500, 0);
  ls_test_shoot(&options, &shot, count, add_start, &s);
  qsort(s.dedx, (size_t)count, sizeof(double), ascending);
  double median = s.dedx[count / 2];
  *distance = s.from / count;
  free(s.dedx);
  return median;
}

static void photons_start_apart_and_twice_as_bright(void **state) {
  (void)state;
  int count = ls_physics_sample(800);
  double near_by, apart;
  double electron = start_of(LS_PDG_ELECTRON, count, &near_by);
  double photon = start_of(LS_PDG_GAMMA, count, &apart);
  const char *source = "MicroBooNE, JINST 15 (2020) P02007; ArgoNeuT, PRD 95 (2017) 072005";
  assert_true(near_by == 0);
  ls_physics_row("distance of a gamma of 0.5 GeV to its shower", apart, 19.7, 1.6, "cm",
                 "9/7 X0 and XCOM between 200 and 1000 MeV");
  ls_physics_row("dE/dx at the start of e- of 0.5 GeV", electron, 2.1, 0.3, "MeV/cm", source);
  ls_physics_row("dE/dx of gamma over e- at the start", photon / electron, 2, 0.3, "1", source);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(photons_fly_as_far_as_published),
      cmocka_unit_test(showers_have_published_shapes),
      cmocka_unit_test(photons_start_apart_and_twice_as_bright),
  };
  return cmocka_run_group_tests_name("transport of showers", tests, NULL, NULL);
}
