#include "datasets/simulator/detector/spectrum.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

double ls_spectrum_angle(int k) {
  return 2 * pi * (k < LS_SPECTRUM / 2 ? k : k - LS_SPECTRUM) / LS_SPECTRUM;
}

static void reverse_bits(double complex *values) {
  for (int i = 1, j = 0; i < LS_SPECTRUM; i++) {
    int bit = LS_SPECTRUM >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      double complex swap = values[i];
      values[i] = values[j];
      values[j] = swap;
    }
  }
}

/* Cooley and Tukey's, radix 2. */
void ls_spectrum_to_ticks(double complex values[LS_SPECTRUM]) {
  reverse_bits(values);
  for (int length = 2; length <= LS_SPECTRUM; length <<= 1)
    for (int k = 0; k < length / 2; k++) {
      double complex turn = cos(2 * pi * k / length) + I * sin(2 * pi * k / length);
      for (int i = k; i < LS_SPECTRUM; i += length) {
        double complex even = values[i], odd = values[i + length / 2] * turn;
        values[i] = even + odd;
        values[i + length / 2] = even - odd;
      }
    }
}

double complex ls_spectrum_response(const ls_detector *d, const ls_field_response *field, int plane,
                                    double w) {
  double o = w / d->tick, smear = o * field->smear[plane], tp = d->shaping_time;
  double complex current = field->rise[plane] / (1 - I * o * field->rise_time[plane]) -
                           field->fall[plane] / (1 + I * o * field->fall_time[plane]);
  /* 5! / 5^6 e^5 tp: the area under the peak of height 1 */
  double area = tp * exp(5.0) * 120 / 15625 / d->tick / d->electrons_per_adc;
  double complex pole = 1 + I * o * tp / 5, square = pole * pole;
  return exp(-0.5 * smear * smear) * current * area / (square * square * square);
}

double complex ls_spectrum_all_wires(const ls_detector *d, int plane, double w) {
  double share = 2 * (1 + d->neighbour_2[plane] + d->neighbour_3[plane]);
  return ls_spectrum_response(d, &d->own, plane, w) +
         share * ls_spectrum_response(d, &d->neighbour, plane, w);
}
