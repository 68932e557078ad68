/* The inside of the store, for store.c and for tests that damage records. */
#ifndef LS_STORE_STORE_INTERNAL_H
#define LS_STORE_STORE_INTERNAL_H

#include "store/record.h"

#include <stdatomic.h>

struct ls_store {
  ls_store_options options;
  char codec_name[16]; /* options.codec and codec.codec point here */
  ls_codec_settings codec;
  ls_record *records; /* in the shared memory of a shared store */
  /* Shared store: its memory, which belongs to an ls_node; NULL in a private store. */
  const unsigned char *shared;
  size_t shared_bytes;
  size_t capacity;
  int sealed;
  ls_encoder encoder;
  ls_store_statistics statistics; /* but for get_seconds */
  /* Apart, so that readers in several threads may count through a pointer to a const store. */
  _Atomic uint64_t *get_nanoseconds;
};

/* Sorts count records by event; LS_MISMATCH if one is there twice. */
ls_status ls_records_sort(ls_record *records, size_t count, ls_error *error);

#endif
