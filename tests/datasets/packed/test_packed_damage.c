/* Whatever bytes of a packed file are changed or missing: reading ends in an error that names the
 * file, or gives exactly what was written; it never crashes and never gives other pixels. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "packed_events.h"

#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 12, STEP = 400, HEADERS = 6144 /* HDF5's are in the first bytes */ };

#ifdef __SANITIZE_ADDRESS__
enum { STRIDE = 5 }; /* between bytes that are damaged; the sanitizer is slow */
#else
enum { STRIDE = 1 };
#endif

static char file[80];
static uint8_t *whole, *copy; /* the file's bytes, and those of the damaged one */
static size_t bytes;
static uint64_t expected[COUNT];

static void read_whole(void) {
  FILE *stream = fopen(file, "rb");
  assert_non_null(stream);
  assert_int_equal(fseek(stream, 0, SEEK_END), 0);
  bytes = (size_t)ftell(stream);
  rewind(stream);
  whole = malloc(bytes);
  copy = malloc(bytes);
  assert_true(whole && copy);
  assert_int_equal(fread(whole, 1, bytes, stream), bytes);
  fclose(stream);
}

static int set_up(void **state) {
  (void)state;
  snprintf(file, sizeof file, "/tmp/packed-damage-XXXXXX");
  int descriptor = mkstemp(file);
  if (descriptor < 0) return 1;
  close(descriptor);
  ls_event_layout layout = events_layout(200, 150, LS_VALUE_INT32);
  events_write(file, &layout, COUNT, STEP);
  read_whole();
  ls_source *source;
  assert_int_equal(ls_source_open(file, NULL, &source, NULL), LS_OK);
  for (size_t event = 0; event < COUNT; event++)
    assert_int_equal(events_digest(source, event, &expected[event], NULL), LS_OK);
  ls_source_close(source);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  unlink(file);
  free(whole);
  free(copy);
  H5close(); /* what it keeps of damaged files for reuse would pass for leaks */
  return 0;
}

/* What became of a damaged file. */
typedef struct outcome {
  int refused;       /* 1: not opened */
  int events_failed; /* else: how many events were refused */
  char message[LS_ERROR_LENGTH];
} outcome;

static void check_facts(const ls_source *source, const char *damage) {
  int same = source->count == COUNT && source->geometry.planes == EVENTS_PLANES &&
             source->geometry.rows == 200 && source->geometry.columns == 150 &&
             source->value_type == LS_VALUE_INT32 && source->class_count == EVENTS_CLASSES;
  for (int k = 0; same && k < EVENTS_CLASSES; k++)
    same = !strcmp(source->class_names[k], events_class_names[k]);
  if (!same) fail_msg("%s: other facts of the file", damage);
}

/* Reads the file as it lies on the disk. */
static outcome try_file(const char *damage) {
  outcome result = {0};
  ls_error error = {0};
  ls_source *source;
  if (ls_source_open(file, NULL, &source, &error) != LS_OK) {
    if (!strstr(error.message, file)) fail_msg("%s: no file in: %s", damage, error.message);
    result.refused = 1;
    memcpy(result.message, error.message, sizeof result.message);
    return result;
  }
  check_facts(source, damage);
  for (size_t event = 0; event < COUNT; event++) {
    uint64_t digest;
    char name[32];
    snprintf(name, sizeof name, "event %zu", event);
    error = (ls_error){0};
    if (events_digest(source, event, &digest, &error) == LS_OK) {
      if (digest != expected[event]) fail_msg("%s: %s has other pixels", damage, name);
      continue;
    }
    if (!strstr(error.message, file) || !strstr(error.message, name))
      fail_msg("%s: no file or %s in: %s", damage, name, error.message);
    result.events_failed++;
    memcpy(result.message, error.message, sizeof result.message);
  }
  ls_source_close(source);
  return result;
}

static outcome try_copy(size_t length, const char *damage) {
  FILE *stream = fopen(file, "wb");
  assert_non_null(stream);
  assert_int_equal(fwrite(copy, 1, length, stream), length);
  fclose(stream);
  return try_file(damage);
}

/* Where the bytes are that mean something: records end in a chunk of zeros. */
static int in_padding(size_t at) {
  for (size_t i = at > 32 ? at - 32 : 0; i < at + 32 && i < bytes; i++)
    if (whole[i]) return 0;
  return 1;
}

/* One bit of every byte, but for the padding, where a few must do. */
static void test_every_byte(void **state) {
  (void)state;
  int refused = 0, one_event = 0, unharmed = 0;
  memcpy(copy, whole, bytes);
  try_copy(bytes, "no damage");
  int descriptor = open(file, O_WRONLY);
  assert_true(descriptor >= 0);
  for (size_t at = 0; at<bytes; at += at> HEADERS && in_padding(at) ? 512 : STRIDE) {
    char damage[64];
    uint8_t mask = (uint8_t)(1u << (at * 5 % 8));
    snprintf(damage, sizeof damage, "byte %zu ^ %02x", at, mask);
    const uint8_t flipped = whole[at] ^ mask;
    assert_int_equal(pwrite(descriptor, &flipped, 1, (off_t)at), 1);
    outcome result = try_file(damage);
    assert_int_equal(pwrite(descriptor, &whole[at], 1, (off_t)at), 1);
    refused += result.refused;
    one_event += result.events_failed == 1;
    unharmed += !result.refused && !result.events_failed;
    if (result.events_failed > 1) fail_msg("%s: %d events", damage, result.events_failed);
  }
  close(descriptor);
  printf("# of %zu bytes: %d flips refuse the file, %d an event, %d do no harm (padding)\n", bytes,
         refused, one_event, unharmed);
  assert_true(refused > 3000 / STRIDE);
  assert_true(one_event > 3000 / STRIDE);
}

static void test_cut_short(void **state) {
  (void)state;
  memcpy(copy, whole, bytes);
  for (size_t length = 0; length < bytes; length += length < 8192 ? 61 : 4999) {
    char damage[64];
    snprintf(damage, sizeof damage, "cut to %zu of %zu", length, bytes);
    if (!try_copy(length, damage).refused) fail_msg("%s: is opened", damage);
  }
  if (!try_copy(bytes - 1, "cut by a byte").refused) fail_msg("cut by a byte: is opened");
}

/* Runs of bytes that are lost, repeated or moved, in the parts that mean something. */
static void test_runs(void **state) {
  (void)state;
  enum { TRIALS = 2000 };
  uint32_t random = 12345;
  int harmed = 0;
  for (int trial = 0; trial < TRIALS; trial++) {
    size_t at[2];
    for (int i = 0; i < 2; i++) do {
        random = random * 1664525u + 1013904223u;
        at[i] = (size_t)(((uint64_t)random * bytes) >> 32);
      } while (in_padding(at[i]));
    size_t length = 1 + (random >> 8) % (trial % 2 ? 8 : 400);
    for (int i = 0; i < 2; i++)
      if (at[i] + length > bytes) at[i] = bytes - length;
    memcpy(copy, whole, bytes);
    static const char *const kinds[] = {"zeros", "ones", "moved", "noise"};
    if (trial % 4 < 2)
      memset(copy + at[0], trial % 4 ? 0xff : 0, length);
    else if (trial % 4 == 2)
      memmove(copy + at[0], copy + at[1], length);
    else
      for (size_t i = 0; i < length; i++)
        copy[at[0] + i] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
    char damage[80];
    snprintf(damage, sizeof damage, "trial %d: %zu bytes at %zu: %s", trial, length, at[0],
             kinds[trial % 4]);
    outcome result = try_copy(bytes, damage);
    harmed += result.refused || result.events_failed;
  }
  assert_true(harmed > TRIALS / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_byte),
      cmocka_unit_test(test_cut_short),
      cmocka_unit_test(test_runs),
  };
  return cmocka_run_group_tests_name("damaged packed files", tests, set_up, tear_down);
}
