/* The twin in builds without libpng. */
#include "datasets/display/thumbnail.h"

ls_status ls_thumbnail_make(const ls_event_view *view, ls_png *png, ls_error *error) {
  (void)view, (void)png;
  return ls_fail(error, LS_UNAVAILABLE,
                 "a gallery needs libpng, which this build has not; install it and build again");
}

const char *ls_thumbnail_library(void) {
  return "none";
}
