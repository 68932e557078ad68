#include "datasets/simulator/transport/hadronic.h"

#include "datasets/simulator/transport/argon.h"
#include "datasets/simulator/transport/cascade.h"
#include "datasets/simulator/transport/decay.h"
#include "datasets/simulator/transport/nucleus.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>

typedef struct point {
  double x, y;
} point;

/* Linear between points; as the ends beyond them. */
static double interpolate(const point *points, int count, double x) {
  if (x <= points[0].x) return points[0].y;
  for (int i = 1; i < count; i++)
    if (x <= points[i].x) {
      double part = (x - points[i - 1].x) / (points[i].x - points[i - 1].x);
      return points[i - 1].y + part * (points[i].y - points[i - 1].y);
    }
  return points[count - 1].y;
}

/* Kinetic energy in GeV, mb; pi+ are kept away by the charge of the nucleus. */
static double pion_millibarn(const ls_particle *pion, double kinetic) {
  static const point minus[] = {{0, 0},     {.02, 470}, {.06, 620}, {.08, 860}, {.10, 955},
                                {.12, 980}, {.16, 920}, {.20, 820}, {.30, 665}, {.40, 615},
                                {.50, 590}, {.70, 600}, {1, 615},   {2, 550},   {3, 525},
                                {5, 510},   {10, 488}};
  static const point plus[] = {{0, 0},     {.02, 160}, {.04, 315}, {.06, 500}, {.08, 745},
                               {.10, 870}, {.12, 905}, {.16, 860}, {.20, 770}, {.30, 640},
                               {.40, 595}, {.50, 575}, {.70, 590}, {1, 608},   {2, 550},
                               {3, 525},   {5, 510},   {10, 488}};
  return pion->charge < 0 ? interpolate(minus, sizeof minus / sizeof *minus, kinetic / 1000)
                          : interpolate(plus, sizeof plus / sizeof *plus, kinetic / 1000);
}

double ls_elastic_rate(const ls_particle *particle, double kinetic) {
  static const point table[] = {{0, 0},     {.02, 330}, {.06, 620}, {.12, 620}, {.20, 605},
                                {.30, 535}, {.40, 385}, {.50, 325}, {.70, 300}, {1, 307},
                                {2, 306},   {3, 270},   {5, 230},   {10, 217}};
  if (particle->species != LS_PION) return 0;
  return interpolate(table, sizeof table / sizeof *table, kinetic / 1000) * 1e-3 * ls_argon_atoms();
}

double ls_elastic_turn(const ls_particle *particle, double kinetic, double direction[3],
                       ls_stream *stream) {
  const double planck2 = 389.379;                                       /* (hbar c)^2, MeV2 b */
  double square = kinetic * (kinetic + 2 * particle->mass);             /* p^2 */
  double disc = ls_hadronic_rate(particle, kinetic) / ls_argon_atoms(); /* pi R^2, b */
  double slope = disc / (4 * ls_pi * planck2); /* R^2 / 4, in MeV^-2: exp(-slope t) */
  double whole = 1 - exp(-4 * square * slope);
  double t = -log(1 - whole * ls_stream_uniform(stream)) / slope;
  double angle = 2 * ls_pi * ls_stream_uniform(stream);
  ls_turn(direction, fmax(-1, 1 - t / (2 * square)), cos(angle), sin(angle));
  return t / (2 * ls_argon_mass * 931.494); /* atomic mass unit, MeV */
}

/* Momentum in GeV/c, mb: the fits at A = 40. */
static double kaon_millibarn(const ls_particle *kaon, double kinetic) {
  static const point plus[] = {{0, 150},   {.2, 189},  {.4, 229},  {.6, 278},  {.8, 344},
                               {1, 406},   {1.2, 437}, {1.5, 440}, {2, 424.5}, {2.5, 414},
                               {3, 407.4}, {4, 401},   {6, 396.5}, {10, 395}};
  static const point minus[] = {{0, 700}, {1, 647}, {2, 568}, {3, 529}, {4.5, 493}, {10, 470}};
  double momentum = sqrt(kinetic * (kinetic + 2 * kaon->mass)) / 1000;
  return kaon->charge > 0 ? interpolate(plus, sizeof plus / sizeof *plus, momentum)
                          : interpolate(minus, sizeof minus / sizeof *minus, momentum);
}

static double nucleon_millibarn(const ls_particle *nucleon, double kinetic) {
  const double barrier = 4; /* MeV: a proton below does not reach the nucleus */
  if (kinetic < 1 || (nucleon->charge && kinetic < barrier)) return 0;
  double high = 45 * pow(ls_argon_mass, 0.7) * (1 + 0.016 * sin(5.3 - 2.63 * log(ls_argon_mass)));
  double t = fmax(kinetic, 10);
  return high * (1 - 0.62 * exp(-t / 200) * sin(10.9 * pow(t, -0.28)));
}

double ls_hadronic_rate(const ls_particle *particle, double kinetic) {
  double millibarn = 0;
  if (particle->species == LS_PION) millibarn = pion_millibarn(particle, kinetic);
  if (particle->species == LS_KAON) millibarn = kaon_millibarn(particle, kinetic);
  if (particle->species == LS_PROTON || particle->species == LS_NEUTRON)
    millibarn = nucleon_millibarn(particle, kinetic);
  return fmax(0, millibarn) * 1e-3 * ls_argon_atoms();
}

/* K- N -> Lambda pi, on a nucleon at rest. */
static void strangeness_exchange(const ls_particle *kaon, double kinetic, const double direction[3],
                                 ls_stream *stream, ls_products *products) {
  double nucleon = ls_particle_of_pdg(LS_PDG_PROTON)->mass, sum = kaon->mass + nucleon;
  double mass = sqrt(sum * sum + 2 * nucleon * kinetic); /* of the two together */
  int on_neutron = ls_stream_uniform(stream) < 22.0 / 40;
  ls_decay_to_two(mass - ls_nucleon_binding, fmax(0, kinetic + sum - mass), direction,
                  (const int[2]){LS_PDG_LAMBDA, on_neutron ? -LS_PDG_PION : LS_PDG_PI_ZERO}, stream,
                  products);
}

/* Shares of the inelastic cross section below 0.5 GeV: absorption, charge exchange, the rest
 * quasi-elastic; around the Delta in nuclei near argon (Ashery et al., Phys. Rev. C 23 (1981) 2173;
 * Ashery et al., Phys. Rev. C 30 (1984) 946). */
static void pion_interacts(const ls_particle *pion, double kinetic, const double direction[3],
                           ls_stream *stream, ls_products *products) {
  const double low = 500, absorption = 0.35, exchange = 0.12, absorption_high = 0.08;
  double u = ls_stream_uniform(stream);
  if (u < (kinetic < low ? absorption : absorption_high))
    ls_absorb_pion(pion, kinetic, direction, stream, products);
  else if (kinetic > low)
    ls_produce(pion, kinetic, direction, stream, products);
  else if (u < absorption + exchange)
    ls_scatter_off_nucleon(pion, LS_PDG_PI_ZERO, kinetic, direction, stream, products);
  else
    ls_scatter_off_nucleon(pion, pion->pdg, kinetic, direction, stream, products);
}

static void nucleon_interacts(const ls_particle *nucleon, double kinetic, const double direction[3],
                              ls_stream *stream, ls_products *products) {
  const double compound = 25, production = 600; /* MeV */
  if (kinetic < compound)
    ls_evaporate(kinetic + ls_nucleon_binding, stream, products);
  else if (kinetic < production)
    ls_scatter_off_nucleon(nucleon, nucleon->pdg, kinetic, direction, stream, products);
  else
    ls_produce(nucleon, kinetic, direction, stream, products);
}

void ls_hadronic_draw(const ls_particle *particle, double kinetic, const double direction[3],
                      ls_stream *stream, ls_products *products) {
  if (particle->species == LS_PION)
    pion_interacts(particle, kinetic, direction, stream, products);
  else if (particle->species == LS_KAON && particle->charge < 0 && kinetic < 500)
    strangeness_exchange(particle, kinetic, direction, stream, products);
  else if (particle->species == LS_KAON && kinetic < 500)
    ls_scatter_off_nucleon(particle, particle->pdg, kinetic, direction, stream, products);
  else if (particle->species == LS_KAON)
    ls_produce(particle, kinetic, direction, stream, products);
  else
    nucleon_interacts(particle, kinetic, direction, stream, products);
}

/* Capture by argon, 1.2727 / us: Suzuki, Measday and Roalsvig, Phys. Rev. C 35 (1987) 2212. Decay
 * of a bound muon: slower than a free one's by 2.5 (alpha Z_eff)^2, N. C. Mukhopadhyay, Phys. Rep.
 * 30 (1977) 1, with their Z_eff of 14.89: 0.970. */
static int muon_is_taken(const ls_particle *muon, const double direction[3], ls_stream *stream,
                         ls_products *products) {
  double capture = 1.2727, decay = 0.970 / muon->lifetime;
  products->delay = ls_stream_exponential(stream) / (capture + decay);
  if (ls_stream_uniform(stream) * (capture + decay) > capture) {
    ls_decay(muon, 0, direction, stream, products);
    return 1;
  }
  /* The neutrino leaves 5 to 40 MeV to the nucleus, about 15 on average (Measday, Phys. Rep. 354
   * (2001) 243). */
  double excitation = fmin(60, 5 + 10 * ls_stream_exponential(stream));
  products->neutrino = ls_stored_energy(muon, 0) - excitation;
  ls_evaporate(excitation, stream, products);
  return 0;
}

int ls_capture_draw(const ls_particle *particle, const double direction[3], ls_stream *stream,
                    ls_products *products) {
  if (particle->species == LS_MUON) return muon_is_taken(particle, direction, stream, products);
  if (particle->species == LS_PION)
    ls_absorb_pion(particle, 0, direction, stream, products);
  else
    strangeness_exchange(particle, 0, direction, stream, products);
  return 0;
}
