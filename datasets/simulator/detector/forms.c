/* What is made of a stretch of signal: the signal, digits, wires. */
#include "base/random.h"
#include "datasets/simulator/detector/lanes.h"

#include <string.h>

enum { FAR = 1024 };

/* Noise values are made in groups of 32 ticks from a multiple of 32 on. */
void ls_noise_fill(ls_readout *r, int plane, int wire, int first, int count, int after) {
  const ls_readout_tables *t = r->tables;
  int length = t->length_class[plane][wire], taps = after ? LS_AFTER_TAPS : LS_NOISE_TAPS;
  const float *shape = after ? t->after[plane][length] : t->noise[length];
  int from = (first - taps / 2 + FAR) / 32 * 32 - FAR;
  int to = (first + count + 64 + taps / 2 + 31 + FAR) / 32 * 32 - FAR;
  uint64_t key = ls_random(r->noise_key, (uint64_t)plane, (uint64_t)wire);
  float scaled[LS_AFTER_TAPS];
  for (int j = 0; j < taps; j++) scaled[j] = shape[j] * t->rms[plane][wire];
  t->lanes->white(r->white, from + FAR, to - from, key);
  t->lanes->filter(r->noise, r->white + (first - taps / 2 - from), scaled, taps, count);
}

void ls_readout_noise(ls_readout *r, uint64_t seed, uint64_t event, int plane, int wire, int first,
                      int count, float *values) {
  r->noise_key = ls_random(seed, 0x6e6f697365, event);
  ls_noise_fill(r, plane, wire, first, count, 0);
  memcpy(values, r->noise, (size_t)count * sizeof *values);
}

static ls_status put(const ls_run *run, int tick, int count, const float *values, ls_error *error) {
  return run->sink->put(run->sink->context, run->plane, run->wire, tick, count, values, error);
}

/* Adds noise and rounds as the digitiser does, less the pedestal, margin ticks further on both
 * sides. */
static void digitise(ls_readout *r, const ls_run *run, int margin) {
  const ls_detector *d = &r->tables->detector;
  float *signal = run->signal - margin;
  int count = run->count + 2 * margin, noise = run->options->noise;
  if (noise) ls_noise_fill(r, run->plane, run->wire, run->first - margin, count, 0);
  if (run->options->rounding)
    r->tables->lanes->digitise(signal, noise ? r->noise : NULL, count,
                               (float)d->pedestal[run->plane], (float)d->adc_most);
  else if (noise)
    for (int i = 0; i < count; i++) signal[i] += r->noise[i];
}

static ls_status put_digits(ls_readout *r, const ls_run *run, ls_error *error) {
  digitise(r, run, 0);
  float pedestal = (float)r->tables->detector.pedestal[run->plane];
  for (int i = 0; i < run->count; i++) run->signal[i] += pedestal;
  return put(run, run->first, run->count, run->signal, error);
}

ls_status ls_form_run(ls_readout *r, const ls_run *run, ls_error *error) {
  switch (run->options->form) {
  case LS_READOUT_DIGITS:
    return put_digits(r, run, error);
  case LS_READOUT_WIRES:
    digitise(r, run, LS_MARGIN);
    return ls_regions(r, run, error);
  case LS_READOUT_SHORTCUT:
    return ls_form_shortcut(r, run, error);
  case LS_READOUT_CHARGE:
  case LS_READOUT_SIGNAL:
    break;
  }
  return put(run, run->first, run->count, run->signal, error);
}
