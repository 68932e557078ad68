/* What all events of a file that is written share, whatever its format. */
#ifndef LS_DATASETS_EVENT_LAYOUT_H
#define LS_DATASETS_EVENT_LAYOUT_H

#include "datasets/hdf5/truth.h"
#include "datasets/source.h"

enum { LS_LAYOUT_MOST_CLASSES = 16, LS_LAYOUT_CLASS_NAME = 32 /* bytes, the end's 0 among them */ };

typedef struct ls_event_layout {
  const char *image_set;          /* what the pixels are: "wires", "rawdigits" */
  ls_geometry geometry;           /* 1 to 3 planes; how large: the format's limit */
  const char *const *class_names; /* ROOT's names: "gamma", "e-", .. */
  int class_count;                /* 0 to 16; 0: a file without labels */
  ls_value_type value_type;       /* int32 is KevLAr's own; float32 keeps other sources exactly */
  const ls_truth_column *truth;   /* what else is known of each event; NULL: nothing */
  int truth_count;
  const char *settings; /* LS_TRUTH_SETTINGS; NULL: none */
} ls_event_layout;

/* longest_name: bytes of the image set's name. most_pixels: of a plane. LS_MISMATCH, naming path.
 */
ls_status ls_event_layout_check(const char *path, const ls_event_layout *layout,
                                size_t longest_name, uint64_t most_pixels, ls_error *error);

#endif
