/* Random events for the tests of packed files, and what is read back of them. */
#ifndef LS_TESTS_PACKED_EVENTS_H
#define LS_TESTS_PACKED_EVENTS_H

#include "datasets/packed/packed.h"
#include "datasets/packed/packed_writer.h"

enum { EVENTS_PLANES = 3, EVENTS_CLASSES = 3 };

extern const char *const events_class_names[EVENTS_CLASSES];

/* Of a layout with three planes of rows x columns, image set "wires". */
ls_event_layout events_layout(int rows, int columns, ls_value_type type);

/* Event number event: about one pixel in every step, random values, zeros among them; every third
 * event has an empty plane. Free with events_free. */
void events_make(ls_pixels planes[EVENTS_PLANES], const ls_event_layout *layout, unsigned event,
                 unsigned step);
void events_free(ls_pixels planes[EVENTS_PLANES]);

/* Writes count such events to path; labels go round, -1 among them. Fails the test on an error. */
void events_write(const char *path, const ls_event_layout *layout, unsigned count, unsigned step);

/* 64 bits of everything that a reader says of an event: facts and pixels. On a status other than
 * LS_OK, what was read before the error does not count. The test fails if the sink's rules are
 * broken. */
ls_status events_digest(ls_source *source, size_t event, uint64_t *digest, ls_error *error);

#endif
