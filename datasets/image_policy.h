/* From an event's planes to a network input: choice of planes, rebinning, window, scale. */
#ifndef LS_DATASETS_IMAGE_POLICY_H
#define LS_DATASETS_IMAGE_POLICY_H

#include "datasets/source.h"

/* Ticks first_tick, first_tick + 1, .. are summed in groups of rebin to make rows; wires are taken
 * from first_wire on, unchanged, to make columns. Rows and columns beyond the event are zero
 * (padding). All values are multiplied by scale at the end. */
typedef struct ls_image_policy {
  int plane;      /* 0 U, 1 V, 2 Y; -1 all planes as input channels */
  int rebin;      /* >= 1 */
  int first_tick; /* >= 0, inside the event */
  int first_wire; /* >= 0, inside the event */
  int size;       /* rows = columns of the image */
  float scale;    /* finite, not 0 */
  ls_image_form
      form; /* LS_IMAGE_SPARSE, turned dense where more than half of the pixels are active */
} ls_image_policy;

/* The study's: collection plane, rebin 2 from tick 2400, 3600 pixels, scale 1, sparse. */
ls_image_policy ls_image_policy_study(void);

/* LS_USAGE, naming the option, if the policy does not fit events of this geometry. */
ls_status ls_image_policy_check(const ls_image_policy *policy, const ls_geometry *geometry,
                                ls_error *error);

/* Reads event number event of source as an image; streams, so that memory beyond the image is one
 * row of sums per plane. image->event and label are set by the caller. Checks values: NaN or
 * infinity is LS_VALUE, naming file, event, plane and pixel. */
ls_status ls_image_read(ls_source *source, size_t event, const ls_image_policy *policy,
                        ls_image *image, ls_error *error);

#endif
