/* An event's planes side by side as a small PNG picture in memory. */
#ifndef LS_DATASETS_DISPLAY_THUMBNAIL_H
#define LS_DATASETS_DISPLAY_THUMBNAIL_H

#include "datasets/display/event_view.h"

enum {
  LS_THUMBNAIL_PANEL_WIDTH = 320, /* pixels of a plane, and so the cells that make sense */
  LS_THUMBNAIL_PANEL_HEIGHT = 280
};

/* Zero-initialise; free() bytes. */
typedef struct ls_png {
  unsigned char *bytes;
  size_t count, capacity;
  int width, height;
} ls_png;

/* What png held is lost. Returns LS_OK, LS_MEMORY, LS_INTERNAL, or LS_UNAVAILABLE: a build without
 * libpng. */
ls_status ls_thumbnail_make(const ls_event_view *view, ls_png *png, ls_error *error);

/* "libpng" with its version, or "none". */
const char *ls_thumbnail_library(void);

#endif
