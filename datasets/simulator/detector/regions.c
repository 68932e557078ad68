/* Regions of interest of a digitised wire, and their deconvolution. */
#include "datasets/simulator/detector/lanes.h"

#include <math.h>

enum { BASELINE_TICKS = 8 };

void ls_baseline(float *values, int count) {
  int ends = count < 2 * BASELINE_TICKS ? count : BASELINE_TICKS;
  float left = 0, right = 0;
  for (int i = 0; i < ends; i++) {
    left += values[i];
    right += values[count - 1 - i];
  }
  left /= (float)ends;
  right /= (float)ends;
  float slope = (right - left) / (float)(count > 1 ? count - 1 : 1);
  for (int i = 0; i < count; i++) values[i] -= left + slope * (float)i;
}

/* Ticks from .. to - 1 of the run become values in readout->filtered. */
static void deconvolve(ls_readout *r, const ls_run *run, int from, int to) {
  const ls_readout_tables *t = r->tables;
  int p = run->plane, count = to - from;
  t->lanes->filter(r->filtered, run->signal + from - t->filter_before[p], t->filter[p],
                   t->filter_length[p], count);
  if (!t->induction[p]) return;
  float sum = 0;
  for (int i = 0; i < count; i++) {
    sum += r->filtered[i];
    r->filtered[i] = sum;
  }
  if (!run->options->no_regions) ls_baseline(r->filtered, count);
}

/* Truncation towards zero, as the experiment's cast to int32; below the limit all is zero. */
static ls_status put_region(ls_readout *r, const ls_run *run, int from, int to, ls_error *error) {
  if (run->first + from < r->trace_end) from = r->trace_end - run->first;
  if (run->first + to > r->tables->ticks) to = r->tables->ticks - run->first;
  if (to <= from) return LS_OK;
  deconvolve(r, run, from, to);
  float limit = (float)r->tables->detector.zero_limit[run->plane];
  if (run->options->rounding)
    for (int i = 0; i < to - from; i++)
      r->filtered[i] = fabsf(r->filtered[i]) < limit ? 0 : (float)(int32_t)r->filtered[i];
  r->trace_end = run->first + to;
  return run->sink->put(run->sink->context, run->plane, run->wire, run->first + from, to - from,
                        r->filtered, error);
}

/* A region is where the sum of 7 ticks passes the threshold, with pads; those that meet are one.
 * Looked for beyond the run's ends as well, but only what has signal in it is kept: noise beside
 * it may widen a region there as it would if every tick were looked at. */
ls_status ls_regions(ls_readout *r, const ls_run *run, ls_error *error) {
  if (run->options->no_regions) return put_region(r, run, 0, run->count, error);
  const int pad = (int)r->tables->detector.region_pad;
  const int beyond = run->options->whole ? 0 : LS_SEARCH, count = run->count + 2 * beyond;
  const float threshold = r->tables->threshold[run->plane][run->wire];
  const float *x = run->signal - beyond;
  float *sums = r->sums;
  r->tables->lanes->sums(sums, x, count);
  int i = 0;
  while (i < count) {
    while (i + 16 <= count && ls_below_16(sums + i, threshold)) i += 16;
    while (i < count && !(sums[i] > threshold)) i++;
    if (i == count) break;
    int first = i, last = i, inside = 0;
    for (; i < count && i <= last + 2 * pad; i++)
      if (sums[i] > threshold) {
        last = i;
        inside |= i >= beyond && i < beyond + run->count;
      }
    if (inside) LS_TRY(put_region(r, run, first - beyond - pad, last - beyond + pad + 1, error));
  }
  return LS_OK;
}
