/* What larscale step measured, for people and as JSON in Google Benchmark's schema. */
#ifndef LS_BENCH_STEP_REPORT_H
#define LS_BENCH_STEP_REPORT_H

#include "bench/contest.h"

/* Tables: times, rates as shares of the peak, memory; forward and backward of each layer. */
void ls_step_report_print(const ls_contest *contest);

/* An entry step/NAME for each contestant and repetition. Counters: loss, batch, active_pixels (of
 * the batch), model_bytes, activation_bytes (of one image), peak_memory_bytes (of the process),
 * dense_equivalent_flop (of the batch), fma_peak (FLOP/s), dense_equivalent_share (of that peak),
 * and LAYER_forward_ms and LAYER_backward_ms of that repetition. */
ls_status ls_step_report_json(const ls_contest *contest, ls_error *error);

#endif
