/* One store on each node; test_store_share.sh starts it under mpirun.
 * usage: share_checks CHECK RANKS. A rank that is content prints "passed".
 *   equal      every rank reads every record, as it was appended
 *   twice      an event on two ranks, and two codecs, are refused; the private stores stay usable
 *   refused    there is too little shared memory, as LARSCALE_SHARED_MEMORY says
 *   limit      LARSCALE_SHARED_MEMORY is nonsense
 *   damage     a byte that the first rank changes is found by all
 *   transient  the node never holds everything twice
 *   alone      the last rank has an error of its own, while the others wait */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/images.h"
#include "store/share.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(condition)                                                                          \
  do {                                                                                             \
    if (!(condition))                                                                              \
      return ls_fail(error, LS_INTERNAL, "%s:%d: not so: %s", __FILE__, __LINE__, #condition);     \
  } while (0)

enum { SIDE = 60, PLANES = 2, EVENTS = 23, STEP = 3 };

typedef struct job {
  ls_comm *comm;
  ls_node *node;
  int ranks, rank;
  ls_store *store, *second;
} job;

static void make_event(ls_image *image, uint64_t event) {
  make_image(image, event % 2 ? LS_IMAGE_SPARSE : LS_IMAGE_DENSE, SIDE, PLANES, 0.05, event);
}

/* Uneven: the last of several ranks has nothing, the first twice as much as the others. */
static int owner(uint64_t event, int ranks) {
  int fillers = ranks > 1 ? ranks - 1 : 1;
  int turn = (int)(event % (uint64_t)(fillers + 1));
  return turn == fillers ? 0 : turn;
}

static ls_status append(ls_store *store, uint64_t event, ls_error *error) {
  ls_image image = {0};
  make_event(&image, event);
  ls_status status = ls_store_append(store, &image, error);
  ls_image_destroy(&image);
  return status;
}

/* The events 0, 3, 6 .. of this rank, the last ones first. ranks 0: of every rank. */
static ls_status fill(const job *j, int ranks, const char *codec, size_t events, ls_store **store,
                      ls_error *error) {
  ls_store_options options = ls_store_defaults();
  if (codec) options.codec = codec;
  LS_TRY(ls_store_new(&options, store, error));
  for (size_t i = events; i-- > 0;)
    if (ranks == 0 || owner(i, ranks) == j->rank) LS_TRY(append(*store, STEP * i, error));
  return LS_OK;
}

static ls_status expect_events(const ls_store *store, size_t events, ls_error *error) {
  ls_image expected = {0}, found = {0};
  EXPECT(ls_store_count(store) == events);
  for (size_t i = 0; i < events; i++) {
    size_t record;
    EXPECT(ls_store_event(store, i) == STEP * i);
    EXPECT(ls_store_label(store, i) == (int)(STEP * i % 5));
    EXPECT(ls_store_find(store, STEP * i, &record) && record == i);
    EXPECT(!ls_store_find(store, STEP * i + 1, &record));
    make_event(&expected, STEP * i);
    LS_TRY(ls_store_get(store, i, &found, error));
    assert_same_image(&expected, &found);
    EXPECT(ls_image_checksum(&expected) == ls_image_checksum(&found));
  }
  ls_image_destroy(&expected);
  ls_image_destroy(&found);
  return LS_OK;
}

static ls_status expect_statistics(const job *j, const char *codec, ls_error *error) {
  ls_store *whole;
  LS_TRY(fill(j, 0, codec, EVENTS, &whole, error));
  ls_store_statistics one = ls_store_get_statistics(whole);
  ls_store_statistics node = ls_store_get_statistics(j->store);
  ls_store_free(whole);
  EXPECT(node.images == one.images);
  EXPECT(node.raw_bytes == one.raw_bytes);
  EXPECT(node.packed_bytes == one.packed_bytes);
  EXPECT(node.stored_bytes == one.stored_bytes);
  EXPECT(node.append_seconds > 0);
  EXPECT(!(node.get_seconds > 0));
  return LS_OK;
}

/* The memory of every check is given back with j->node. */
static void forget(job *j) {
  ls_store_free(j->store);
  ls_store_free(j->second);
  j->store = j->second = NULL;
}

/* Two stores at the same time, of which the second is as good as empty or empty. */
static ls_status equal(job *j, ls_error *error) {
  for (int c = 0; ls_store_codec_at(c); c++) {
    const char *codec = ls_store_codec_at(c);
    LS_TRY(fill(j, j->ranks, codec, EVENTS, &j->store, error));
    LS_TRY(fill(j, j->ranks, codec, (size_t)c % 2, &j->second, error));
    if (c % 2) LS_TRY(ls_store_seal(j->store, error));
    LS_TRY(ls_store_share(&j->store, j->node, error));
    LS_TRY(ls_store_share(&j->second, j->node, error));
    LS_TRY(expect_statistics(j, codec, error));
    LS_TRY(expect_events(j->store, EVENTS, error));
    LS_TRY(expect_events(j->second, (size_t)c % 2, error));
    EXPECT(ls_store_get_statistics(j->store).get_seconds > 0);
    EXPECT(append(j->store, 1000, NULL) == LS_INTERNAL);
    forget(j);
  }
  return LS_OK;
}

/* Sharing must fail in this way on every rank, soon, and leave the private store as it was. */
static ls_status expect_refusal(job *j, ls_status status, const char *text, ls_error *error) {
  ls_error found = {0};
  const ls_store *before = j->store;
  size_t images = ls_store_count(j->store);
  double start = ls_seconds();
  EXPECT(ls_store_share(&j->store, j->node, &found) == status);
  EXPECT(ls_seconds() - start < 10);
  if (!strstr(found.message, text))
    return ls_fail(error, LS_INTERNAL, "'%s' does not say '%s'", found.message, text);
  EXPECT(j->ranks == 1 || found.shared);
  EXPECT(j->store == before && ls_store_count(j->store) == images);
  LS_TRY(ls_store_seal(j->store, error));
  ls_image expected = {0}, image = {0};
  for (size_t i = 0; i < images; i++) {
    make_event(&expected, ls_store_event(j->store, i));
    LS_TRY(ls_store_get(j->store, i, &image, error));
    assert_same_image(&expected, &image);
  }
  ls_image_destroy(&expected);
  ls_image_destroy(&image);
  forget(j);
  return LS_OK;
}

static ls_status twice(job *j, ls_error *error) {
  LS_TRY(fill(j, j->ranks, NULL, EVENTS, &j->store, error));
  if (j->ranks == 1) return LS_OK; /* test_store.c has it */
  if (j->rank == j->ranks - 1) LS_TRY(append(j->store, 9, error));
  LS_TRY(expect_refusal(j, LS_MISMATCH, "event 9 was stored twice", error));
  if (!ls_store_codec_at(1)) return LS_OK; /* this build has but one codec */
  const char *other = j->rank == j->ranks - 1 ? "none" : NULL;
  LS_TRY(fill(j, j->ranks, other, EVENTS, &j->store, error));
  return expect_refusal(j, LS_MISMATCH, "compress with lz4 and none", error);
}

static ls_status refused(job *j, ls_error *error) {
  LS_TRY(fill(j, j->ranks, NULL, EVENTS, &j->store, error));
  if (j->ranks > 1)
    return expect_refusal(j, LS_MEMORY, "rank 0: the node's event store needs ", error);
  LS_TRY(ls_store_share(&j->store, j->node, error)); /* needs no shared memory */
  return expect_events(j->store, EVENTS, error);
}

static ls_status limit(job *j, ls_error *error) {
  LS_TRY(fill(j, j->ranks, NULL, EVENTS, &j->store, error));
  if (j->ranks == 1) return LS_OK;
  return expect_refusal(j, LS_USAGE, "LARSCALE_SHARED_MEMORY is '12 GB'", error);
}

static ls_status expect_damage(const ls_store *store, size_t record, const char *text,
                               ls_error *error) {
  ls_error found = {0};
  ls_image image = {0};
  ls_status status = ls_store_get(store, record, &image, &found);
  ls_image_destroy(&image);
  EXPECT(status == LS_FORMAT);
  EXPECT(strstr(found.message, text));
  return LS_OK;
}

static ls_status damage(job *j, ls_error *error) {
  enum { BLOCK = 5, LABEL = 9, OFFSET = 12, LENGTH = 14 };
  LS_TRY(fill(j, j->ranks, NULL, EVENTS, &j->store, error));
  LS_TRY(ls_store_share(&j->store, j->node, error));
  ls_record *records = j->store->records;
  if (j->rank == 0) {
    ((unsigned char *)j->store->shared)[records[BLOCK].offset + 20] ^= 4;
    records[LABEL].header.label ^= 1;
    records[OFFSET].offset += (uint64_t)1 << 40;
    records[LENGTH].block_bytes = SIZE_MAX;
  }
  LS_TRY(ls_node_barrier(j->node, error));
  LS_TRY(expect_damage(j->store, BLOCK, "event 15 is damaged", error));
  LS_TRY(expect_damage(j->store, LABEL, "event 27 is damaged", error));
  LS_TRY(expect_damage(j->store, OFFSET, "damaged at event 36", error));
  LS_TRY(expect_damage(j->store, LENGTH, "damaged at event 42", error));
  ls_image image = {0};
  LS_TRY(ls_store_get(j->store, BLOCK + 1, &image, error));
  ls_image_destroy(&image);
  return LS_OK;
}

/* 100 MB on each rank in blocks that the heap keeps: this process's peak shows whether they left it
 * as they were copied. Pages of the shared memory count as soon as this rank has written them. */
static ls_status transient(job *j, ls_error *error) {
  enum { IMAGES = 1000, SQUARE = 158 };
  ls_store_options options = ls_store_defaults();
  options.codec = "none";
  LS_TRY(ls_store_new(&options, &j->store, error));
  ls_image image = {0};
  make_image(&image, LS_IMAGE_DENSE, SQUARE, 1, 0.05, 0);
  for (uint64_t i = 0; i < IMAGES; i++) {
    image.event = i * (uint64_t)j->ranks + (uint64_t)j->rank;
    LS_TRY(ls_store_append(j->store, &image, error));
  }
  double own = (double)ls_store_get_statistics(j->store).stored_bytes;
  double before = (double)ls_memory_peak();
  EXPECT(before > own && own > 99e6);
  LS_TRY(ls_store_share(&j->store, j->node, error));
  double more = (double)ls_memory_peak() - before;
  printf("# %.1f MB moved, %.1f MB more at the peak\n", own / 1e6, more / 1e6);
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
  printf("# the peak means nothing with a sanitizer, which keeps freed memory on purpose\n");
#else
  EXPECT(more < 0.25 * own);
#endif
  EXPECT(ls_store_count(j->store) == (size_t)IMAGES * (size_t)j->ranks);
  ls_image found = {0};
  LS_TRY(ls_store_get(j->store, ls_store_count(j->store) - 1, &found, error));
  found.event = image.event;
  assert_same_image(&image, &found);
  ls_image_destroy(&image);
  ls_image_destroy(&found);
  return LS_OK;
}

static ls_status alone(job *j, ls_error *error) {
  LS_TRY(fill(j, j->ranks, NULL, EVENTS, &j->store, error));
  LS_TRY(ls_store_share(&j->store, j->node, error));
  if (j->rank == j->ranks - 1) return ls_fail(error, LS_IO, "rank %d gives up", j->rank);
  return ls_comm_barrier(j->comm, error);
}

static ls_status run(job *j, const char *name, const char *ranks, ls_error *error) {
  static const struct {
    const char *name;
    ls_status (*check)(job *, ls_error *);
  } checks[] = {{"equal", equal}, {"twice", twice},   {"refused", refused},
                {"limit", limit}, {"damage", damage}, {"transient", transient},
                {"alone", alone}};
  j->ranks = (int)strtol(ranks, NULL, 10);
  j->rank = ls_comm_rank(j->comm);
  LS_TRY(ls_node_new(j->comm, &j->node, error));
  /* The test runs on one machine. */
  EXPECT(ls_node_size(j->node) == j->ranks);
  EXPECT(ls_node_rank(j->node) == j->rank);
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
    if (!strcmp(name, checks[i].name)) return checks[i].check(j, error);
  return ls_fail(error, LS_USAGE, "no check '%s'", name);
}

int main(int argc, char **argv) {
  job j = {0};
  ls_error error = {0};
  ls_status status = ls_comm_start(&argc, &argv, &j.comm, &error);
  if (status == LS_OK && argc != 3)
    status = ls_fail(&error, LS_USAGE, "usage: share_checks CHECK RANKS");
  if (status == LS_OK) status = run(&j, argv[1], argv[2], &error);
  if (status != LS_OK)
    fprintf(stderr, "%s\n", error.message);
  else
    printf("passed\n");
  int failed = status != LS_OK && !error.shared;
  forget(&j);
  ls_node_free(j.node, failed);
  ls_comm_finish(j.comm, failed, ls_exit_code(status));
  return ls_exit_code(status);
}
