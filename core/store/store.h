/* The compressed in-memory event store: append in any order, seal, then read, also concurrently.
 *
 * Each image is kept as one checksummed record, sparse (delta-coded indices and values) or dense,
 * compressed with blosc (stored as it is in a build without blosc). Each rank fills a store of its
 * own; store/share.h makes one of those of a node. */
#ifndef LS_STORE_STORE_H
#define LS_STORE_STORE_H

#include "base/status.h"
#include "image/image.h"

#include <stddef.h>
#include <stdint.h>

typedef struct ls_store ls_store;

typedef enum ls_store_form {
  LS_STORE_AUTO,   /* as the image comes */
  LS_STORE_SPARSE, /* always sparse */
  LS_STORE_DENSE   /* always dense, as the study's own store */
} ls_store_form;

typedef struct ls_store_options {
  const char *codec; /* "lz4", "lz4hc", "zstd", "zlib", "blosclz", "none"; copied by ls_store_new */
  int level;         /* 0 .. 9 */
  int shuffle;       /* 0 none, 1 bytes, 2 bits */
  int threads;       /* threads of one append or get, 1 .. 256 */
  ls_store_form form;
  size_t memory_budget; /* bytes that the records may take; 0: no limit. While records are appended,
                           buffers of about one image come on top. */
} ls_store_options;

/* lz4 at level 5 with byte shuffle, one thread, form auto, no limit; codec none in a build without
 * blosc. */
ls_store_options ls_store_defaults(void);

/* Codec number i of this build, NULL after the last; the first is the default. */
const char *ls_store_codec_at(int i);

/* The compression library, "blosc 1.21.3", or "none". */
const char *ls_store_codec_library(void);

typedef struct ls_store_statistics {
  size_t images;
  uint64_t raw_bytes;                 /* of the images as dense float arrays */
  uint64_t packed_bytes;              /* of the records before compression, headers included */
  uint64_t stored_bytes;              /* of the records as kept, headers included */
  double append_seconds, get_seconds; /* summed over calls (and over threads) */
} ls_store_statistics;

/* LS_OK, LS_USAGE (option out of range, naming it and its values), LS_UNAVAILABLE (codec not in
 * this build's blosc) or LS_MEMORY. */
ls_status ls_store_new(const ls_store_options *options, ls_store **store, ls_error *error);
void ls_store_free(ls_store *store); /* NULL is allowed */

/* Copies and compresses image (with its label and event). Not after seal; one thread at a time.
 * LS_MEMORY if the budget would be exceeded: the message says how much is stored for how many
 * images, and the budget. */
ls_status ls_store_append(ls_store *store, const ls_image *image, ls_error *error);

/* Says while loading whether count images in all, those appended so far included, will fit the
 * budget and the machine's memory, if the rest are like them: LS_MEMORY with the estimate if not.
 * LS_OK while there is nothing to estimate from. */
ls_status ls_store_check_room(const ls_store *store, size_t count, ls_error *error);

/* Sorts records by event number, so that their order does not depend on that of appending. After it
 * the store is read-only. LS_MISMATCH if an event is there twice. */
ls_status ls_store_seal(ls_store *store, ls_error *error);

size_t ls_store_count(const ls_store *store);
int ls_store_label(const ls_store *store, size_t record);
uint64_t ls_store_event(const ls_store *store, size_t record);

/* 1 and the record number of event, or 0. Only after seal. */
int ls_store_find(const ls_store *store, uint64_t event, size_t *record);

/* Verifies the checksum of record number record and decompresses it into *image, reusing its
 * buffers. Only after seal. Safe from several threads with different images. LS_OK, LS_FORMAT
 * (corrupt, naming the event) or LS_MEMORY. */
ls_status ls_store_get(const ls_store *store, size_t record, ls_image *image, ls_error *error);

ls_store_statistics ls_store_get_statistics(const ls_store *store);

#endif
