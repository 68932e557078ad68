/* Photons, neutrons, and neutral particles that decay: from one point to the next. */
#include "datasets/simulator/transport/argon.h"
#include "datasets/simulator/transport/decay.h"
#include "datasets/simulator/transport/electromagnetic.h"
#include "datasets/simulator/transport/hadronic.h"
#include "datasets/simulator/transport/run.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>

/* A neutron slower than this is lost to sight: it is taken in within a millisecond. */
static const double slowest_neutron = 1; /* MeV */

/* Processes per cm, by the kind of particle. */
static double rate_of(const ls_run *run, const ls_moving *m, ls_photon_point *photon) {
  if (m->particle->species == LS_GAMMA) {
    *photon = ls_photon_at(run->tables, m->kinetic);
    return photon->pair + photon->compton + photon->photoelectric;
  }
  if (m->particle->species == LS_NEUTRON) return ls_neutron_at(run->tables, m->kinetic);
  double momentum = sqrt(m->kinetic * (m->kinetic + 2 * m->particle->mass));
  return m->particle->mass / (fmax(momentum, 1e-9) * ls_speed_of_light * m->particle->lifetime);
}

static ls_process draw(ls_run *run, const ls_moving *m, const ls_photon_point *photon, double rate,
                       ls_products *products) {
  ls_stream *stream = &run->stream;
  if (m->particle->species == LS_NEUTRON) {
    ls_hadronic_draw(m->particle, m->kinetic, m->direction, stream, products);
    return LS_PROCESS_HADRONIC;
  }
  if (m->particle->species != LS_GAMMA) {
    ls_decay(m->particle, m->kinetic, m->direction, stream, products);
    return LS_PROCESS_DECAY;
  }
  double which = ls_stream_uniform(stream) * rate;
  if (which < photon->pair) {
    ls_pair_draw(m->kinetic, m->direction, stream, products);
    return LS_PROCESS_PAIR;
  }
  if (which < photon->pair + photon->compton) {
    ls_compton_draw(m->kinetic, m->direction, stream, products);
    return LS_PROCESS_COMPTON;
  }
  ls_photoelectric_draw(m->kinetic, m->direction, products);
  return LS_PROCESS_PHOTOELECTRIC;
}

ls_status ls_follow_neutral(ls_run *run, ls_moving *m) {
  ls_photon_point photon = {0};
  if (m->particle->species == LS_NEUTRON && m->kinetic < slowest_neutron) {
    run->balance->binding += m->kinetic;
    ls_run_end(run, m, LS_PROCESS_CAPTURE);
    return LS_OK;
  }
  double rate = rate_of(run, m, &photon), flight = ls_stream_exponential(&run->stream) / rate;
  double length = fmin(flight, ls_run_to_wall(run, m) + 1e-9);
  double total = m->kinetic + m->particle->mass;
  double momentum = sqrt(m->kinetic * (m->kinetic + 2 * m->particle->mass));
  ls_move(m->at, m->direction, length);
  m->life.length += length;
  if (momentum > 0) m->time += length * total / (momentum * ls_speed_of_light);
  if (!ls_run_inside(run, m->at)) {
    ls_run_escape(run, m);
    return LS_OK;
  }
  ls_products products = {0};
  ls_process process = draw(run, m, &photon, rate, &products);
  ls_run_end(run, m, process);
  return ls_run_release(run, m, &products, ls_stored_energy(m->particle, m->kinetic), process);
}
