/* Order, refusals, damage and concurrent readers of the store. */
#include "support/test.h"

#include "base/random.h"
#include "store/images.h"
#include "store/store.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <string.h>

enum { SIDE = 120 };

static ls_store *new_store(const char *codec, size_t budget) {
  ls_store_options options = ls_store_defaults();
  if (codec) options.codec = codec;
  options.memory_budget = budget;
  ls_error error = {0};
  ls_store *store;
  assert_int_equal(ls_store_new(&options, &store, &error), LS_OK);
  return store;
}

static ls_status append_event(ls_store *store, uint64_t event, ls_error *error) {
  ls_image image = {0};
  make_image(&image, event % 2 ? LS_IMAGE_SPARSE : LS_IMAGE_DENSE, SIDE, 2, 0.05, event);
  ls_status status = ls_store_append(store, &image, error);
  ls_image_destroy(&image);
  return status;
}

static void assert_holds_event(const ls_store *store, size_t record, uint64_t event,
                               ls_image *out) {
  ls_image expected = {0};
  make_image(&expected, LS_IMAGE_SPARSE, SIDE, 2, 0.05, event);
  assert_int_equal(ls_store_get(store, record, out, NULL), LS_OK);
  assert_same_image(&expected, out);
  ls_image_destroy(&expected);
}

static void test_order_after_seal(void **state) {
  (void)state;
  enum { EVENTS = 40 };
  uint32_t order[EVENTS];
  ls_random_permutation(5, 0, order, EVENTS);
  ls_store *store = new_store(NULL, 0);
  for (size_t i = 0; i < EVENTS; i++)
    assert_int_equal(append_event(store, 3 * (uint64_t)order[i], NULL), LS_OK);
  assert_int_equal(ls_store_seal(store, NULL), LS_OK);
  ls_image out = {0};
  for (size_t i = 0; i < EVENTS; i++) {
    assert_int_equal(ls_store_event(store, i), 3 * i);
    assert_int_equal(ls_store_label(store, i), 3 * i % 5);
    assert_holds_event(store, i, 3 * i, &out);
  }
  ls_image_destroy(&out);
  ls_store_free(store);
}

static void test_event_twice(void **state) {
  (void)state;
  ls_error error = {0};
  ls_store *store = new_store(NULL, 0);
  static const uint64_t events[] = {9, 4, 11, 4};
  for (size_t i = 0; i < 4; i++) assert_int_equal(append_event(store, events[i], &error), LS_OK);
  assert_int_equal(ls_store_seal(store, &error), LS_MISMATCH);
  assert_non_null(strstr(error.message, "event 4 "));
  ls_store_free(store);
}

static void test_wrong_moment(void **state) {
  (void)state;
  ls_error error = {0};
  ls_image out = {0};
  ls_store *store = new_store(NULL, 0);
  assert_int_equal(append_event(store, 1, &error), LS_OK);
  assert_int_equal(ls_store_get(store, 0, &out, &error), LS_INTERNAL);
  assert_int_equal(ls_store_seal(store, &error), LS_OK);
  assert_int_equal(append_event(store, 2, &error), LS_INTERNAL);
  assert_int_equal(ls_store_get(store, 1, &out, &error), LS_INTERNAL);
  ls_image_destroy(&out);
  ls_store_free(store);
  ls_store_free(NULL);
}

static void test_empty_store(void **state) {
  (void)state;
  ls_store *store = new_store(NULL, 0);
  assert_int_equal(ls_store_seal(store, NULL), LS_OK);
  assert_int_equal(ls_store_count(store), 0);
  ls_store_free(store);
}

static void test_budget(void **state) {
  (void)state;
  ls_error error = {0};
  ls_store *store = new_store("none", 1 << 20);
  assert_int_equal(ls_store_check_room(store, 1000000, &error), LS_OK); /* nothing known yet */
  size_t stored = 0;
  while (append_event(store, 2 * stored, &error) == LS_OK) stored++;
  assert_int_equal(error.status, LS_MEMORY);
  assert_int_equal(ls_store_count(store), stored);
  /* A dense image of this size takes 115.2 kB and its header: nine fit into 1 MiB. */
  assert_int_equal(stored, 9);
  assert_true(ls_store_get_statistics(store).stored_bytes <= 1 << 20);
  assert_non_null(strstr(error.message, "9 images"));
  assert_non_null(strstr(error.message, "1.0 MB"));
  error = (ls_error){0};
  assert_int_equal(ls_store_check_room(store, 9, &error), LS_OK);
  assert_int_equal(ls_store_check_room(store, 10, &error), LS_MEMORY);
  assert_non_null(strstr(error.message, "1.2 MB"));
  /* What was refused has left the store as it was. */
  assert_int_equal(ls_store_seal(store, NULL), LS_OK);
  ls_image out = {0};
  for (size_t i = 0; i < stored; i++) assert_holds_event(store, i, 2 * i, &out);
  ls_image_destroy(&out);
  ls_store_free(store);
}

static void test_machine_too_small(void **state) {
  (void)state;
  ls_error error = {0};
  ls_store *store = new_store(NULL, 0);
  assert_int_equal(append_event(store, 1, &error), LS_OK);
  assert_int_equal(ls_store_check_room(store, 2, &error), LS_OK);
  assert_int_equal(ls_store_check_room(store, (size_t)1 << 40, &error), LS_MEMORY);
  assert_non_null(strstr(error.message, "this machine"));
  ls_store_free(store);
}

static void refuse(ls_store_options options, ls_status expected, const char *text) {
  ls_error error = {0};
  ls_store *store;
  assert_int_equal(ls_store_new(&options, &store, &error), expected);
  assert_null(store);
  if (!strstr(error.message, text)) fail_msg("'%s' lacks '%s'", error.message, text);
}

static void test_options(void **state) {
  (void)state;
  ls_store_options good = ls_store_defaults(), options;
  options = good, options.codec = "lzma", refuse(options, LS_USAGE, "'lzma'");
  for (int i = 0; ls_store_codec_at(i); i++) refuse(options, LS_USAGE, ls_store_codec_at(i));
  options = good, options.codec = NULL, refuse(options, LS_USAGE, "codec");
  options = good, options.level = 10, refuse(options, LS_USAGE, "level is 10; choose 0 to 9");
  options = good, options.level = -1, refuse(options, LS_USAGE, "level");
  options = good, options.shuffle = 3, refuse(options, LS_USAGE, "shuffle");
  options = good, options.shuffle = -1, refuse(options, LS_USAGE, "shuffle");
  options = good, options.threads = 0, refuse(options, LS_USAGE, "threads");
  options = good, options.threads = 257, refuse(options, LS_USAGE, "threads");
  options = good, options.form = (ls_store_form)3, refuse(options, LS_USAGE, "form");
}

static void test_build_without_blosc(void **state) {
  (void)state;
  if (ls_codec_library_find()) {
    print_message("skipped: this build has %s\n", ls_store_codec_library());
    skip();
  }
  assert_string_equal(ls_store_codec_at(0), "none");
  assert_null(ls_store_codec_at(1));
  assert_string_equal(ls_store_codec_library(), "none");
  ls_store_options options = ls_store_defaults();
  assert_string_equal(options.codec, "none");
  options.codec = "zstd";
  refuse(options, LS_UNAVAILABLE, "c-blosc");
}

static void test_codecs_of_blosc(void **state) {
  (void)state;
  if (!ls_codec_library_find()) {
    print_message("skipped: this build is without c-blosc\n");
    skip();
  }
  assert_string_equal(ls_store_defaults().codec, "lz4");
  int has_zstd = 0;
  for (int i = 0; ls_store_codec_at(i); i++) has_zstd |= !strcmp(ls_store_codec_at(i), "zstd");
  assert_true(has_zstd);
}

/* Each byte of a record in turn: every flip must be found, and named by its event. */
static void test_damage(void **state) {
  (void)state;
  for (uint64_t event = 6; event <= 7; event++) { /* dense, sparse */
    ls_store *store = new_store(NULL, 0);
    assert_int_equal(append_event(store, event, NULL), LS_OK);
    assert_int_equal(append_event(store, 100, NULL), LS_OK);
    assert_int_equal(ls_store_seal(store, NULL), LS_OK);
    ls_record *record = &store->records[0];
    char name[32];
    snprintf(name, sizeof name, "event %d ", (int)event);
    ls_image out = {0};
    for (size_t i = 0; i < record->block_bytes; i += 1 + record->block_bytes / 50) {
      ls_error error = {0};
      record->block[i] ^= 0x10;
      assert_int_equal(ls_store_get(store, 0, &out, &error), LS_FORMAT);
      assert_non_null(strstr(error.message, name));
      record->block[i] ^= 0x10;
      assert_holds_event(store, 1, 100, &out);
    }
    record->header.label ^= 1;
    assert_int_equal(ls_store_get(store, 0, &out, NULL), LS_FORMAT);
    record->header.label ^= 1;
    assert_holds_event(store, 0, event, &out);
    ls_image_destroy(&out);
    ls_store_free(store);
  }
}

/* Damage that comes before the checksum was taken must still not get through the codec. */
static void test_damage_behind_checksum(void **state) {
  (void)state;
  for (uint64_t event = 6; event <= 7; event++) {
    ls_store *store = new_store(NULL, 0);
    assert_int_equal(append_event(store, event, NULL), LS_OK);
    assert_int_equal(ls_store_seal(store, NULL), LS_OK);
    ls_record *record = &store->records[0];
    record->header.part_bytes[0] -= 1;
    record->checksum = ls_record_checksum(record);
    ls_image out = {0};
    ls_error error = {0};
    assert_int_equal(ls_store_get(store, 0, &out, &error), LS_FORMAT);
    assert_non_null(strstr(error.message, "decompress"));
    ls_image_destroy(&out);
    ls_store_free(store);
  }
}

static void test_concurrent_readers(void **state) {
  (void)state;
  enum { EVENTS = 12, READERS = 4, READS = 200 };
  ls_store *store = new_store(NULL, 0);
  ls_image expected[EVENTS] = {{0}};
  for (uint64_t e = 0; e < EVENTS; e++) {
    assert_int_equal(append_event(store, e, NULL), LS_OK);
    make_image(&expected[e], LS_IMAGE_SPARSE, SIDE, 2, 0.05, e);
  }
  assert_int_equal(ls_store_seal(store, NULL), LS_OK);
  int wrong = 0;
#pragma omp parallel num_threads(READERS) reduction(+ : wrong)
  {
    ls_image out = {0};
#pragma omp for schedule(dynamic)
    for (int i = 0; i < READS; i++) {
      size_t e = (size_t)ls_random(3, 0, (uint64_t)i) % EVENTS;
      wrong += ls_store_get(store, e, &out, NULL) != LS_OK || out.event != e ||
               ls_image_active(&out) != ls_image_active(&expected[e]);
      int differing = 0;
      for (int p = 0; out.form == LS_IMAGE_SPARSE && p < out.planes; p++)
        for (size_t k = 0; k < out.plane[p].count; k++)
          differing += (out.plane[p].index[k] != expected[e].plane[p].index[k]) +
                       (out.plane[p].value[k] != expected[e].plane[p].value[k]);
      wrong += differing != 0;
    }
    ls_image_destroy(&out);
  }
  assert_int_equal(wrong, 0);
  assert_true(ls_store_get_statistics(store).get_seconds > 0);
  for (size_t e = 0; e < EVENTS; e++) ls_image_destroy(&expected[e]);
  ls_store_free(store);
}

/* After the largest record was read once, buffers stay where they are. */
static void test_buffers_are_reused(void **state) {
  (void)state;
  ls_store *store = new_store(NULL, 0);
  for (uint64_t e = 0; e < 6; e++) assert_int_equal(append_event(store, e, NULL), LS_OK);
  assert_int_equal(ls_store_seal(store, NULL), LS_OK);
  ls_image out = {0};
  for (size_t i = 0; i < 6; i++) assert_int_equal(ls_store_get(store, i, &out, NULL), LS_OK);
  const ls_image before = out;
  for (size_t i = 0; i < 6; i++) assert_int_equal(ls_store_get(store, i, &out, NULL), LS_OK);
  assert_ptr_equal(out.dense, before.dense);
  for (int p = 0; p < 2; p++) {
    assert_ptr_equal(out.plane[p].index, before.plane[p].index);
    assert_ptr_equal(out.plane[p].value, before.plane[p].value);
  }
  ls_image_destroy(&out);
  ls_store_free(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order_after_seal),
      cmocka_unit_test(test_event_twice),
      cmocka_unit_test(test_wrong_moment),
      cmocka_unit_test(test_empty_store),
      cmocka_unit_test(test_budget),
      cmocka_unit_test(test_machine_too_small),
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_build_without_blosc),
      cmocka_unit_test(test_codecs_of_blosc),
      cmocka_unit_test(test_damage),
      cmocka_unit_test(test_damage_behind_checksum),
      cmocka_unit_test(test_concurrent_readers),
      cmocka_unit_test(test_buffers_are_reused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
