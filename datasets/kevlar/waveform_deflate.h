/* Compresses whole waveforms, some ticks at a time, into the zlib stream of an event of int32: it
 * is never in memory as a whole. */
#ifndef LS_DATASETS_KEVLAR_WAVEFORM_DEFLATE_H
#define LS_DATASETS_KEVLAR_WAVEFORM_DEFLATE_H

#include "datasets/kevlar/deflate_code.h"

/* Zero-initialise; free(stream.bytes) in the end. */
typedef struct ls_waveform_deflate {
  ls_deflate_buffer stream; /* complete after ls_waveform_deflate_end */
  ls_deflate_code code;
  uint32_t before;                        /* the word before */
  uint64_t words, byte_sum, weighted_sum; /* so far; sums for the Adler-32 */
} ls_waveform_deflate;

/* Begins an event; the stream's memory is reused. LS_OK or LS_MEMORY. */
ls_status ls_waveform_deflate_begin(ls_waveform_deflate *deflate, ls_error *error);

/* Adds values[rows][width] as rows of columns words (at least width, at least 1 in all), zeros
 * behind. LS_OK or LS_MEMORY. */
ls_status ls_waveform_deflate_add(ls_waveform_deflate *deflate, const uint16_t *values, int rows,
                                  int width, int columns, ls_error *error);

ls_status ls_waveform_deflate_end(ls_waveform_deflate *deflate, ls_error *error);

#endif
