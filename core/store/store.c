#include "store/store_internal.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ls_store_options ls_store_defaults(void) {
  return (ls_store_options){
      .codec = ls_store_codec_at(0), .level = 5, .shuffle = 1, .threads = 1, .form = LS_STORE_AUTO};
}

ls_status ls_store_new(const ls_store_options *options, ls_store **store, ls_error *error) {
  *store = NULL;
  ls_codec_settings codec = {.codec = options->codec,
                             .level = options->level,
                             .shuffle = options->shuffle,
                             .threads = options->threads};
  LS_TRY(ls_codec_check(&codec, error));
  if (options->form != LS_STORE_AUTO && options->form != LS_STORE_SPARSE &&
      options->form != LS_STORE_DENSE)
    return ls_fail(error, LS_USAGE, "the store's form is %d; choose auto, sparse or dense",
                   (int)options->form);
  ls_store *s = calloc(1, sizeof *s);
  if (!s) return ls_fail(error, LS_MEMORY, "no memory for the event store");
  void *counter;
  if (ls_allocate(&counter, sizeof *s->get_nanoseconds, "the event store", error) != LS_OK) {
    free(s);
    return LS_MEMORY;
  }
  s->get_nanoseconds = counter;
  atomic_init(s->get_nanoseconds, 0);
  snprintf(s->codec_name, sizeof s->codec_name, "%s", options->codec);
  codec.codec = s->codec_name;
  s->codec = codec;
  s->options = *options;
  s->options.codec = s->codec_name;
  *store = s;
  return LS_OK;
}

void ls_store_free(ls_store *store) {
  if (!store) return;
  if (!store->shared) {
    for (size_t i = 0; i < store->statistics.images; i++) free(store->records[i].block);
    free(store->records);
  }
  ls_encoder_destroy(&store->encoder);
  ls_free((void *)store->get_nanoseconds);
  free(store);
}

static ls_status grow_index(ls_store *store, ls_error *error) {
  if (store->statistics.images < store->capacity) return LS_OK;
  size_t capacity = store->capacity ? store->capacity + store->capacity / 2 : 16;
  ls_record *records = realloc(store->records, capacity * sizeof *records);
  if (!records)
    return ls_fail(error, LS_MEMORY, "no memory for the index of %zu stored images", capacity);
  store->records = records;
  store->capacity = capacity;
  return LS_OK;
}

/* Copies the encoded image into a block of exactly its size. */
static ls_status keep(ls_store *store, const ls_record_header *header, ls_error *error) {
  const ls_encoder *encoder = &store->encoder;
  size_t images = store->statistics.images, budget = store->options.memory_budget;
  uint64_t stored = store->statistics.stored_bytes + encoder->output_bytes + sizeof(ls_record);
  if (budget && stored > budget)
    return ls_fail(error, LS_MEMORY,
                   "event %llu does not fit the store's memory budget of %.1f MB: %zu images take "
                   "%.1f MB, with it %.1f MB; raise the budget, use more ranks, or codec zstd",
                   (unsigned long long)header->event, (double)budget / 1e6, images,
                   (double)store->statistics.stored_bytes / 1e6, (double)stored / 1e6);
  LS_TRY(grow_index(store, error));
  ls_record record = {.header = *header, .block_bytes = encoder->output_bytes};
  record.block = malloc(record.block_bytes ? record.block_bytes : 1);
  if (!record.block)
    return ls_fail(error, LS_MEMORY, "no memory for event %llu: %zu images are stored in %.1f MB",
                   (unsigned long long)header->event, images,
                   (double)store->statistics.stored_bytes / 1e6);
  if (record.block_bytes) memcpy(record.block, encoder->output, record.block_bytes);
  record.checksum = ls_record_checksum(&record);
  store->records[images] = record;
  store->statistics.stored_bytes = stored;
  store->statistics.images++;
  return LS_OK;
}

ls_status ls_store_append(ls_store *store, const ls_image *image, ls_error *error) {
  if (store->sealed)
    return ls_fail(error, LS_INTERNAL, "event %llu comes after the store was sealed",
                   (unsigned long long)image->event);
  double start = ls_seconds();
  ls_record_header header;
  ls_status status =
      ls_record_encode(&store->encoder, &store->codec, store->options.form, image, &header, error);
  if (status != LS_OK)
    return ls_fail_within(error, status, "event %llu", (unsigned long long)image->event);
  LS_TRY(keep(store, &header, error));
  store->statistics.raw_bytes +=
      (uint64_t)image->rows * (uint64_t)image->columns * (uint64_t)image->planes * sizeof(float);
  store->statistics.packed_bytes += store->encoder.packed_bytes + sizeof(ls_record);
  store->statistics.append_seconds += ls_seconds() - start;
  return LS_OK;
}

ls_status ls_store_check_room(const ls_store *store, size_t count, ls_error *error) {
  size_t images = store->statistics.images, budget = store->options.memory_budget;
  if (images == 0 || count <= images) return LS_OK;
  double stored = (double)store->statistics.stored_bytes, mean = stored / (double)images;
  double needed = mean * (double)count;
  if (budget && needed > (double)budget)
    return ls_fail(error, LS_MEMORY,
                   "%zu images will need about %.1f MB (%.3f MB each, from %zu so far), but the "
                   "store's memory budget is %.1f MB; raise it, use more ranks, or codec zstd",
                   count, needed / 1e6, mean / 1e6, images, (double)budget / 1e6);
  double available = (double)ls_memory_available();
  if (available > 0 && needed - stored > available)
    return ls_fail(error, LS_MEMORY,
                   "%zu images will need about %.1f MB more (%.3f MB each, from %zu so far), but "
                   "this machine has %.1f MB left; use more nodes, fewer events, or codec zstd",
                   count, (needed - stored) / 1e6, mean / 1e6, images, available / 1e6);
  return LS_OK;
}

static int by_event(const void *a, const void *b) {
  uint64_t left = ((const ls_record *)a)->header.event;
  uint64_t right = ((const ls_record *)b)->header.event;
  return left < right ? -1 : left > right;
}

ls_status ls_records_sort(ls_record *records, size_t count, ls_error *error) {
  if (count) qsort(records, count, sizeof *records, by_event);
  for (size_t i = 1; i < count; i++)
    if (records[i].header.event == records[i - 1].header.event)
      return ls_fail(error, LS_MISMATCH,
                     "event %llu was stored twice; see that no file is given twice",
                     (unsigned long long)records[i].header.event);
  return LS_OK;
}

ls_status ls_store_seal(ls_store *store, ls_error *error) {
  LS_TRY(ls_records_sort(store->records, store->statistics.images, error));
  ls_encoder_destroy(&store->encoder);
  store->sealed = 1;
  return LS_OK;
}

size_t ls_store_count(const ls_store *store) {
  return store->statistics.images;
}

int ls_store_label(const ls_store *store, size_t record) {
  return (int)store->records[record].header.label;
}

uint64_t ls_store_event(const ls_store *store, size_t record) {
  return store->records[record].header.event;
}

int ls_store_find(const ls_store *store, uint64_t event, size_t *record) {
  size_t low = 0, high = store->statistics.images;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (store->records[middle].header.event < event)
      low = middle + 1;
    else
      high = middle;
  }
  *record = low;
  return low < store->statistics.images && store->records[low].header.event == event;
}

/* The record with its block where this process sees it. Every rank of a node can write into a
 * shared store, so nothing there is believed. */
static ls_status find_block(const ls_store *store, ls_record *record, ls_error *error) {
  if (!store->shared) return LS_OK;
  if (record->offset > store->shared_bytes ||
      record->block_bytes > store->shared_bytes - record->offset)
    return ls_fail(error, LS_FORMAT,
                   "the index of the node's store is damaged at event %llu; load the data again",
                   (unsigned long long)record->header.event);
  record->block = (unsigned char *)store->shared + record->offset;
  return LS_OK;
}

ls_status ls_store_get(const ls_store *store, size_t record, ls_image *image, ls_error *error) {
  if (!store->sealed) return ls_fail(error, LS_INTERNAL, "the store is read before it was sealed");
  if (record >= store->statistics.images)
    return ls_fail(error, LS_INTERNAL, "record %zu is asked for, but the store has %zu", record,
                   store->statistics.images);
  double start = ls_seconds();
  ls_record found = store->records[record];
  LS_TRY(find_block(store, &found, error));
  LS_TRY(ls_record_decode(&found, &store->codec, image, error));
  atomic_fetch_add_explicit(store->get_nanoseconds, (uint64_t)((ls_seconds() - start) * 1e9),
                            memory_order_relaxed);
  return LS_OK;
}

ls_store_statistics ls_store_get_statistics(const ls_store *store) {
  ls_store_statistics statistics = store->statistics;
  statistics.get_seconds =
      (double)atomic_load_explicit(store->get_nanoseconds, memory_order_relaxed) / 1e9;
  return statistics;
}
