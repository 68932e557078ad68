/* Energy loss of charged particles to the electrons of liquid argon. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_IONISATION_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_IONISATION_H

#include "datasets/simulator/transport/particles.h"
#include "datasets/simulator/transport/stream.h"

/* Mean loss in collisions that give an electron at most cut (MeV): MeV/cm. A cut beyond the largest
 * possible transfer gives the whole loss.
 * Heavy particles: Bethe's formula, PDG Rev. 34.2.3 to 34.2.6, (34.5) and (34.10).
 * Electrons: Berger and Seltzer, as in Geant4's Physics Reference Manual, ionisation of e-. */
double ls_collision_loss(const ls_particle *particle, double kinetic, double cut);

/* Delta rays above cut per cm: PDG (34.8); for electrons Moller's cross section. */
double ls_delta_rate(const ls_particle *particle, double kinetic, double cut);

/* MeV: largest energy that an electron can be given; half its own for an electron. */
double ls_largest_transfer(const ls_particle *particle, double kinetic);

/* Draws a delta ray above cut: its kinetic energy; *cosine is its angle to the particle. */
double ls_delta_draw(const ls_particle *particle, double kinetic, double cut, ls_stream *stream,
                     double *cosine);

/* Draws the loss of a step with collisions below cut, whose mean is given; thickness is xi, the
 * step's length times ls_argon_collisions / beta^2. Collisions above xi / 4 are drawn one by one
 * from 1/T^2, the many below are a normal variate: with delta rays above cut drawn apart it is
 * Landau's distribution for thin steps and tends to the normal one for thick steps. */
double ls_loss_draw(double mean, double thickness, double cut, ls_stream *stream);

#endif
