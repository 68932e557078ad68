#include "datasets/simulator/transport/run.h"

#include "datasets/simulator/transport/electromagnetic.h"

#include <stdlib.h>
#include <string.h>

static ls_status grow(ls_run *run) {
  size_t capacity = run->capacity ? 2 * run->capacity : 256;
  ls_moving *larger = realloc(run->waiting, capacity * sizeof *larger);
  if (!larger) return ls_fail(run->error, LS_MEMORY, "no memory for %zu particles", capacity);
  run->waiting = larger;
  run->capacity = capacity;
  return LS_OK;
}

ls_status ls_run_push(ls_run *run, const ls_moving *from, const ls_product *product, double delay,
                      ls_process birth) {
  ls_moving next = {
      .particle = product->particle, .kinetic = product->kinetic, .time = from->time + delay};
  memcpy(next.at, from->at, sizeof next.at);
  memcpy(next.direction, product->direction, sizeof next.direction);
  next.life = (ls_track){.track = ++run->tracks,
                         .parent = from->life.track,
                         .pdg = product->particle->pdg,
                         .birth = birth,
                         .start_energy = next.kinetic,
                         .start_time = next.time};
  memcpy(next.life.start, next.at, sizeof next.at);
  memcpy(next.life.start_direction, next.direction, sizeof next.direction);
  if (run->count == run->capacity) LS_TRY(grow(run));
  run->waiting[run->count++] = next;
  return LS_OK;
}

static int in_box(const double low[3], const double high[3], const double at[3]) {
  return at[0] >= low[0] && at[0] <= high[0] && at[1] >= low[1] && at[1] <= high[1] &&
         at[2] >= low[2] && at[2] <= high[2];
}

int ls_run_inside(const ls_run *run, const double at[3]) {
  return in_box(run->world_min, run->world_max, at);
}

ls_status ls_run_deposit(ls_run *run, const ls_moving *m, const double at[3], int pdg,
                         double energy, double length) {
  if (energy <= 0) return LS_OK;
  if (!in_box(run->options->volume_min, run->options->volume_max, at)) {
    run->balance->outside += energy;
    return LS_OK;
  }
  run->balance->deposited += energy;
  ls_deposit deposit = {at[0], at[1], at[2], m->time, energy, length, m->life.track, pdg};
  return ls_deposits_add(run->deposits, &deposit, run->error);
}

/* An electron, positron or photon too weak to be followed. */
static ls_status absorb(ls_run *run, const ls_moving *m, const ls_product *product) {
  double range = ls_electron_range(run->tables, product->kinetic);
  LS_TRY(ls_run_deposit(run, m, m->at, LS_PDG_ELECTRON, product->kinetic, range));
  if (product->particle->pdg != -LS_PDG_ELECTRON) return LS_OK;
  ls_products photons = {0};
  ls_annihilate_at_rest(&run->stream, &photons);
  for (int i = 0; i < photons.count; i++)
    LS_TRY(ls_run_push(run, m, &photons.item[i], 0, LS_PROCESS_ANNIHILATION));
  return LS_OK;
}

ls_status ls_run_release(ls_run *run, const ls_moving *m, const ls_products *products, double spent,
                         ls_process process) {
  for (int i = 0; i < products->count; i++) {
    const ls_product *product = &products->item[i];
    int weak =
        (product->particle->species == LS_ELECTRON &&
         product->kinetic < run->options->cut_electron) ||
        (product->particle->species == LS_GAMMA && product->kinetic < run->options->cut_gamma);
    if (weak)
      LS_TRY(absorb(run, m, product));
    else
      LS_TRY(ls_run_push(run, m, product, products->delay, process));
  }
  LS_TRY(ls_run_deposit(run, m, m->at, m->particle->pdg, products->deposit, 0));
  run->balance->neutrino += products->neutrino;
  run->balance->escaped += products->unseen;
  run->balance->binding += spent - ls_products_energy(products);
  return LS_OK;
}

void ls_run_end(ls_run *run, const ls_moving *m, ls_process end) {
  if (!run->options->observe) return;
  ls_track life = m->life;
  life.end = end;
  life.stop_energy = m->kinetic;
  life.stop_time = m->time;
  memcpy(life.stop, m->at, sizeof life.stop);
  memcpy(life.stop_direction, m->direction, sizeof life.stop_direction);
  run->options->observe(run->options->context, &life);
}

void ls_run_escape(ls_run *run, const ls_moving *m) {
  run->balance->escaped += ls_stored_energy(m->particle, m->kinetic);
  ls_run_end(run, m, LS_PROCESS_ESCAPE);
}

double ls_run_to_wall(const ls_run *run, const ls_moving *m) {
  double nearest = 1e30;
  for (int i = 0; i < 3; i++) {
    double along = m->direction[i];
    if (along == 0) continue;
    double distance = ((along > 0 ? run->world_max[i] : run->world_min[i]) - m->at[i]) / along;
    if (distance < nearest) nearest = distance;
  }
  return nearest;
}
