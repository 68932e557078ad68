/* Charged particles: range, loss and its fluctuation, scattering. */
#include "support/test.h"

#include "datasets/simulator/transport/physics_table.h"
#include "datasets/simulator/transport/shooting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double density = 1.396; /* g/cm3, of the published ranges */
static const char *const ranges = "LArSoft larreco TrackMomentumCalculator; PUMAS liquid argon";

/* The primary's life. */
static void keep_primary(void *context, const ls_track *track) {
  if (track->parent == 0) *(ls_track *)context = *track;
}

static double range_of(int pdg, double kinetic) {
  ls_track life = {0};
  ls_transport_options options = ls_test_box(1000, 10000);
  options.fluctuations = 0;
  options.observe = keep_primary;
  options.context = &life;
  ls_primary shot = ls_test_shot(pdg, kinetic, 0);
  ls_test_shoot(&options, &shot, 1, NULL, NULL);
  assert_true(life.length > 0);
  return life.length * density;
}

static void ranges_are_those_published(void **state) {
  (void)state;
  static const struct {
    int pdg;
    double kinetic, range, tolerance;
  } rows[] = {{LS_PDG_MUON, 100, 42.5, 0.02},
              {LS_PDG_MUON, 300, 172.5, 0.02},
              {LS_PDG_MUON, 1000, 616.3, 0.02},
              {LS_PDG_PROTON, 50, 3.19, 0.03},
              {LS_PDG_PROTON, 200, 36.1, 0.03}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char name[64];
    snprintf(name, sizeof name, "range of %s of %g MeV", ls_particle_of_pdg(rows[i].pdg)->name,
             rows[i].kinetic);
    ls_physics_row(name, range_of(rows[i].pdg, rows[i].kinetic), rows[i].range,
                   rows[i].tolerance * rows[i].range, "g/cm2", ranges);
  }
}

/* Muons through a slab. */
typedef struct slab {
  int count;
  double loss, length, x2, y2; /* sums */
  double *losses;              /* [count], or NULL */
} slab;

static void add_to_slab(void *context, const ls_track *track) {
  slab *s = context;
  if (track->parent) return;
  double loss = track->start_energy - track->stop_energy;
  if (s->losses) s->losses[s->count] = loss;
  s->count++;
  s->loss += loss;
  s->length += track->length;
  double x = atan(track->stop_direction[0] / track->stop_direction[2]);
  double y = atan(track->stop_direction[1] / track->stop_direction[2]);
  s->x2 += x * x;
  s->y2 += y * y;
}

static slab through_slab(double thickness, double momentum, int count, double *losses) {
  slab s = {.losses = losses};
  ls_transport_options options = ls_test_box(1000, thickness);
  options.observe = add_to_slab;
  options.context = &s;
  ls_primary shot = ls_test_shot_of_momentum(LS_PDG_MUON, momentum, 0);
  ls_test_shoot(&options, &shot, count, NULL, NULL);
  assert_int_equal(s.count, count);
  return s;
}

static void mean_loss_is_that_of_minimum_ionisation(void **state) {
  (void)state;
  slab s = through_slab(1, 350, ls_physics_sample(30000), NULL);
  ls_physics_row("mean dE/dx of mu- of 0.35 GeV/c", s.loss / s.length / density, 1.51, 0.015 * 1.51,
                 "MeV cm2/g", "PDG; PUMAS liquid argon: 1.508 at the minimum");
}

/* Peak and full width at half maximum of a distribution, from a histogram smoothed over three
 * bins; the peak is a parabola's through what is above 80% of it. */
static double peak_of(const double *values, int count, double width, double *fwhm) {
  enum { BINS = 400 };
  double raw[BINS] = {0}, bins[BINS] = {0};
  for (int i = 0; i < count; i++)
    if (values[i] < BINS * width) raw[(int)(values[i] / width)]++;
  int top = 1;
  for (int i = 1; i < BINS - 1; i++) {
    bins[i] = raw[i - 1] + raw[i] + raw[i + 1];
    if (bins[i] > bins[top]) top = i;
  }
  double s[5] = {0}, t[3] = {0}; /* sums of u^k and u^k y, u from the top bin */
  for (int i = 1; i < BINS - 1; i++) {
    if (bins[i] < 0.8 * bins[top]) continue;
    double u = i - top, power = 1;
    for (int k = 0; k < 5; k++, power *= u) {
      s[k] += power;
      if (k < 3) t[k] += power * bins[i];
    }
  }
  double d = s[0] * (s[2] * s[4] - s[3] * s[3]) - s[1] * (s[1] * s[4] - s[2] * s[3]) +
             s[2] * (s[1] * s[3] - s[2] * s[2]);
  double b = (s[0] * (t[1] * s[4] - s[3] * t[2]) - t[0] * (s[1] * s[4] - s[2] * s[3]) +
              s[2] * (s[1] * t[2] - t[1] * s[2])) /
             d;
  double c = (s[0] * (s[2] * t[2] - t[1] * s[3]) - s[1] * (s[1] * t[2] - t[1] * s[2]) +
              t[0] * (s[1] * s[3] - s[2] * s[2])) /
             d;
  int low = top, high = top;
  while (low > 0 && bins[low] > bins[top] / 2) low--;
  while (high < BINS - 1 && bins[high] > bins[top] / 2) high++;
  *fwhm = width * (high - low - 1);
  return width * (top + 0.5 - b / (2 * c));
}

static void losses_are_landau(void **state) {
  (void)state;
  int count = ls_physics_sample(100000);
  double *losses = malloc((size_t)count * sizeof *losses), fwhm;
  assert_non_null(losses);
  through_slab(0.3, 1000, count, losses);
  double peak = peak_of(losses, count, 0.005, &fwhm);
  free(losses);
  const char *source = "Landau: PDG Rev. (34.12); width 4.02 xi";
  ls_physics_row("most probable loss of mu- of 1 GeV/c in 3 mm", peak / 0.3, 1.61, 0.04 * 1.61,
                 "MeV/cm", source);
  ls_physics_row("width of the loss of mu- of 1 GeV/c in 3 mm", fwhm, 0.12, 0.02, "MeV", source);
}

static void count_deltas(void *context, const ls_track *track) {
  *(int *)context +=
      track->parent == 1 && track->birth == LS_PROCESS_IONISATION && track->start_energy > 1;
}

static void delta_rays_are_as_many_as_published(void **state) {
  (void)state;
  int deltas = 0, count = ls_physics_sample(2000);
  ls_transport_options options = ls_test_box(1000, 100);
  options.observe = count_deltas;
  options.context = &deltas;
  ls_primary shot = ls_test_shot_of_momentum(LS_PDG_MUON, 3000, 0);
  ls_test_shoot(&options, &shot, count, NULL, NULL);
  ls_physics_row("delta rays above 1 MeV of mu- of 3 GeV/c", deltas / (100.0 * count), 0.097,
                 0.05 * 0.097, "1/cm", "PDG Rev. (34.8): 0.097 MeV / T");
}

static void tracks_scatter_as_highland_says(void **state) {
  (void)state;
  slab s = through_slab(14, 1000, ls_physics_sample(5000), NULL);
  ls_physics_row("scattering angle of mu- of 1 GeV/c in 14 cm",
                 1000 * sqrt((s.x2 + s.y2) / (2 * s.count)), 13.7, 1.37, "mrad",
                 "Highland: PDG Rev. (34.16)");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges_are_those_published),
      cmocka_unit_test(mean_loss_is_that_of_minimum_ionisation),
      cmocka_unit_test(losses_are_landau),
      cmocka_unit_test(delta_rays_are_as_many_as_published),
      cmocka_unit_test(tracks_scatter_as_highland_says),
  };
  return cmocka_run_group_tests_name("transport of tracks", tests, NULL, NULL);
}
