#include "datasets/simulator/detector/planes.h"

#include <stdlib.h>
#include <string.h>

void ls_plane_traces_clear(ls_plane_traces *traces) {
  traces->count = 0;
  traces->whole_ticks = traces->whole_wires = 0;
}

ls_status ls_plane_traces_whole(ls_plane_traces *traces, int wires, int ticks, ls_error *error) {
  size_t values = (size_t)wires * (size_t)ticks;
  ls_plane_traces_clear(traces);
  if (values > traces->whole_capacity) {
    free(traces->whole);
    traces->whole_capacity = 0;
    traces->whole = malloc(values * sizeof *traces->whole);
    if (!traces->whole)
      return ls_fail(error, LS_MEMORY, "no memory for the waveforms of %d wires", wires);
    traces->whole_capacity = values;
  }
  memset(traces->whole, 0, values * sizeof *traces->whole);
  traces->whole_ticks = ticks;
  traces->whole_wires = wires;
  return LS_OK;
}

void ls_plane_traces_destroy(ls_plane_traces *traces) {
  free(traces->tick);
  free(traces->wire);
  free(traces->value);
  free(traces->ticks);
  free(traces->whole);
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
  if (traces->whole_ticks) {
    uint16_t *to = traces->whole + (size_t)wire * (size_t)traces->whole_ticks + tick;
    for (int i = 0; i < count; i++) to[i] = (uint16_t)(int)values[i];
    return LS_OK;
  }
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

/* By groups of ticks, so that a line of memory is read once. */
static ls_status whole_pixels(const ls_plane_traces *traces, int columns, ls_pixels *pixels,
                              ls_error *error) {
  enum { GROUP = 32 };
  int wires = traces->whole_wires, ticks = traces->whole_ticks;
  uint16_t *group = malloc((size_t)wires * GROUP * sizeof *group);
  if (!group) return ls_fail(error, LS_MEMORY, "no memory for waveforms");
  ls_status status = ls_pixels_reserve(pixels, (size_t)wires * (size_t)ticks, error);
  size_t at = 0;
  for (int first = 0; status == LS_OK && first < ticks; first += GROUP) {
    int count = ticks - first < GROUP ? ticks - first : GROUP;
    for (int w = 0; w < wires; w++)
      for (int i = 0; i < count; i++)
        group[i * wires + w] = traces->whole[(size_t)w * (size_t)ticks + (size_t)(first + i)];
    for (int i = 0; i < count; i++)
      for (int w = 0; w < wires; w++) {
        pixels->index[at] = (uint32_t)(first + i) * (uint32_t)columns + (uint32_t)w;
        pixels->value[at] = group[i * wires + w];
        at += group[i * wires + w] != 0;
      }
  }
  free(group);
  pixels->count = at;
  return status;
}

/* Counting sort by tick; wires are in order already. */
ls_status ls_plane_traces_pixels(ls_plane_traces *traces, int ticks, int columns, ls_pixels *pixels,
                                 ls_error *error) {
  if (traces->whole_ticks) return whole_pixels(traces, columns, pixels, error);
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
