#include "datasets/simulator/detector/planes.h"

#include <stdlib.h>
#include <string.h>

void ls_plane_traces_clear(ls_plane_traces *traces) {
  traces->count = 0;
}

void ls_plane_traces_destroy(ls_plane_traces *traces) {
  free(traces->tick);
  free(traces->wire);
  free(traces->value);
  free(traces->ticks);
  *traces = (ls_plane_traces){0};
}

static ls_status reserve(ls_plane_traces *traces, size_t count, ls_error *error) {
  if (count <= traces->capacity) return LS_OK;
  size_t capacity = 2 * count + 4096;
  uint32_t *tick = realloc(traces->tick, capacity * sizeof *tick);
  if (tick) traces->tick = tick;
  uint32_t *wire = realloc(traces->wire, capacity * sizeof *wire);
  if (wire) traces->wire = wire;
  float *value = realloc(traces->value, capacity * sizeof *value);
  if (value) traces->value = value;
  if (!tick || !wire || !value)
    return ls_fail(error, LS_MEMORY, "no memory for the %zu values of a plane", count);
  traces->capacity = capacity;
  return LS_OK;
}

ls_status ls_plane_traces_add(ls_plane_traces *traces, int wire, int tick, int count,
                              const float *values, ls_error *error) {
  LS_TRY(reserve(traces, traces->count + (size_t)count, error));
  size_t at = traces->count;
  for (int i = 0; i < count; i++) {
    traces->tick[at] = (uint32_t)(tick + i);
    traces->wire[at] = (uint32_t)wire;
    traces->value[at] = values[i];
    at += values[i] != 0;
  }
  traces->count = at;
  return LS_OK;
}

/* Counting sort by tick; wires are in order already. */
ls_status ls_plane_traces_pixels(ls_plane_traces *traces, int ticks, int columns, ls_pixels *pixels,
                                 ls_error *error) {
  size_t wanted = (size_t)ticks + 1;
  if (wanted > traces->tick_capacity) {
    uint32_t *grown = realloc(traces->ticks, wanted * sizeof *grown);
    if (!grown) return ls_fail(error, LS_MEMORY, "no memory for %d ticks", ticks);
    traces->ticks = grown;
    traces->tick_capacity = wanted;
  }
  pixels->count = 0;
  LS_TRY(ls_pixels_reserve(pixels, traces->count, error));
  uint32_t *starts = traces->ticks;
  memset(starts, 0, wanted * sizeof *starts);
  for (size_t i = 0; i < traces->count; i++) starts[traces->tick[i] + 1]++;
  for (int t = 0; t < ticks; t++) starts[t + 1] += starts[t];
  for (size_t i = 0; i < traces->count; i++) {
    uint32_t at = starts[traces->tick[i]]++;
    pixels->index[at] = traces->tick[i] * (uint32_t)columns + traces->wire[i];
    pixels->value[at] = traces->value[i];
  }
  pixels->count = traces->count;
  return LS_OK;
}

ls_status ls_waveforms_begin(ls_waveforms *waveforms, int wires, int first, int ticks,
                             ls_error *error) {
  size_t values = (size_t)wires * (size_t)ticks;
  if (values > waveforms->capacity) {
    free(waveforms->values);
    waveforms->capacity = 0;
    waveforms->values = malloc(values * sizeof *waveforms->values);
    if (!waveforms->values)
      return ls_fail(error, LS_MEMORY, "no memory for the waveforms of %d wires", wires);
    waveforms->capacity = values;
  }
  waveforms->wires = wires;
  waveforms->first = first;
  waveforms->ticks = ticks;
  return LS_OK;
}

void ls_waveforms_add(ls_waveforms *waveforms, int wire, int tick, int count, const float *values) {
  size_t wires = (size_t)waveforms->wires;
  uint16_t *to = waveforms->values + (size_t)(tick - waveforms->first) * wires + wire;
  for (int i = 0; i < count; i++, to += wires) *to = (uint16_t)(int)values[i];
}

void ls_waveforms_destroy(ls_waveforms *waveforms) {
  free(waveforms->values);
  *waveforms = (ls_waveforms){0};
}
