#include "datasets/display/colours.h"

#include <math.h>

const ls_colours *ls_colours_of(int both_signs) {
  static const ls_colours one = {9,
                                 {{254, 180, 123},
                                  {251, 136, 97},
                                  {234, 91, 97},
                                  {205, 64, 113},
                                  {171, 51, 124},
                                  {136, 38, 129},
                                  {101, 26, 128},
                                  {60, 15, 112},
                                  {20, 11, 52}}};
  static const ls_colours two = {11,
                                 {{5, 48, 97},
                                  {33, 102, 172},
                                  {67, 147, 195},
                                  {146, 197, 222},
                                  {209, 229, 240},
                                  {247, 247, 247},
                                  {253, 219, 199},
                                  {244, 165, 130},
                                  {214, 96, 77},
                                  {178, 24, 43},
                                  {103, 0, 31}}};
  return both_signs ? &two : &one;
}

void ls_colour_at(const ls_colours *colours, double at, uint8_t rgb[3]) {
  double step = fmax(0, fmin(1, at)) * (colours->count - 1);
  int below = (int)step < colours->count - 1 ? (int)step : colours->count - 2;
  for (int c = 0; c < 3; c++)
    rgb[c] = (uint8_t)lrint(colours->rgb[below][c] +
                            (step - below) * (colours->rgb[below + 1][c] - colours->rgb[below][c]));
}
