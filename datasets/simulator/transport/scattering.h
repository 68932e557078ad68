/* Multiple scattering. */
#ifndef LS_DATASETS_SIMULATOR_TRANSPORT_SCATTERING_H
#define LS_DATASETS_SIMULATOR_TRANSPORT_SCATTERING_H

#include "datasets/simulator/transport/stream.h"

/* Turns direction by what a step (cm) of a singly charged particle does to it. momentum in MeV/c.
 *
 * Heavy particles: Highland's formula, PDG Rev. (34.16), theta_0 = 13.6 MeV / (beta c p)
 * sqrt(x / X0). Its logarithm, 1 + 0.038 ln(x / X0), is what makes it unfit for steps that add up;
 * it is taken at one radiation length, where it is 1, so that tracks scatter as measured over 14 cm
 * segments (MicroBooNE, JINST 12 (2017) P10010).
 * Electrons, which are slower: the scattering power of ICRU Report 35 (1984), whose
 * logarithm falls with the momentum.
 *
 * Angles may be large: 1 - cos(theta) is drawn from an exponential cut at 2, which is a normal
 * distribution for small angles and isotropic for thick steps. */
void ls_scatter(double direction[3], int electron, double momentum, double beta, double step,
                ls_stream *stream);

#endif
