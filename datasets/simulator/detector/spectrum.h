/* Responses in frequency space. Angles w are radians per tick; a transform has LS_SPECTRUM points.
 */
#ifndef LS_DATASETS_SIMULATOR_DETECTOR_SPECTRUM_H
#define LS_DATASETS_SIMULATOR_DETECTOR_SPECTRUM_H

#include "datasets/simulator/detector/detector.h"

#include <complex.h>

enum { LS_SPECTRUM = 1024 };

/* Angle of point k, from -pi to pi. */
double ls_spectrum_angle(int k);

/* In place, from frequencies to ticks (the negative ones from the end), not scaled. */
void ls_spectrum_to_ticks(double complex values[LS_SPECTRUM]);

/* Field and electronics, ADC per electron: peak of the electronics (t/tp)^5 exp(5 (1 - t/tp)),
 * whose spectrum is a power of a simple pole. */
double complex ls_spectrum_response(const ls_detector *detector, const ls_field_response *field,
                                    int plane, double w);

/* Of charge that all wires get alike: own + 2 (1 + neighbour_2 + neighbour_3) neighbour. A charge
 * wider than a few wires, as of a track across them, induces this; dividing by the own wire's alone
 * gives up to three times too much charge. */
double complex ls_spectrum_all_wires(const ls_detector *detector, int plane, double w);

#endif
