#include "datasets/simulator/detector/rig.h"

#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void rig_open(rig *r, const ls_detector *detector) {
  ls_error error = {0};
  *r = (rig){.detector = *detector};
  if (ls_readout_tables_new(detector, &r->tables, &error) != LS_OK) fail_msg("%s", error.message);
  if (ls_readout_new(r->tables, &r->readout, &error) != LS_OK) fail_msg("%s", error.message);
  r->ticks = ls_detector_ticks(detector);
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    r->wires[p] = ls_detector_wires(detector, p);
    r->values[p] = calloc((size_t)r->wires[p] * (size_t)r->ticks, sizeof *r->values[p]);
    r->seen[p] = calloc((size_t)r->wires[p] * (size_t)r->ticks, 1);
    assert_non_null(r->values[p]);
    assert_non_null(r->seen[p]);
  }
}

void rig_close(rig *r) {
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    free(r->values[p]);
    free(r->seen[p]);
  }
  free(r->traces);
  ls_readout_free(r->readout);
  ls_readout_tables_free(r->tables);
  ls_deposits_destroy(&r->deposits);
}

void rig_clear(rig *r) {
  r->deposits.count = 0;
}

void rig_add(rig *r, double x, double y, double z, double time, double energy, double length) {
  const ls_deposit deposit = {x, y, z, time, energy, length, 1, 13};
  assert_int_equal(ls_deposits_add(&r->deposits, &deposit, NULL), LS_OK);
}

void rig_add_track(rig *r, const double start[3], const double direction[3], double length,
                   double step) {
  double size =
      sqrt(direction[0] * direction[0] + direction[1] * direction[1] + direction[2] * direction[2]);
  for (double s = step / 2; s < length; s += step)
    rig_add(r, start[0] + s * direction[0] / size, start[1] + s * direction[1] / size,
            start[2] + s * direction[2] / size, 0, 2.1 * step, step);
}

static ls_status collect(void *context, int plane, int wire, int tick, int count,
                         const float *values, ls_error *error) {
  rig *r = context;
  (void)error;
  assert_in_range(wire, 0, r->wires[plane] - 1);
  assert_true(tick >= 0 && count > 0 && tick + count <= r->ticks);
  size_t at = (size_t)wire * (size_t)r->ticks + (size_t)tick;
  for (int i = 0; i < count; i++) {
    assert_int_equal(r->seen[plane][at + (size_t)i], 0);
    r->seen[plane][at + (size_t)i] = 1;
    r->values[plane][at + (size_t)i] = values[i];
    assert_true(isfinite(values[i]));
  }
  if (r->trace_count == r->trace_capacity) {
    r->trace_capacity = 2 * r->trace_capacity + 1024;
    r->traces = realloc(r->traces, r->trace_capacity * sizeof *r->traces);
    assert_non_null(r->traces);
  }
  r->traces[r->trace_count++] = (struct rig_trace){plane, count, at};
  return LS_OK;
}

void rig_run(rig *r, const ls_readout_options *options, unsigned seed) {
  ls_error error = {0};
  const ls_trace_sink sink = {collect, r};
  for (size_t i = 0; i < r->trace_count; i++) {
    const struct rig_trace *trace = &r->traces[i];
    memset(r->values[trace->plane] + trace->at, 0, (size_t)trace->count * sizeof(float));
    memset(r->seen[trace->plane] + trace->at, 0, (size_t)trace->count);
  }
  r->trace_count = 0;
  if (ls_readout_event(r->readout, &r->deposits, options, seed, 3, &sink, &r->losses, &error))
    fail_msg("%s", error.message);
}

double rig_sum(const rig *r, int plane) {
  double sum = 0;
  size_t count = (size_t)r->wires[plane] * (size_t)r->ticks;
  for (size_t i = 0; i < count; i++) sum += (double)r->values[plane][i];
  return sum;
}

const float *rig_wire(const rig *r, int plane, int wire) {
  return r->values[plane] + (size_t)wire * (size_t)r->ticks;
}

ls_readout_options rig_exact(ls_readout_form form) {
  ls_readout_options options = ls_readout_options_default();
  options.form = form;
  options.noise = options.neighbours = options.rounding = 0;
  options.no_regions = 1;
  options.edge = 1e-6F;
  return options;
}
