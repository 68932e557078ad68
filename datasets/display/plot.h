/* One event as a picture, drawn by gnuplot with plots/event_display.gnuplot. */
#ifndef LS_DATASETS_DISPLAY_PLOT_H
#define LS_DATASETS_DISPLAY_PLOT_H

#include "datasets/display/caption.h"

/* 1 if the name ends in .png, .svg or .pdf. */
int ls_plot_draws(const char *path);

/* Draws into path. Returns LS_OK, LS_UNAVAILABLE (no gnuplot to be found), LS_IO (cannot be
 * written), LS_INTERNAL (gnuplot fails; its own words) or LS_MEMORY. */
ls_status ls_plot_event(const char *path, const ls_event_view *view, const ls_caption *caption,
                        ls_error *error);

/* The committed script, as text. */
extern const char ls_plot_script[];

#endif
