#define _POSIX_C_SOURCE 200809L
#include "datasets/simulator/detector/readout.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "datasets/simulator/detector/lanes.h"

#include <stdlib.h>
#include <string.h>

enum { ARRAYS = 3 + 3 * LS_WIRE_PLANES, FIRST_ROWS = 1024, NOISE_STREAM = 0x6e6f697365 };

ls_readout_options ls_readout_options_default(void) {
  return (ls_readout_options){
      .form = LS_READOUT_WIRES, .noise = 1, .neighbours = 1, .rounding = 1, .edge = 0.5F};
}

/* Room for as many rows again; 0: there is none. */
static int grow_rows(ls_readout *r) {
  int capacity = r->row_capacity ? 2 * r->row_capacity : FIRST_ROWS;
  float *rows = realloc(r->rows, (size_t)capacity * LS_ROW * sizeof *rows);
  if (rows) r->rows = rows;
  int *wires = realloc(r->row_wire, (size_t)capacity * sizeof *wires);
  if (wires) r->row_wire = wires;
  int *blocks = realloc(r->row_block, (size_t)capacity * sizeof *blocks);
  if (blocks) r->row_block = blocks;
  if (!rows || !wires || !blocks) return 0;
  if (!r->row_capacity) memset(r->rows, 0, LS_ROW * sizeof *rows);
  r->row_capacity = capacity;
  return 1;
}

float *ls_charge_row_new(ls_readout *r, int wire, int block) {
  if (r->row_count + 1 >= r->row_capacity && !grow_rows(r)) {
    r->no_memory = 1;
    return r->rows;
  }
  int row = ++r->row_count;
  float *values = r->rows + (size_t)row * LS_ROW;
  memset(values, 0, LS_ROW * sizeof *values);
  r->row_wire[row] = wire;
  r->row_block[row] = block;
  r->mask[(size_t)wire * LS_MASK_WORDS + (size_t)(block / 64)] |= (uint64_t)1 << block % 64;
  r->directory[(size_t)wire * (size_t)r->tables->blocks + (size_t)block] = row;
  return values;
}

static void forget_rows(ls_readout *r) {
  for (int row = 1; row <= r->row_count; row++) {
    size_t wire = (size_t)r->row_wire[row];
    r->directory[wire * (size_t)r->tables->blocks + (size_t)r->row_block[row]] = 0;
    memset(r->mask + wire * LS_MASK_WORDS, 0, LS_MASK_WORDS * sizeof *r->mask);
  }
  r->row_count = 0;
}

static ls_status allocate(ls_readout *r, ls_error *error) {
  const char what[] = "the detector's buffers";
  const ls_readout_tables *t = r->tables;
  size_t wires = (size_t)ls_detector_columns(&t->detector);
  size_t ticks = ((size_t)t->blocks * LS_BLOCK + 2 * LS_GUARD) * sizeof(float);
  LS_TRY(ls_allocate((void **)&r->directory, wires * (size_t)t->blocks * sizeof *r->directory, what,
                     error));
  LS_TRY(ls_allocate((void **)&r->mask, wires * LS_MASK_WORDS * sizeof *r->mask, what, error));
  float **const buffers[] = {&r->run, &r->noise, &r->white, &r->filtered, &r->sums};
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
    LS_TRY(ls_allocate((void **)buffers[i], ticks, what, error));
  if (!grow_rows(r)) return ls_fail(error, LS_MEMORY, "no memory for %s", what);
  return LS_OK;
}

ls_status ls_readout_new(const ls_readout_tables *tables, ls_readout **readout, ls_error *error) {
  *readout = NULL;
  ls_readout *r = calloc(1, sizeof *r);
  if (!r) return ls_fail(error, LS_MEMORY, "no memory for the detector's buffers");
  r->tables = tables;
  ls_status status = allocate(r, error);
  if (status == LS_OK)
    *readout = r;
  else
    ls_readout_free(r);
  return status;
}

void ls_readout_free(ls_readout *r) {
  if (!r) return;
  ls_free(r->arrays.block);
  ls_free(r->directory);
  ls_free(r->mask);
  free(r->rows);
  free(r->row_wire);
  free(r->row_block);
  ls_free(r->run);
  ls_free(r->noise);
  ls_free(r->white);
  ls_free(r->filtered);
  ls_free(r->sums);
  free(r);
}

static ls_status reserve_arrays(ls_charge_arrays *a, size_t count, ls_error *error) {
  if (count > a->capacity) {
    size_t capacity = (count + count / 4 + 1023) / 1024 * 1024;
    ls_free(a->block);
    a->capacity = 0;
    LS_TRY(ls_allocate_unset((void **)&a->block, ARRAYS * capacity * sizeof(float),
                             "the deposits' charge", error));
    a->capacity = capacity;
  }
  float **const arrays[ARRAYS] = {&a->electrons, &a->across,    &a->along,   &a->charge[0],
                                  &a->charge[1], &a->charge[2], &a->wire[0], &a->wire[1],
                                  &a->wire[2],   &a->tick[0],   &a->tick[1], &a->tick[2]};
  for (size_t i = 0; i < ARRAYS; i++) *arrays[i] = a->block + i * a->capacity;
  a->count = count;
  return LS_OK;
}

ls_status ls_readout_charge(ls_readout *r, const ls_deposits *deposits, ls_error *error) {
  double start = ls_seconds();
  LS_TRY(reserve_arrays(&r->arrays, deposits->count, error));
  r->tables->lanes->charge(&r->tables->constants, deposits, &r->arrays);
  r->seconds[0] += ls_seconds() - start;
  return LS_OK;
}

ls_status ls_readout_plane(ls_readout *r, int plane, const ls_readout_options *options,
                           uint64_t seed, uint64_t event, const ls_trace_sink *sink,
                           ls_error *error) {
  double start = ls_seconds();
  r->noise_key = ls_random(seed, NOISE_STREAM, event);
  r->no_memory = 0;
  r->tables->lanes->scatter(r, plane);
  double scattered = ls_seconds();
  r->seconds[1] += scattered - start;
  ls_status status = LS_OK;
  if (r->no_memory)
    status = ls_fail(error, LS_MEMORY, "no memory for the charge on the wires");
  else
    status = ls_response_plane(r, plane, options, sink, error);
  forget_rows(r);
  r->seconds[2] += ls_seconds() - scattered;
  return status;
}

void ls_readout_count(const ls_readout *r, ls_readout_losses *losses) {
  *losses = (ls_readout_losses){0};
  for (size_t i = 0; i < r->arrays.count; i++) {
    losses->outside += r->arrays.along[i] < 0;
    losses->electrons += (double)r->arrays.electrons[i];
  }
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    losses->untimely[p] = r->untimely[p];
    losses->charge[p] = r->timely_charge[p];
  }
}

ls_status ls_readout_event(ls_readout *r, const ls_deposits *deposits,
                           const ls_readout_options *options, uint64_t seed, uint64_t event,
                           const ls_trace_sink *sink, ls_readout_losses *losses, ls_error *error) {
  LS_TRY(ls_readout_charge(r, deposits, error));
  for (int p = 0; p < LS_WIRE_PLANES; p++)
    LS_TRY(ls_readout_plane(r, p, options, seed, event, sink, error));
  if (losses) ls_readout_count(r, losses);
  return LS_OK;
}

ls_readout_view ls_readout_deposits(const ls_readout *r) {
  const ls_charge_arrays *a = &r->arrays;
  return (ls_readout_view){.count = a->count,
                           .electrons = a->electrons,
                           .charge = {a->charge[0], a->charge[1], a->charge[2]},
                           .wire = {a->wire[0], a->wire[1], a->wire[2]},
                           .tick = {a->tick[0], a->tick[1], a->tick[2]}};
}

void ls_readout_seconds(const ls_readout *r, double seconds[3]) {
  memcpy(seconds, r->seconds, sizeof r->seconds);
}
