#include "datasets/simulator/transport/shooting.h"

#include "support/test.h"

#include <math.h>

static const uint64_t seed = 20251105;

ls_transport_options ls_test_box(double half_width, double depth) {
  ls_transport_options options = ls_transport_options_default();
  for (int i = 0; i < 2; i++) {
    options.volume_min[i] = -half_width;
    options.volume_max[i] = half_width;
  }
  options.volume_min[2] = 0;
  options.volume_max[2] = depth;
  options.margin = 0;
  return options;
}

ls_primary ls_test_shot_of_momentum(int pdg, double momentum, double z) {
  return (ls_primary){.pdg = pdg, .momentum = {0, 0, momentum / 1000}, .vertex = {0, 0, z}};
}

ls_primary ls_test_shot(int pdg, double kinetic, double z) {
  double mass = ls_particle_of_pdg(pdg)->mass;
  return ls_test_shot_of_momentum(pdg, sqrt(kinetic * (kinetic + 2 * mass)), z);
}

static void check_balance(const ls_energy_balance *b) {
  double sum = b->deposited + b->outside + b->escaped + b->neutrino + b->binding;
  if (!(fabs(sum - b->initial) <= 1e-6 * b->initial))
    fail_msg("%.9g MeV came in, %.9g are accounted for", b->initial, sum);
}

void ls_test_shoot(const ls_transport_options *options, const ls_primary *primary, int count,
                   void (*each)(void *context, const ls_deposits *deposits), void *context) {
  ls_transport *transport;
  ls_error error = {0};
  ls_deposits deposits = {0};
  if (ls_transport_new(&transport, options, &error) != LS_OK) fail_msg("%s", error.message);
  for (int event = 0; event < count; event++) {
    ls_energy_balance balance;
    if (ls_transport_event(transport, primary, seed, (uint64_t)event, &deposits, &balance,
                           &error) != LS_OK)
      fail_msg("%s", error.message);
    check_balance(&balance);
    if (each) each(context, &deposits);
  }
  ls_deposits_destroy(&deposits);
  ls_transport_free(transport);
}
