/* What is said of an event in words. */
#ifndef LS_DATASETS_DISPLAY_CAPTION_H
#define LS_DATASETS_DISPLAY_CAPTION_H

#include "datasets/display/event_view.h"

typedef struct ls_caption {
  char title[256]; /* "events.h5, event 3: mu-" */
  char facts[256]; /* "PDG code 13; run 1, subrun 2, number 3; class from the file" */
  char truth[512]; /* "; vertex 1, 2, 3 (x, y, z [cm])": what the file knows; may be empty */
  char footnote[256];
  char heading[LS_MAX_PLANES][96]; /* "U: 1234 pixels, charge 5.6e+04" */
} ls_caption;

/* in_file: the event's number in source; class_name: NULL: none. LS_OK, or what the reader says. */
ls_status ls_caption_make(ls_caption *caption, ls_source *source, size_t in_file,
                          const char *class_name, const ls_event_view *view, ls_error *error);

#endif
