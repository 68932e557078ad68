/* One event read whole: its sums, a hash of its pixels, and whether they are finite. */
#ifndef LS_DATASETS_VALIDATE_EVENT_CHECK_H
#define LS_DATASETS_VALIDATE_EVENT_CHECK_H

#include "datasets/source.h"
#include "datasets/validate/distribution.h"

typedef struct ls_event_check {
  ls_event_sums sums;
  uint64_t pixels; /* of all planes, zeros left out */
  uint64_t hash;   /* of all planes, whatever the reader's portions; the same in every format */
  uint64_t not_finite;
  int bad_plane; /* the first pixel that is not finite */
  uint32_t bad_index;
  float bad_value;
} ls_event_check;

/* What the hashes need. Zero-initialise; ls_event_checker_destroy frees it. */
typedef struct ls_event_checker {
  void *state[2 * LS_MAX_PLANES]; /* of each plane's indices, and of its values */
  ls_event_check *result;
} ls_event_checker;

/* Returns LS_OK, LS_MEMORY or what the reader says of the event. */
ls_status ls_event_check_read(ls_event_checker *checker, ls_source *source, size_t event,
                              ls_event_check *result, ls_error *error);
void ls_event_checker_destroy(ls_event_checker *checker);

#endif
