/* What is known of simulated events beside their pixels: data sets /truth/NAME, float64 [events,
 * width], with what they hold as attribute "columns". Readers of the pixels pass them over. A set
 * "charge" has the electrons that reach each plane as its last values: validation asks it about
 * events without pixels. */
#ifndef LS_DATASETS_HDF5_TRUTH_H
#define LS_DATASETS_HDF5_TRUTH_H

/* Attribute of the group /truth, if the writer was given one: what the events were made with, as
 * text. */
#define LS_TRUTH_SETTINGS "settings"

enum { LS_TRUTH_MOST_COLUMNS = 16, LS_TRUTH_MOST_WIDTH = 64, LS_TRUTH_NAME = 32 };

typedef struct ls_truth_column {
  const char *name;    /* "vertex" */
  int width;           /* values per event, 1 to LS_TRUTH_MOST_WIDTH */
  const char *columns; /* "x, y, z [cm]" */
} ls_truth_column;

#endif
