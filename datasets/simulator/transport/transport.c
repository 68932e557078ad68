#include "datasets/simulator/transport/transport.h"

#include "base/memory.h"
#include "datasets/simulator/transport/products.h"
#include "datasets/simulator/transport/run.h"
#include "datasets/simulator/transport/stream.h"
#include "datasets/simulator/transport/tables.h"
#include "datasets/simulator/transport/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ls_transport {
  ls_transport_options options;
  ls_run run; /* keeps its stack from event to event */
  ls_tables tables;
};

ls_transport_options ls_transport_options_default(void) {
  return (ls_transport_options){.fluctuations = 1,
                                .step = 0.1,
                                .cut_electron = 0.3,
                                .cut_gamma = 0.05,
                                .volume_min = {0, -116.5, 0},
                                .volume_max = {256.35, 116.5, 1036.8},
                                .margin = 30};
}

static ls_status check_options(const ls_transport_options *o, ls_error *error) {
  const double widest = 1e5;
  if (!(o->step >= 0.001 && o->step <= 10))
    return ls_fail(error, LS_USAGE, "steps of %g cm: 0.001 to 10 are possible", o->step);
  if (!(o->cut_electron >= 0.01 && o->cut_electron <= 100))
    return ls_fail(error, LS_USAGE, "a cut of %g MeV for electrons: 0.01 to 100 are possible",
                   o->cut_electron);
  if (!(o->cut_gamma >= 0.01 && o->cut_gamma <= 100))
    return ls_fail(error, LS_USAGE, "a cut of %g MeV for photons: 0.01 to 100 are possible",
                   o->cut_gamma);
  for (int i = 0; i < 3; i++)
    if (!(o->volume_min[i] >= -widest && o->volume_max[i] <= widest &&
          o->volume_min[i] < o->volume_max[i]))
      return ls_fail(error, LS_USAGE, "a volume from %g to %g cm in %c: within +-%g, and not empty",
                     o->volume_min[i], o->volume_max[i], "xyz"[i], widest);
  if (!(o->margin >= 0 && o->margin <= widest))
    return ls_fail(error, LS_USAGE, "a margin of %g cm: 0 to %g are possible", o->margin, widest);
  return LS_OK;
}

ls_status ls_transport_new(ls_transport **transport, const ls_transport_options *options,
                           ls_error *error) {
  void *block;
  *transport = NULL;
  LS_TRY(check_options(options, error));
  LS_TRY(ls_allocate(&block, sizeof **transport, "the tables of transport", error));
  ls_transport *made = block;
  made->options = *options;
  ls_tables_fill(&made->tables, options->cut_electron, options->cut_gamma);
  made->run = (ls_run){.options = &made->options, .tables = &made->tables};
  for (int i = 0; i < 3; i++) {
    made->run.world_min[i] = options->volume_min[i] - options->margin;
    made->run.world_max[i] = options->volume_max[i] + options->margin;
  }
  *transport = made;
  return LS_OK;
}

void ls_transport_free(ls_transport *transport) {
  if (transport) free(transport->run.waiting);
  ls_free(transport);
}

/* Sets *first to the primary, in MeV and cm. */
static ls_status read_primary(const ls_transport_options *options, const ls_primary *primary,
                              ls_product *first, ls_moving *from, ls_error *error) {
  const ls_particle *particle = ls_particle_of_pdg(primary->pdg);
  if (!particle) return ls_fail(error, LS_VALUE, "unknown particle of PDG code %d", primary->pdg);
  const double most = 1e5; /* MeV/c: beyond the tables */
  const double *p = primary->momentum, *at = primary->vertex;
  double momentum = 1000 * sqrt(ls_dot(p, p));
  if (!(momentum > 0 && momentum <= most))
    return ls_fail(error, LS_VALUE,
                   "a momentum of (%g, %g, %g) GeV/c: it must be finite, not 0 and at most %g",
                   p[0], p[1], p[2], most / 1000);
  for (int i = 0; i < 3; i++)
    if (!(at[i] >= options->volume_min[i] && at[i] <= options->volume_max[i]))
      return ls_fail(error, LS_VALUE,
                     "a vertex at (%g, %g, %g) cm, outside the volume: %c is %g to "
                     "%g",
                     at[0], at[1], at[2], "xyz"[i], options -> volume_min[i],
                     options -> volume_max[i]);
  if (!isfinite(primary->time))
    return ls_fail(error, LS_VALUE, "a primary at time %g us", primary->time);
  *first = (ls_product){.particle = particle};
  first->kinetic = momentum * momentum /
                   (sqrt(momentum * momentum + particle->mass * particle->mass) + particle->mass);
  memcpy(first->direction, p, sizeof first->direction);
  ls_normalise(first->direction);
  *from = (ls_moving){.time = primary->time};
  memcpy(from->at, at, sizeof from->at);
  return LS_OK;
}

ls_status ls_transport_event(ls_transport *transport, const ls_primary *primary, uint64_t seed,
                             uint64_t event, ls_deposits *deposits, ls_energy_balance *balance,
                             ls_error *error) {
  ls_run *run = &transport->run;
  ls_product first = {0};
  ls_moving from = {0};
  deposits->count = 0;
  *balance = (ls_energy_balance){0};
  LS_TRY(read_primary(&transport->options, primary, &first, &from, error));
  balance->initial = ls_stored_energy(first.particle, first.kinetic);
  run->stream = ls_stream_start(seed, LS_STREAM_TRANSPORT, event);
  run->count = 0;
  run->tracks = 0;
  run->deposits = deposits;
  run->balance = balance;
  run->error = error;
  LS_TRY(ls_run_push(run, &from, &first, 0, LS_PROCESS_PRIMARY));
  while (run->count) {
    ls_moving m = run->waiting[--run->count];
    LS_TRY(m.particle->charge ? ls_follow_charged(run, &m) : ls_follow_neutral(run, &m));
  }
  return LS_OK;
}
