/* One simulated event: gun, transport, detector, image, truth. */
#include "base/clock.h"
#include "base/memory.h"
#include "bench/command_simulate.h"

#include <math.h>

const ls_truth_column ls_simulated_truth[LS_SIMULATED_SETS] = {
    {"event", 1, "number"},
    {"primary", 1, "pdg"},
    {"momentum", 3, "x, y, z [GeV/c]"},
    {"vertex", 3, "x, y, z [cm]"},
    {"energy", 6, "initial, deposited, outside, escaped, neutrino, binding [MeV]"},
    {"charge", 4, "after recombination, on U, V, Y [electrons]"},
    {"deposits", 6, "count, outside the volume, before or after the ticks of U, V, Y, length [cm]"},
};

ls_status ls_event_maker_open(ls_event_maker *maker, const ls_simulation *simulation,
                              ls_error *error) {
  *maker = (ls_event_maker){.simulation = simulation};
  LS_TRY(ls_transport_new(&maker->transport, &simulation->transport, error));
  return ls_readout_new(simulation->tables, &maker->readout, error);
}

void ls_event_maker_close(ls_event_maker *maker) {
  ls_transport_free(maker->transport);
  ls_readout_free(maker->readout);
  ls_deposits_destroy(&maker->deposits);
  ls_plane_traces_destroy(&maker->traces);
  ls_waveforms_destroy(&maker->waveforms);
}

void ls_simulated_event_destroy(ls_simulated_event *made) {
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    ls_free(made->planes[p].index);
    ls_free(made->planes[p].value);
  }
  ls_waveform_event_destroy(&made->waveforms);
}

/* What is known of the event before the detector. The deposits' energy, where nothing else is. */
static ls_status make_deposits(ls_event_maker *maker, size_t event, ls_simulated_event *made,
                               ls_error *error) {
  const ls_simulation *s = maker->simulation;
  double *truth = made->truth;
  for (int i = 0; i < LS_SIMULATED_TRUTH; i++) truth[i] = NAN;
  if (s->deposits) {
    int64_t number = 0;
    ls_status status = LS_OK;
#pragma omp critical(larscale_deposit_file)
    status = ls_deposit_file_read(s->deposits, event, &maker->deposits, &number, error);
    LS_TRY(status);
    truth[9] = 0;
    for (size_t i = 0; i < maker->deposits.count; i++)
      truth[9] += (double)maker->deposits.energy[i];
    truth[0] = (double)number;
    made->info = (ls_event_info){.run = -1, .subrun = -1, .event = number};
    made->info.label = s->class_count ? 0 : -1;
    return LS_OK;
  }
  ls_primary primary;
  ls_energy_balance balance;
  ls_gun_fire(&s->gun, s->seed, event, &primary);
  LS_TRY(ls_transport_event(maker->transport, &primary, s->seed, event, &maker->deposits, &balance,
                            error));
  truth[0] = (double)event;
  truth[1] = primary.pdg;
  for (int i = 0; i < 3; i++) {
    truth[2 + i] = primary.momentum[i];
    truth[5 + i] = primary.vertex[i];
  }
  const double energies[] = {balance.initial, balance.deposited, balance.outside,
                             balance.escaped, balance.neutrino,  balance.binding};
  for (int i = 0; i < 6; i++) truth[8 + i] = energies[i];
  made->info = (ls_event_info){
      .run = -1, .subrun = -1, .event = (int64_t)event, .label = primary.kind, .pdg = primary.pdg};
  return LS_OK;
}

static ls_status add_trace(void *context, int plane, int wire, int tick, int count,
                           const float *values, ls_error *error) {
  (void)plane;
  return ls_plane_traces_add(context, wire, tick, count, values, error);
}

static ls_status make_images(ls_event_maker *maker, size_t event, ls_pixels *planes,
                             ls_error *error) {
  const ls_simulation *s = maker->simulation;
  int ticks = ls_detector_ticks(&s->detector), columns = ls_detector_columns(&s->detector);
  double start = ls_thread_seconds();
  LS_TRY(ls_readout_charge(maker->readout, &maker->deposits, error));
  const ls_trace_sink sink = {add_trace, &maker->traces};
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    ls_plane_traces_clear(&maker->traces);
    LS_TRY(ls_readout_plane(maker->readout, p, &s->readout, s->seed, event, &sink, error));
    double read_out = ls_thread_seconds();
    maker->sums.detector += read_out - start;
    LS_TRY(ls_plane_traces_pixels(&maker->traces, ticks, columns, &planes[p], error));
    maker->sums.pixels[p] += (double)planes[p].count;
    start = ls_thread_seconds();
    maker->sums.images += start - read_out;
  }
  return LS_OK;
}

static ls_status add_waveform(void *context, int plane, int wire, int tick, int count,
                              const float *values, ls_error *error) {
  (void)plane, (void)error;
  ls_waveforms_add(context, wire, tick, count, values);
  return LS_OK;
}

/* Whole waveforms are an event of 300 MB, so they are made and compressed some ticks at a time. */
static ls_status make_waveforms(ls_event_maker *maker, size_t event, size_t in_file,
                                ls_waveform_event *made, ls_error *error) {
  enum { TICKS = 640 };
  const ls_simulation *s = maker->simulation;
  const ls_trace_sink sink = {add_waveform, &maker->waveforms};
  ls_readout_options options = s->readout;
  int ticks = ls_detector_ticks(&s->detector), columns = ls_detector_columns(&s->detector);
  LS_TRY(ls_readout_charge(maker->readout, &maker->deposits, error));
  LS_TRY(ls_waveform_event_begin(made, s->settings->format, in_file, error));
  for (int p = 0; p < LS_WIRE_PLANES; p++)
    for (int first = 0; first < ticks; first += TICKS) {
      int wires = ls_detector_wires(&s->detector, p);
      double start = ls_thread_seconds();
      options.first = first;
      options.count = ticks - first < TICKS ? ticks - first : TICKS;
      LS_TRY(ls_waveforms_begin(&maker->waveforms, wires, first, options.count, error));
      LS_TRY(ls_readout_plane(maker->readout, p, &options, s->seed, event, &sink, error));
      double read_out = ls_thread_seconds();
      LS_TRY(ls_waveform_event_add(made, p, maker->waveforms.values, first, options.count, wires,
                                   columns, error));
      maker->sums.detector += read_out - start;
      maker->sums.images += ls_thread_seconds() - read_out;
      maker->sums.pixels[p] += (double)wires * options.count;
    }
  return ls_waveform_event_end(made, error);
}

static void count(ls_event_maker *maker, ls_simulated_event *made) {
  ls_readout_losses losses;
  ls_readout_count(maker->readout, &losses);
  double *truth = made->truth, length = 0;
  for (size_t i = 0; i < maker->deposits.count; i++) length += (double)maker->deposits.length[i];
  truth[14] = losses.electrons;
  truth[18] = (double)maker->deposits.count;
  truth[19] = (double)losses.outside;
  truth[23] = length;
  for (int p = 0; p < LS_WIRE_PLANES; p++) {
    truth[15 + p] = losses.charge[p];
    truth[20 + p] = (double)losses.untimely[p];
    maker->sums.untimely += truth[20 + p];
  }
  maker->sums.deposits += truth[18];
  maker->sums.outside += truth[19];
  maker->sums.events++;
}

ls_status ls_event_maker_make(ls_event_maker *maker, size_t event, size_t in_file,
                              ls_simulated_event *made, ls_error *error) {
  double start = ls_thread_seconds();
  LS_TRY(make_deposits(maker, event, made, error));
  maker->sums.transport += ls_thread_seconds() - start;
  if (maker->simulation->readout.form == LS_READOUT_DIGITS)
    LS_TRY(make_waveforms(maker, event, in_file, &made->waveforms, error));
  else
    LS_TRY(make_images(maker, event, made->planes, error));
  count(maker, made);
  return LS_OK;
}
