/* Wires without the chain: charge folded with the filter is what exact deconvolution gives. */
#include "datasets/simulator/detector/readout_internal.h"

#include <math.h>

/* Noise as the deconvolution leaves it. */
static void add_noise(ls_readout *r, const ls_run *run, int from, int to) {
  int count = to - from;
  ls_noise_fill(r, run->plane, run->wire, run->first + from, count, 1);
  float *noise = r->noise, sum = 0;
  if (r->tables->induction[run->plane]) {
    for (int i = 0; i < count; i++) {
      sum += noise[i];
      noise[i] = sum;
    }
    ls_baseline(noise, count);
  }
  for (int i = 0; i < count; i++) run->signal[from + i] += noise[i];
}

static ls_status put_region(ls_readout *r, const ls_run *run, int from, int to, ls_error *error) {
  if (run->first + from < r->trace_end) from = r->trace_end - run->first;
  if (run->first + to > r->tables->ticks) to = r->tables->ticks - run->first;
  if (to <= from) return LS_OK;
  if (run->options->noise) add_noise(r, run, from, to);
  float *values = run->signal + from, limit = (float)r->tables->detector.zero_limit[run->plane];
  if (run->options->rounding)
    for (int i = 0; i < to - from; i++)
      values[i] = fabsf(values[i]) < limit ? 0 : (float)(int32_t)values[i];
  r->trace_end = run->first + to;
  return run->sink->put(run->sink->context, run->plane, run->wire, run->first + from, to - from,
                        values, error);
}

ls_status ls_form_shortcut(ls_readout *r, const ls_run *run, ls_error *error) {
  if (run->options->no_regions) return put_region(r, run, 0, run->count, error);
  const int pad = (int)r->tables->detector.region_pad;
  const float threshold = (float)r->tables->detector.shortcut_threshold[run->plane];
  int i = 0;
  while (i < run->count) {
    while (i < run->count && !(run->signal[i] > threshold)) i++;
    if (i == run->count) break;
    int first = i, last = i;
    for (; i < run->count && i <= last + 2 * pad; i++)
      if (run->signal[i] > threshold) last = i;
    LS_TRY(put_region(r, run, first - pad, last + pad + 1, error));
  }
  return LS_OK;
}
