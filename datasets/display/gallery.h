/* Many events on one page: HTML that needs no other file and no network. */
#ifndef LS_DATASETS_DISPLAY_GALLERY_H
#define LS_DATASETS_DISPLAY_GALLERY_H

#include "datasets/display/caption.h"
#include "datasets/display/thumbnail.h"

typedef struct ls_gallery ls_gallery;

/* Begins a page beside path (see base/output_file.h); heading: what is on it. Returns LS_OK, LS_IO
 * or LS_MEMORY. */
ls_status ls_gallery_open(const char *path, const char *heading, ls_gallery **gallery,
                          ls_error *error);

/* Adds an event; group: by what it can be chosen on the page (its class), NULL: nothing. Returns
 * LS_OK, LS_MEMORY or LS_UNAVAILABLE (no libpng). */
ls_status ls_gallery_add(ls_gallery *gallery, const ls_event_view *view, const ls_caption *caption,
                         const char *group, ls_error *error);

/* Completes the page under its name, or LS_IO; frees in any case. */
ls_status ls_gallery_finish(ls_gallery *gallery, ls_error *error);
void ls_gallery_discard(ls_gallery *gallery); /* NULL is allowed */

#endif
