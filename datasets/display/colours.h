/* Colours of charge: even steps of lightness, so that they mean the same to colour-blind people and
 * on grey paper. */
#ifndef LS_DATASETS_DISPLAY_COLOURS_H
#define LS_DATASETS_DISPLAY_COLOURS_H

#include <stdint.h>

/* One after the other in equal steps. Values from zero up: pale orange to black, matplotlib's magma
 * turned round without its palest fifth (S. van der Walt, N. Smith, CC0). Values of both signs:
 * blue, white for zero, red, ColorBrewer's RdBu turned round (C. Brewer, M. Harrower). */
typedef struct ls_colours {
  int count;
  uint8_t rgb[11][3];
} ls_colours;

/* both_signs: from -1 to 1; else from 0 to 1. */
const ls_colours *ls_colours_of(int both_signs);

/* The colour of a value between, by straight lines; at is cut to 0 .. 1 (first to last colour). */
void ls_colour_at(const ls_colours *colours, double at, uint8_t rgb[3]);

#endif
