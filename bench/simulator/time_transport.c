/* Times the transport of events of the study's five kinds on one core.
 *
 * usage: time_transport [EVENTS-PER-KIND [MOMENTUM]]    (200; 3 GeV/c)
 *
 * Kinds take turns, event by event, so that whatever else the machine does meets all alike. Prints
 * per kind: processor milliseconds and deposits per event (mean), and the largest event. */
#include "base/clock.h"
#include "datasets/simulator/transport/transport.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct tally {
  double seconds, deposits, longest;
} tally;

static ls_status time_events(const ls_gun *gun, int events, tally *tallies, ls_error *error) {
  ls_transport_options options = ls_transport_options_default();
  ls_transport *transport;
  ls_deposits deposits = {0};
  LS_TRY(ls_transport_new(&transport, &options, error));
  ls_status status = LS_OK;
  for (int i = 0; status == LS_OK && i < events * gun->kind_count; i++) {
    ls_primary primary;
    ls_energy_balance balance;
    double start = ls_processor_seconds();
    ls_gun_fire(gun, 1, (uint64_t)i, &primary);
    status = ls_transport_event(transport, &primary, 1, (uint64_t)i, &deposits, &balance, error);
    double spent = ls_processor_seconds() - start;
    tally *t = &tallies[primary.kind];
    t->seconds += spent;
    t->deposits += (double)deposits.count;
    if (spent > t->longest) t->longest = spent;
  }
  ls_deposits_destroy(&deposits);
  ls_transport_free(transport);
  return status;
}

static int number(const char *text, double least, double most, double *value) {
  char *end;
  *value = strtod(text, &end);
  return end != text && !*end && *value >= least && *value <= most;
}

int main(int argc, char **argv) {
  ls_gun gun = ls_gun_default();
  ls_error error = {0};
  tally tallies[LS_GUN_KINDS] = {{0}};
  double events = 200, momentum = 3, seconds = 0;
  if (argc > 3 || (argc > 1 && !number(argv[1], 1, 1e6, &events)) ||
      (argc > 2 && !number(argv[2], 0.01, 100, &momentum))) {
    fputs("usage: time_transport [EVENTS-PER-KIND [MOMENTUM]]\n", stderr);
    return ls_exit_code(LS_USAGE);
  }
  gun.momentum_min = gun.momentum_max = momentum;
  if (time_events(&gun, (int)events, tallies, &error) != LS_OK) {
    fprintf(stderr, "time_transport: %s\n", error.message);
    return ls_exit_code(error.status);
  }
  for (int k = 0; k < gun.kind_count; k++) {
    const tally *t = &tallies[k];
    printf("%-6s %7.3f ms/event (longest %7.3f)  %6.0f deposits\n",
           ls_particle_of_pdg(gun.pdg[k])->name, 1e3 * t->seconds / events, 1e3 * t->longest,
           t->deposits / events);
    seconds += t->seconds;
  }
  printf("all    %7.3f ms/event, %.0f events/s on one core, %g GeV/c\n",
         1e3 * seconds / (events * gun.kind_count), events * gun.kind_count / seconds, momentum);
  return 0;
}
