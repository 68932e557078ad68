/* What the tests of transport share: shoot particles into a box, look at their lives. */
#ifndef LS_TESTS_SHOOTING_H
#define LS_TESTS_SHOOTING_H

#include "datasets/simulator/transport/transport.h"

/* A box of half_width cm around the z axis from z = 0 to depth, no margin. */
ls_transport_options ls_test_box(double half_width, double depth);

/* A particle of that kinetic energy (MeV) at (0, 0, z), along z. */
ls_primary ls_test_shot(int pdg, double kinetic, double z);
ls_primary ls_test_shot_of_momentum(int pdg, double momentum, double z); /* MeV/c */

/* Runs events number 0 to count - 1 of that primary; each is called, if not NULL, after its event,
 * and options.observe during it. Fails the test if transport fails or the energy balance of an
 * event is off by more than 1e-6 of what came in. */
void ls_test_shoot(const ls_transport_options *options, const ls_primary *primary, int count,
                   void (*each)(void *context, const ls_deposits *deposits), void *context);

#endif
