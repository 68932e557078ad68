/* From an event's planes to a network input: choice of planes, rebinning, window, scale. */
#ifndef LS_DATASETS_IMAGE_POLICY_H
#define LS_DATASETS_IMAGE_POLICY_H

#include "datasets/source.h"

/* Ticks first_tick, first_tick + 1, .. are summed in groups of rebin to make rows; wires are taken
 * from first_wire on, unchanged, to make columns. Rows and columns beyond the event are zero
 * (padding); a last group that the event does not fill is the sum of what there is. Sums are formed
 * in float64, multiplied by scale, and rounded to float once; pixels that come to zero are not in
 * the image. */
typedef struct ls_image_policy {
  int plane;      /* 0 U, 1 V, 2 Y; -1 all planes as input channels */
  int rebin;      /* >= 1 */
  int first_tick; /* >= 0, inside the event */
  int first_wire; /* >= 0, inside the event */
  int size;       /* rows = columns of the image, 1 .. 65535 */
  float scale;    /* finite, not 0 */
  ls_image_form
      form; /* LS_IMAGE_SPARSE, turned dense where more than half of the pixels are active */
} ls_image_policy;

/* The study's: collection plane, rebin 2 from tick 2400, 3600 pixels, scale 1, sparse. */
ls_image_policy ls_image_policy_study(void);

/* What a user who names no option gets. format: ls_source_functions.format. "kevlar", "packed": the
 * study's, where the events are as large as the study's (9600 ticks, 3456 wires or more). Every
 * other, and smaller ones: the whole event as it is: rebin 1, from tick 0 and wire 0, size the
 * larger of rows and columns, scale 1, sparse; of "npy" all planes as channels, else the collection
 * plane (the last one, as U and V come first). It passes ls_image_policy_check, but for events with
 * a side beyond 65535. */
ls_image_policy ls_image_policy_default(const char *format, const ls_geometry *geometry);

/* LS_USAGE, naming the option, if the policy does not fit events of this geometry. */
ls_status ls_image_policy_check(const ls_image_policy *policy, const ls_geometry *geometry,
                                ls_error *error);

/* Reads event number event of source as an image; streams, so that memory beyond the image is one
 * row of sums per plane. image->event and label are set by the caller. Checks values: NaN or
 * infinity in a chosen plane, inside the window or not, is LS_VALUE, naming file, event, plane and
 * pixel (of the event), as is a sum that a float cannot hold. The image is empty on failure. */
ls_status ls_image_read(ls_source *source, size_t event, const ls_image_policy *policy,
                        ls_image *image, ls_error *error);

#endif
