/* The open KevLAr file, and the parts of its reader. */
#ifndef LS_DATASETS_KEVLAR_KEVLAR_INTERNAL_H
#define LS_DATASETS_KEVLAR_KEVLAR_INTERNAL_H

#include "datasets/kevlar/sparse_inflate.h"
#include "datasets/source.h"
#include "hdf5/hdf5_read.h"

#include <hdf5.h>
#include <time.h>

enum {
  /* Bytes of memory that reading may use at a time for stored or for inflated data. */
  LS_KEVLAR_WHOLE_CHUNK = 16 << 20,  /* stored chunks up to this are read at once */
  LS_KEVLAR_PIECE = 1 << 20,         /* larger ones in pieces of this */
  LS_KEVLAR_HDF5_CACHE = 32 << 20,   /* chunks that HDF5 inflates and keeps */
  LS_KEVLAR_ROWS = 4 << 20,          /* rows read through HDF5 */
  LS_KEVLAR_LARGEST_VALUE = 1 << 24, /* float32 holds all integers up to this */
  LS_KEVLAR_MOST_EVENTS = 1 << 24,   /* more than any real file; bounds the labels' memory */
  LS_KEVLAR_NAME = 64
};

typedef struct kevlar_source {
  ls_source base;
  hid_t file, images;
  ls_hdf5_reader reader;          /* of images */
  char image_set[LS_KEVLAR_NAME]; /* "/image/wires" */
  int event_chunks;               /* 1: a chunk is an event, stored as it is or by deflate alone */
  int deflated;                   /* the pipeline of event_chunks */
  int zero_fill;                  /* what was never written is zero */
  int chunk_rows;                 /* rows of a chunk: read together through HDF5 */
  int descriptor;                 /* HDF5's own, of the whole file */
  uint64_t file_bytes;            /* size and time of change when it was opened */
  struct timespec changed;
  uint64_t user_block;  /* bytes before the HDF5 file in the file */
  uint64_t event_bytes; /* as a dense array */
  int16_t *labels;      /* [count], NULL without labels */
  uint8_t *chunk;       /* LS_KEVLAR_WHOLE_CHUNK, when first needed */
  void *scratch;        /* of the inflaters, when first needed */
} kevlar_source;

/* "FILE: SET: event N: " begins every message about an event. */
#define LS_KEVLAR_EVENT "%s: %s: event %zu: "

/* Finds and checks the image set and fills in source but for the labels. */
ls_status ls_kevlar_open_images(kevlar_source *source, const char *producer, ls_error *error);

/* Reads /label/type, if there, into source->labels and the class names. */
ls_status ls_kevlar_read_labels(kevlar_source *source, ls_error *error);

/* Notes the file's descriptor, size and time of change; later: 1 if the file is not the same. */
ls_status ls_kevlar_note_file(kevlar_source *source, ls_error *error);
int ls_kevlar_has_changed(const kevlar_source *source);

/* Reads one event, by chunk or through HDF5 (the second is ls_kevlar_read_rows alone). */
ls_status ls_kevlar_read(ls_source *base, size_t event, unsigned plane_mask,
                         const ls_pixel_sink *sink, ls_error *error);
ls_status ls_kevlar_read_rows(kevlar_source *source, size_t event, unsigned plane_mask,
                              const ls_pixel_sink *sink, ls_error *error);

/* Turns words of an event into pixels of its planes. */
typedef struct ls_kevlar_pixels {
  const kevlar_source *source;
  size_t event;
  unsigned plane_mask;
  const ls_pixel_sink *sink;
  ls_error *error;
  ls_status status; /* why the sink stopped */
  float value[LS_WORD_BATCH];
  uint32_t index[LS_WORD_BATCH];
} ls_kevlar_pixels;

/* The words from the first wanted plane to the last one. */
ls_word_range ls_kevlar_wanted_words(const ls_kevlar_pixels *pixels);

/* A ls_word_sink; context: ls_kevlar_pixels. */
int ls_kevlar_take_words(void *context, const uint32_t *index, const int32_t *value, size_t count);

#endif
