/* One event on its way: what is still to be followed, and where energy goes. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_RUN_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_RUN_H

#include "datasets/simulator/transport/products.h"
#include "datasets/simulator/transport/stream.h"
#include "datasets/simulator/transport/tables.h"
#include "datasets/simulator/transport/transport.h"

/* A particle that is followed; life is what the observer will be told. */
typedef struct ls_moving {
  const ls_particle *particle;
  double kinetic, time, at[3], direction[3];
  ls_track life;
} ls_moving;

typedef struct ls_run {
  const ls_transport_options *options;
  const ls_tables *tables;
  double world_min[3], world_max[3]; /* volume and margin */
  ls_stream stream;
  ls_moving *waiting; /* [capacity], the last first */
  size_t count, capacity;
  int32_t tracks;
  ls_deposits *deposits;
  ls_energy_balance *balance;
  ls_error *error;
} ls_run;

/* Puts a particle on the stack. LS_OK or LS_MEMORY. */
ls_status ls_run_push(ls_run *run, const ls_moving *from, const ls_product *product, double delay,
                      ls_process birth);

/* Energy left at a place by m or by what it set free; length 0: a point. LS_OK or LS_MEMORY. */
ls_status ls_run_deposit(ls_run *run, const ls_moving *m, const double at[3], int pdg,
                         double energy, double length);

/* Takes over the products of a process of m, into which went the stored energy spent: those below
 * the cuts are deposited, the others pushed; what is missing is nuclear binding. */
ls_status ls_run_release(ls_run *run, const ls_moving *m, const ls_products *products, double spent,
                         ls_process process);

/* m's life is over: tells the observer. */
void ls_run_end(ls_run *run, const ls_moving *m, ls_process end);

/* m leaves the world with what energy it has. */
void ls_run_escape(ls_run *run, const ls_moving *m);

/* cm to the wall of the world along m's direction. */
double ls_run_to_wall(const ls_run *run, const ls_moving *m);
int ls_run_inside(const ls_run *run, const double at[3]); /* of the world */

/* Follow m to its end. */
ls_status ls_follow_charged(ls_run *run, ls_moving *m);
ls_status ls_follow_neutral(ls_run *run, ls_moving *m);

#endif
