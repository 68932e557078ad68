/* Charged particles, step by step: loss along the step with its fluctuation, a turn in its middle,
 * and at its end, perhaps, a process that is drawn one by one.
 * Left out: radiation of muons (0.02% of their loss at 0.5 GeV, 0.35% at 4.5 GeV: PUMAS' table of
 * liquid argon) and elastic scattering of kaons and nucleons off whole nuclei. */
#include "datasets/simulator/transport/argon.h"
#include "datasets/simulator/transport/decay.h"
#include "datasets/simulator/transport/electromagnetic.h"
#include "datasets/simulator/transport/hadronic.h"
#include "datasets/simulator/transport/ionisation.h"
#include "datasets/simulator/transport/run.h"
#include "datasets/simulator/transport/scattering.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>
#include <string.h>

/* A step is at most this part of the range, so that the loss does not change much on it; particles
 * with less range than shortest stop where they are. */
static const double part_of_range = 0.2, shortest = 0.02 /* cm */;

static double decay_rate(const ls_moving *m) {
  double lifetime = m->particle->lifetime;
  if (lifetime <= 0) return 0;
  double momentum = sqrt(m->kinetic * (m->kinetic + 2 * m->particle->mass));
  return m->particle->mass / (momentum * ls_speed_of_light * lifetime);
}

/* What a stopped particle does. */
static ls_status come_to_rest(ls_run *run, ls_moving *m) {
  ls_products products = {0};
  double stored = ls_stored_energy(m->particle, 0);
  ls_process process = LS_PROCESS_IONISATION;
  m->kinetic = 0;
  if (!run->options->fluctuations) {
    run->balance->escaped += stored;
  } else if (m->particle->pdg == -LS_PDG_ELECTRON) {
    ls_annihilate_at_rest(&run->stream, &products);
    process = LS_PROCESS_ANNIHILATION;
  } else if (m->particle->lifetime > 0 && m->particle->charge < 0) {
    process = ls_capture_draw(m->particle, m->direction, &run->stream, &products)
                  ? LS_PROCESS_DECAY
                  : LS_PROCESS_CAPTURE;
  } else if (m->particle->lifetime > 0) {
    products.delay = m->particle->lifetime * ls_stream_exponential(&run->stream);
    ls_decay(m->particle, 0, m->direction, &run->stream, &products);
    process = LS_PROCESS_DECAY;
  }
  if (process == LS_PROCESS_DECAY) products.neutrino = stored - ls_products_energy(&products);
  ls_run_end(run, m, process);
  if (process == LS_PROCESS_IONISATION) return LS_OK;
  return ls_run_release(run, m, &products, stored, process);
}

static ls_status stop(ls_run *run, ls_moving *m, double range) {
  LS_TRY(ls_run_deposit(run, m, m->at, m->particle->pdg, m->kinetic, range));
  m->life.length += range;
  return come_to_rest(run, m);
}

/* A delta ray or a photon; m goes on. */
static ls_status lose_to_delta(ls_run *run, ls_moving *m) {
  double momentum = sqrt(m->kinetic * (m->kinetic + 2 * m->particle->mass)), cosine;
  double delta =
      ls_delta_draw(m->particle, m->kinetic, run->options->cut_electron, &run->stream, &cosine);
  double angle = 2 * ls_pi * ls_stream_uniform(&run->stream), out[3];
  memcpy(out, m->direction, sizeof out);
  ls_turn(out, cosine, cos(angle), sin(angle));
  ls_products products = {0};
  ls_products_add(&products, LS_PDG_ELECTRON, delta, out);
  double taken = sqrt(delta * (delta + 2 * ls_electron_mass));
  for (int i = 0; i < 3; i++) m->direction[i] = momentum * m->direction[i] - taken * out[i];
  ls_normalise(m->direction);
  m->kinetic -= delta;
  return ls_run_release(run, m, &products, delta, LS_PROCESS_IONISATION);
}

static ls_status radiate(ls_run *run, ls_moving *m) {
  ls_products products = {0};
  double k = ls_bremsstrahlung_draw(m->kinetic, run->options->cut_gamma, m->direction, &run->stream,
                                    &products);
  m->kinetic -= k;
  return ls_run_release(run, m, &products, k, LS_PROCESS_BREMSSTRAHLUNG);
}

/* A hadron bounces off a nucleus, which takes some of its energy out of sight. */
static void deflect(ls_run *run, ls_moving *m) {
  double taken = ls_elastic_turn(m->particle, m->kinetic, m->direction, &run->stream);
  taken = fmin(taken, m->kinetic / 2);
  m->kinetic -= taken;
  run->balance->binding += taken;
}

/* What ends m in flight. */
static ls_status end_in_flight(ls_run *run, ls_moving *m, int decays) {
  ls_products products = {0};
  double stored = ls_stored_energy(m->particle, m->kinetic);
  ls_process process = LS_PROCESS_HADRONIC;
  if (decays) {
    process = LS_PROCESS_DECAY;
    ls_decay(m->particle, m->kinetic, m->direction, &run->stream, &products);
    products.neutrino = stored - ls_products_energy(&products);
  } else if (m->particle->species == LS_ELECTRON) {
    process = LS_PROCESS_ANNIHILATION;
    ls_annihilation_draw(m->kinetic, m->direction, &run->stream, &products);
  } else {
    ls_hadronic_draw(m->particle, m->kinetic, m->direction, &run->stream, &products);
  }
  ls_run_end(run, m, process);
  return ls_run_release(run, m, &products, stored, process);
}

/* The loss of a step: its mean by the midpoint rule, its fluctuation. */
static double loss_of_step(ls_run *run, const ls_moving *m, const ls_charged_point *table,
                           const ls_charged_point *here, double length) {
  int mean_only = !run->options->fluctuations;
  double rate = mean_only ? here->all : here->loss;
  double middle = fmax(m->kinetic / 2, m->kinetic - rate * length / 2);
  ls_charged_point there = ls_charged_at(table, middle);
  double mean = length * (mean_only ? there.all : there.loss);
  if (mean_only) return mean;
  double gamma = 1 + middle / m->particle->mass, beta2 = 1 - 1 / (gamma * gamma);
  double cut = fmin(run->options->cut_electron, ls_largest_transfer(m->particle, middle));
  return ls_loss_draw(mean, length * ls_argon_collisions() / beta2, cut, &run->stream);
}

/* Moves m by length and takes loss from it; the deposit is in the middle. */
static ls_status walk(ls_run *run, ls_moving *m, double length, double loss) {
  double mass = m->particle->mass, middle = m->kinetic - loss / 2;
  double square = middle * (middle + 2 * mass), total = middle + mass; /* p^2, E */
  ls_move(m->at, m->direction, length / 2);
  m->time += length * total / (sqrt(square) * ls_speed_of_light);
  LS_TRY(ls_run_deposit(run, m, m->at, m->particle->pdg, loss, length));
  if (run->options->fluctuations)
    ls_scatter(m->direction, m->particle->species == LS_ELECTRON, sqrt(square),
               sqrt(square) / total, length, &run->stream);
  ls_move(m->at, m->direction, length / 2);
  m->kinetic -= loss;
  m->life.length += length;
  return LS_OK;
}

ls_status ls_follow_charged(ls_run *run, ls_moving *m) {
  const ls_charged_point *table = ls_charged_table(run->tables, m->particle);
  int electron = m->particle->species == LS_ELECTRON;
  for (;;) {
    ls_charged_point here = ls_charged_at(table, m->kinetic);
    if (here.range < shortest || (electron && m->kinetic < run->options->cut_electron))
      return stop(run, m, here.range);
    double decay = decay_rate(m),
           rate = here.delta + here.radiation + here.elastic + here.other + decay;
    double limit = fmin(run->options->step, fmax(part_of_range * here.range, shortest / 2));
    double length = fmin(limit, ls_run_to_wall(run, m) + 1e-9), flight = 1e30;
    if (run->options->fluctuations) flight = ls_stream_exponential(&run->stream) / rate;
    int happens = flight < length;
    if (happens) length = flight;
    double loss = loss_of_step(run, m, table, &here, length);
    if (loss >= m->kinetic) return stop(run, m, fmin(length, here.range));
    LS_TRY(walk(run, m, length, loss));
    if (!ls_run_inside(run, m->at)) {
      ls_run_escape(run, m);
      return LS_OK;
    }
    if (!happens) continue;
    double which = ls_stream_uniform(&run->stream) * rate;
    if (which < here.delta) { /* the step may have left less than a delta ray needs */
      if (ls_largest_transfer(m->particle, m->kinetic) > run->options->cut_electron)
        LS_TRY(lose_to_delta(run, m));
    } else if ((which -= here.delta) < here.radiation) {
      if (m->kinetic > run->options->cut_gamma) LS_TRY(radiate(run, m));
    } else if ((which -= here.radiation) < here.elastic) {
      deflect(run, m);
    } else {
      return end_in_flight(run, m, which - here.elastic >= here.other);
    }
  }
}
