/* An event made ready to be looked at: each plane as a grid of cells, few enough to be drawn. */
#ifndef LS_DATASETS_DISPLAY_EVENT_VIEW_H
#define LS_DATASETS_DISPLAY_EVENT_VIEW_H

#include "datasets/source.h"

typedef struct ls_view_options {
  int whole;                   /* 1: the whole event; 0: where the charge is */
  int most_columns, most_rows; /* cells of a plane, at least 1 */
} ls_view_options;

/* One plane: cells[row * columns + column], row 0 being the earliest ticks. A cell holds the pixel
 * that is farthest from the pedestal among its wires and ticks, less the pedestal; NaN: none. */
typedef struct ls_view_panel {
  int first_wire;
  float *cells;
  uint64_t pixels, shown; /* non-zero pixels of the plane, and those within the panel */
  double charge;          /* sum of all of them, less pedestals */
  double pedestal;        /* 0, or of a plane that is dense (raw waveforms) its median */
} ls_view_panel;

/* Zero-initialise; reused from event to event; ls_event_view_destroy frees it. */
typedef struct ls_event_view {
  int planes;
  int first_tick, wires, ticks; /* of every panel */
  int wires_per_cell, ticks_per_cell;
  int columns, rows; /* cells of a panel */
  ls_view_panel panel[LS_MAX_PLANES];
  size_t filled; /* cells of all panels that hold something */
  double scale;  /* where colours end; above 0 */
  double share;  /* of the cells are nearer to zero than that: 0.99, of dense events 0.999 */
  int negative;  /* 1: values below zero are worth a colour */
} ls_event_view;

/* Reads the event twice: where its charge is, then what there is. Where the charge is: all wires
 * and ticks but for half a percent of the (absolute) charge at each end, and a margin. NaN and
 * infinity are not drawn. Returns LS_OK, LS_MEMORY or what the reader says. */
ls_status ls_event_view_read(ls_event_view *view, ls_source *source, size_t event,
                             const ls_view_options *options, ls_error *error);
void ls_event_view_destroy(ls_event_view *view);

#endif
