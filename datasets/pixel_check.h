/* Pixels that a file is to hold, before any of them is written. */
#ifndef LS_DATASETS_PIXEL_CHECK_H
#define LS_DATASETS_PIXEL_CHECK_H

#include "datasets/source.h"

/* planes[geometry->planes]: indices in range and strictly rising; values finite, and of type int32
 * whole numbers in its range. Returns LS_OK or LS_VALUE, naming plane and pixel: the caller puts
 * file and event before it (ls_fail_within). */
ls_status ls_pixels_check(const ls_pixels *planes, const ls_geometry *geometry, ls_value_type type,
                          ls_error *error);

#endif
