#include "datasets/event_layout.h"

#include <string.h>

ls_status ls_event_layout_check(const char *path, const ls_event_layout *layout,
                                size_t longest_name, uint64_t most_pixels, ls_error *error) {
  const ls_geometry *g = &layout->geometry;
  size_t name = strlen(layout->image_set);
  if (!name || name > longest_name || strchr(layout->image_set, '/'))
    return ls_fail(error, LS_MISMATCH, "%s: '%s' is no name of an image set", path,
                   layout->image_set);
  if (g->planes < 1 || g->planes > LS_MAX_PLANES || g->rows < 1 || g->columns < 1 ||
      (uint64_t)g->rows * (uint64_t)g->columns > most_pixels)
    return ls_fail(error, LS_MISMATCH, "%s: events of %d planes of %d x %d cannot be written", path,
                   g->planes, g->rows, g->columns);
  if (layout->class_count < 0 || layout->class_count > LS_LAYOUT_MOST_CLASSES)
    return ls_fail(error, LS_MISMATCH, "%s: %d classes; a file holds up to %d", path,
                   layout->class_count, LS_LAYOUT_MOST_CLASSES);
  return LS_OK;
}
