/* The parts of larscale simulate. */
#ifndef LS_BENCH_COMMAND_SIMULATE_H
#define LS_BENCH_COMMAND_SIMULATE_H

#include "bench/event_writer.h"
#include "bench/options.h"
#include "bench/waveform_event.h"
#include "comm/comm.h"
#include "datasets/simulator/detector/deposit_dump.h"
#include "datasets/simulator/detector/deposit_file.h"
#include "datasets/simulator/detector/planes.h"
#include "datasets/simulator/transport/transport.h"

#include <signal.h>

/* What is to be made: the options, understood. */
typedef struct ls_simulation {
  const ls_settings *settings;
  ls_gun gun;
  ls_transport_options transport;
  ls_detector detector;
  ls_readout_tables *tables;
  ls_readout_options readout;
  ls_deposit_file *deposits; /* NULL: the gun */
  uint64_t seed;
  size_t events, events_per_file;
  const char *class_names[LS_GUN_KINDS];
  int class_count;
  const char *image_set;
  char *record; /* all that the events depend on, as text */
} ls_simulation;

/* Destroyed by ls_simulation_close; also on failure, and zeroed. */
ls_status ls_simulation_open(const ls_settings *settings, ls_simulation *simulation,
                             ls_error *error);
void ls_simulation_close(ls_simulation *simulation);

/* The truth that a file keeps of each event: /truth/NAME. */
enum { LS_SIMULATED_SETS = 7, LS_SIMULATED_TRUTH = 24 };
extern const ls_truth_column ls_simulated_truth[LS_SIMULATED_SETS];

/* Sums over the events that were made, all doubles so that ranks can add them up. */
typedef struct ls_simulation_sums {
  double events, deposits, outside, untimely;
  double pixels[LS_WIRE_PLANES];
  double transport, detector, images, writing; /* processor seconds of all threads */
  double files_made, files_kept, bytes;
} ls_simulation_sums;

typedef struct ls_simulated_event {
  ls_pixels planes[LS_WIRE_PLANES];
  ls_waveform_event waveforms; /* instead, of rawdigits */
  ls_event_info info;
  double truth[LS_SIMULATED_TRUTH];
} ls_simulated_event;

/* One thread's buffers. */
typedef struct ls_event_maker {
  const ls_simulation *simulation;
  ls_transport *transport;
  ls_readout *readout;
  ls_deposits deposits;
  ls_plane_traces traces;
  ls_waveforms waveforms;
  ls_simulation_sums sums;
} ls_event_maker;

ls_status ls_event_maker_open(ls_event_maker *maker, const ls_simulation *simulation,
                              ls_error *error);
void ls_event_maker_close(ls_event_maker *maker); /* a zeroed struct is fine */

/* Makes event number event, the in_file-th of its file. A pure function of the simulation and
 * event. */
ls_status ls_event_maker_make(ls_event_maker *maker, size_t event, size_t in_file,
                              ls_simulated_event *made, ls_error *error);
void ls_simulated_event_destroy(ls_simulated_event *made);

/* Who gets the events, one after the other. */
typedef struct ls_event_taker {
  ls_status (*take)(void *context, size_t event, ls_simulated_event *made, ls_error *error);
  void *context;
} ls_event_taker;

/* Makes events first .. end - 1 with so many threads, a maker for each. With one thread an event is
 * taken before the next is begun. The first failure in the events' order ends it. */
ls_status ls_make_in_order(ls_event_maker *makers, int threads, size_t first, size_t end,
                           const ls_event_taker *taker, ls_error *error);

/* Makes this rank's files that are not there yet, and the dump. threads: of this rank. */
ls_status ls_simulate_files(const ls_simulation *simulation, ls_comm *comm, int threads,
                            const volatile sig_atomic_t *stop, ls_simulation_sums *sums,
                            ls_error *error);

#endif
