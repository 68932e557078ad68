#include "datasets/simulator/transport/transport.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

struct ls_transport {
  ls_transport_options options;
};

ls_transport_options ls_transport_options_default(void) {
  return (ls_transport_options){.fluctuations = 1,
                                .step = 0.3,
                                .cut_electron = 0.3,
                                .cut_gamma = 0.05,
                                .volume_max = {256.35, 116.5, 1036.8},
                                .volume_min = {0, -116.5, 0},
                                .margin = 30};
}

ls_status ls_transport_new(ls_transport **transport, const ls_transport_options *options,
                           ls_error *error) {
  void *block;
  *transport = NULL;
  LS_TRY(ls_allocate(&block, sizeof **transport, "the tables of transport", error));
  *transport = block;
  (*transport)->options = *options;
  return LS_OK;
}

void ls_transport_free(ls_transport *transport) {
  ls_free(transport);
}

static int inside(const ls_transport_options *options, const double at[3]) {
  for (int i = 0; i < 3; i++)
    if (!(at[i] >= options->volume_min[i] && at[i] <= options->volume_max[i])) return 0;
  return 1;
}

/* Mean loss of a particle at minimum ionisation in liquid argon: 1.508 MeV cm2/g x 1.396 g/cm3. */
static const double mean_loss = 2.105;

ls_status ls_transport_event(ls_transport *transport, const ls_primary *primary, uint64_t seed,
                             uint64_t event, ls_deposits *deposits, ls_energy_balance *balance,
                             ls_error *error) {
  (void)seed;
  (void)event;
  deposits->count = 0;
  *balance = (ls_energy_balance){0};
  const ls_particle *particle = ls_particle_of_pdg(primary->pdg);
  if (!particle) return ls_fail(error, LS_VALUE, "unknown particle of PDG code %d", primary->pdg);
  double direction[3], at[3], momentum = 0;
  memcpy(at, primary->vertex, sizeof at);
  for (int i = 0; i < 3; i++) momentum += primary->momentum[i] * primary->momentum[i];
  momentum = sqrt(momentum);
  for (int i = 0; i < 3; i++) direction[i] = primary->momentum[i] / momentum;
  double energy = sqrt(1e6 * momentum * momentum + particle->mass * particle->mass);
  energy -= particle->mass;
  balance->initial = energy;
  while (energy > 0 && inside(&transport->options, at)) {
    double step = transport->options.step, loss = fmin(energy, step * mean_loss);
    ls_deposit d = {at[0] + step / 2 * direction[0],
                    at[1] + step / 2 * direction[1],
                    at[2] + step / 2 * direction[2],
                    primary->time,
                    loss,
                    step,
                    1,
                    primary->pdg};
    LS_TRY(ls_deposits_add(deposits, &d, error));
    balance->deposited += loss;
    energy -= loss;
    for (int i = 0; i < 3; i++) at[i] += step * direction[i];
  }
  balance->escaped = energy;
  return LS_OK;
}
