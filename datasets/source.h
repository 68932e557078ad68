/* Where events come from: one interface for every file format. How to add one: README.md. */
#ifndef LS_DATASETS_SOURCE_H
#define LS_DATASETS_SOURCE_H

#include "base/status.h"
#include "image/image.h"

#include <stddef.h>
#include <stdint.h>

/* Rows are ticks, columns are wires, as in ls_image. */
typedef struct ls_geometry {
  int planes;
  int rows, columns;
} ls_geometry;

typedef enum ls_value_type { LS_VALUE_INT32, LS_VALUE_FLOAT32 } ls_value_type;

/* Facts about one event; what a format does not carry is -1. */
typedef struct ls_event_info {
  int64_t run, subrun, event;
  int label;             /* class from the file's own labels, or -1 */
  int pdg;               /* primary particle's PDG code, 0 if unknown */
  uint64_t stored_bytes; /* as it lies in the file */
  uint64_t raw_bytes;    /* as a dense array */
} ls_event_info;

/* Receives the non-zero pixels of a plane in rising index order (index = row * columns + column),
 * in any number of calls; planes may interleave, pixels of one plane never go back. Values are
 * exact: a reader refuses integers beyond 2^24. If the reader finds damage after it has handed out
 * pixels, its read returns an error and the caller drops what it got. A status other than LS_OK
 * stops the read. */
typedef struct ls_pixel_sink {
  ls_status (*pixels)(void *context, int plane, size_t count, const uint32_t *index,
                      const float *value, ls_error *error);
  void *context;
} ls_pixel_sink;

typedef struct ls_source ls_source;

typedef struct ls_source_functions {
  const char *format; /* "kevlar", "larcv3", "packed", "npy" */
  ls_status (*info)(ls_source *, size_t event, ls_event_info *, ls_error *);
  /* plane_mask: bit p set: plane p is wanted; others may be skipped but need not be. */
  ls_status (*read)(ls_source *, size_t event, unsigned plane_mask, const ls_pixel_sink *,
                    ls_error *);
  void (*close)(ls_source *);
} ls_source_functions;

/* One open file. Not to be used by two threads at once; open one per thread. */
struct ls_source {
  const ls_source_functions *functions;
  char *path;
  size_t count; /* events, at least 1 */
  ls_geometry geometry;
  ls_value_type value_type;
  int has_labels;           /* 1: ls_event_info.label is filled from the file */
  int class_count;          /* if has_labels */
  char class_names[16][32]; /* if has_labels, in label order */
  /* Where the file has its pixels, "/image/wires", and where labels are or would be; for messages.
   * Empty: the format has no data sets, or no labels. */
  char pixel_set[192], label_set[32];
  /* Spent so far in info and read, all but what the sink took: read, from file to memory (with what
   * a library does on the way); inflate, from there to pixels. */
  double read_seconds, inflate_seconds;
  double sink_seconds; /* counted by the caller's sink; readers leave it out of theirs */
};

/* Opens one file of any known format, told by its content and not by its name. producer: larcv3's
 * producer ("sbndwire"), or the image set of KevLAr and packed files ("wires", "rawdigits"); NULL:
 * the one that the format's header names. Returns LS_OK, LS_USAGE (no such producer; lists those
 * there are), LS_IO (missing, permission, a folder), LS_FORMAT (says which formats are known),
 * LS_MEMORY, LS_UNAVAILABLE (HDF5 content, build without HDF5). Each message names the file. */
ls_status ls_source_open(const char *path, const char *producer, ls_source **source,
                         ls_error *error);
void ls_source_close(ls_source *source); /* NULL is allowed */

/* *candidate: 1 if the content is of a kind that can hold events (HDF5, .npy), damaged or not, so
 * that a folder's damaged files are not passed over. Returns LS_OK or LS_IO. */
ls_status ls_source_is_candidate(const char *path, int *candidate, ls_error *error);

#endif
