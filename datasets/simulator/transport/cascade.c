#include "datasets/simulator/transport/cascade.h"

#include "datasets/simulator/transport/argon.h"
#include "datasets/simulator/transport/nucleus.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>
#include <string.h>

static const double nucleon_mass = 938.92, neutral_share = 18.0 / 40; /* protons in argon */

/* cos of the angle in the frame of the two: 1 + 3 cos^2 around the Delta (its decay), even for
 * others below 0.5 GeV. */
static double angle_in_frame(const ls_particle *hadron, ls_stream *stream) {
  double cosine;
  do {
    cosine = 2 * ls_stream_uniform(stream) - 1;
  } while (hadron->species == LS_PION && 4 * ls_stream_uniform(stream) > 1 + 3 * cosine * cosine);
  return cosine;
}

void ls_scatter_off_nucleon(const ls_particle *hadron, int pdg, double kinetic,
                            const double direction[3], ls_stream *stream, ls_products *products) {
  double m = hadron->mass, total = kinetic + m, momentum = sqrt(kinetic * (kinetic + 2 * m));
  double s = m * m + nucleon_mass * nucleon_mass + 2 * total * nucleon_mass;
  double inner = momentum * nucleon_mass / sqrt(s); /* in the frame of the two */
  double transfer = inner * inner * (1 - angle_in_frame(hadron, stream)) / nucleon_mass;
  double rest = kinetic - transfer, out[3], recoil[3],
         angle = 2 * ls_pi * ls_stream_uniform(stream);
  double after = sqrt(rest * (rest + 2 * m));
  /* (p - p')^2 = transfer (transfer + 2 M) gives the angle. */
  double cosine = (momentum * momentum + after * after - transfer * (transfer + 2 * nucleon_mass)) /
                  (2 * momentum * fmax(after, 1e-9));
  memcpy(out, direction, sizeof out);
  ls_turn(out, fmax(-1, fmin(1, cosine)), cos(angle), sin(angle));
  for (int i = 0; i < 3; i++) recoil[i] = momentum * direction[i] - after * out[i];
  ls_normalise(recoil);
  double gained = ls_particle_of_pdg(pdg)->mass - m; /* of a pi0 for a pi+-: less than nothing */
  ls_products_add(products, pdg, fmax(0, rest - gained), out);
  double left = transfer - ls_nucleon_binding;
  if (left <= 0) return; /* it stays in the nucleus */
  double excitation = fmin(left / 2, 10 * ls_stream_exponential(stream));
  ls_add_nucleon(neutral_share, left - excitation, recoil, stream, products);
  ls_evaporate(excitation, stream, products);
}

/* The direction of a momentum whose transverse part is drawn. */
static void spread(double mass, double kinetic, const double direction[3], ls_stream *stream,
                   double out[3]) {
  const double deviation = 250; /* MeV/c */
  double momentum = sqrt(kinetic * (kinetic + 2 * mass));
  double x = deviation * ls_stream_normal(stream), y = deviation * ls_stream_normal(stream);
  double across = sqrt(x * x + y * y);
  if (across >= momentum || across < 1e-9) { /* slow: anywhere */
    ls_stream_direction(stream, out);
    return;
  }
  memcpy(out, direction, 3 * sizeof *out);
  ls_turn(out, sqrt(1 - across * across / (momentum * momentum)), x / across, y / across);
}

/* The one that leads keeps its charge more often than not; a kaon without charge is half K_S, half
 * K_L. Returns 0 for a K_L. */
static int leading_pdg(const ls_particle *hadron, ls_stream *stream) {
  double u = ls_stream_uniform(stream);
  if (hadron->species == LS_PION)
    return u < 0.62 ? hadron->pdg : u < 0.85 ? LS_PDG_PI_ZERO : -hadron->pdg;
  if (hadron->species == LS_KAON) return u < 0.65 ? hadron->pdg : u < 0.825 ? LS_PDG_KAON_SHORT : 0;
  if (u < 0.65) return hadron->pdg;
  return hadron->charge ? LS_PDG_NEUTRON : LS_PDG_PROTON;
}

static int pion_pdg(ls_stream *stream) {
  double u = ls_stream_uniform(stream);
  return u < 0.36 ? LS_PDG_PION : u < 0.72 ? -LS_PDG_PION : LS_PDG_PI_ZERO;
}

enum { MOST_MESONS = 12 };

/* The shower of one interaction before its energy is shared out: [0] leads. */
typedef struct fan {
  int count, pdg[MOST_MESONS];
  double weight[MOST_MESONS], sum, masses;
} fan;

/* masses: what is made anew, stored in the pions. */
static void fill(fan *f, const ls_particle *hadron, double kinetic, ls_stream *stream) {
  const double onset = hadron->species == LS_PION ? 300 : 600;
  double mean = 0.9 * log(fmax(1, kinetic / onset));
  *f = (fan){.count = 1 + (int)ls_stream_poisson(stream, mean)};
  if (f->count > MOST_MESONS) f->count = MOST_MESONS;
  for (int i = 0; i < f->count; i++) {
    f->pdg[i] = i ? pion_pdg(stream) : leading_pdg(hadron, stream);
    f->weight[i] = ls_stream_exponential(stream) * (i ? 1 : 2);
    f->sum += f->weight[i];
    if (i) f->masses += ls_stored_energy(ls_particle_of_pdg(f->pdg[i]), 0);
  }
  double before = ls_stored_energy(hadron, 0); /* K_L: as if the mass stayed the same */
  f->masses += f->pdg[0] ? ls_stored_energy(ls_particle_of_pdg(f->pdg[0]), 0) - before : 0;
}

static void share_out(const fan *f, const ls_particle *hadron, double energy,
                      const double direction[3], ls_stream *stream, ls_products *products) {
  for (int i = 0; i < f->count; i++) {
    double kinetic = energy * f->weight[i] / f->sum, out[3];
    if (!f->pdg[i]) {
      products->unseen += ls_stored_energy(hadron, kinetic);
      continue;
    }
    spread(ls_particle_of_pdg(f->pdg[i])->mass, kinetic, direction, stream, out);
    ls_products_add(products, f->pdg[i], kinetic, out);
  }
}

void ls_produce(const ls_particle *hadron, double kinetic, const double direction[3],
                ls_stream *stream, ls_products *products) {
  enum { MOST_KNOCKED = 8, TRIES = 20 };
  fan f;
  for (int i = 0; i < TRIES; i++) {
    fill(&f, hadron, kinetic, stream);
    int knocked = 1 + (int)ls_stream_poisson(stream, 2.2);
    if (knocked > MOST_KNOCKED) knocked = MOST_KNOCKED;
    double excitation = 10 + 20 * ls_stream_exponential(stream), nucleons[MOST_KNOCKED];
    double left = kinetic - f.masses - excitation - knocked * ls_nucleon_binding;
    for (int k = 0; k < knocked; k++) left -= nucleons[k] = 90 * ls_stream_exponential(stream);
    if (left < 0.3 * kinetic) continue;
    share_out(&f, hadron, left, direction, stream, products);
    for (int k = 0; k < knocked; k++) {
      double out[3];
      spread(nucleon_mass, nucleons[k], direction, stream, out);
      ls_add_nucleon(neutral_share, nucleons[k], out, stream, products);
    }
    ls_evaporate(excitation, stream, products);
    return;
  }
  ls_scatter_off_nucleon(hadron, hadron->pdg, kinetic, direction, stream, products);
}
