/* Events of tracks and blobs, made on the spot, for trials without any download. Not physics: five
 * kinds of shapes that a network can tell apart, seen from three directions as the wire planes of a
 * TPC would see them. */
#ifndef LS_DATASETS_SYNTHETIC_SYNTHETIC_H
#define LS_DATASETS_SYNTHETIC_SYNTHETIC_H

#include "image/image.h"

enum { LS_SYNTHETIC_KINDS = 5 };

/* "blob", "two blobs", "track", "kinked track", "short track". */
const char *ls_synthetic_kind_name(int kind);

/* Event number event: kind event % LS_SYNTHETIC_KINDS (also the label), size ticks x size wires,
 * three planes, sparse, whole positive values. A pure function of seed, event and size. Returns
 * LS_OK or LS_MEMORY. */
ls_status ls_synthetic_event(uint64_t seed, uint64_t event, int size, ls_image *image,
                             ls_error *error);

#endif
