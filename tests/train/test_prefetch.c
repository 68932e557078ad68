/* Images that threads decompress ahead: order, equality, errors in their turn, restarts, ends.
 * LARSCALE_TEST_SEED repeats a random run by the seed that it printed. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "base/clock.h"
#include "base/random.h"
#include "store/store_internal.h"
#include "train/prefetch.h"
#include "train/tiny.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EVENTS = 24, ABSENT = 1000 };

static const int thread_counts[] = {0, 1, 2, 4};
enum { THREAD_COUNTS = sizeof thread_counts / sizeof *thread_counts };

/* The linker sends pthread_create here: how many calls may succeed, -1 any number. */
static int creatable = -1;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument) {
  if (creatable == 0) return 11; /* EAGAIN */
  creatable -= creatable > 0;
  return __real_pthread_create(thread, attributes, start, argument);
}

/* A store and what it holds by event. */
typedef struct source {
  ls_store *store;
  uint64_t checksum[EVENTS];
} source;

static void open_source(source *s) {
  ls_network_spec spec = tiny_study();
  ls_error error = {0};
  ls_image image = {0};
  spec.height = 150, spec.width = 120;
  assert_int_equal(tiny_store(&spec, EVENTS, NULL, NULL, &s->store, &error), LS_OK);
  for (size_t e = 0; e < EVENTS; e++) {
    assert_int_equal(ls_store_get(s->store, e, &image, &error), LS_OK);
    assert_int_equal(image.event, e);
    s->checksum[e] = ls_image_checksum(&image);
  }
  ls_image_destroy(&image);
}

/* Or repairs it. Only while nobody reads the event. */
static void damage(source *s, uint32_t event) {
  s->store->records[event].block[9] ^= 0x40;
}

static ls_prefetch *new_prefetch(const source *s, int threads, size_t depth) {
  ls_error error = {0};
  ls_prefetch *p;
  assert_int_equal(ls_prefetch_new(s->store, threads, depth, &p, &error), LS_OK);
  return p;
}

static void start(ls_prefetch *p, const uint32_t *events, size_t count) {
  assert_int_equal(ls_prefetch_start(p, events, count, NULL), LS_OK);
}

static void expect_event(ls_prefetch *p, const source *s, uint32_t event) {
  ls_error error = {0};
  const ls_image *image;
  if (ls_prefetch_next(p, &image, &error) != LS_OK) fail_msg("%s", error.message);
  assert_non_null(image);
  assert_int_equal(image->event, event);
  assert_true(ls_image_checksum(image) == s->checksum[event]);
}

static void expect_error(ls_prefetch *p, ls_status status, const char *text) {
  ls_error error = {0};
  const ls_image *image = (const ls_image *)&error;
  assert_int_equal(ls_prefetch_next(p, &image, &error), status);
  assert_null(image);
  assert_int_equal(error.status, status);
  if (!strstr(error.message, text)) fail_msg("'%s' lacks '%s'", error.message, text);
}

/* Until the threads have done what they may. */
static void settle(ls_prefetch *p) {
  const struct timespec pause = {.tv_nsec = 150000000};
  double before, now = -1;
  do {
    before = now;
    nanosleep(&pause, NULL);
    now = ls_prefetch_get_statistics(p).decompress_seconds;
  } while (now > before);
}

static void test_order(void **state) {
  const source *s = *state;
  enum { COUNT = 3 * EVENTS };
  uint32_t order[COUNT];
  for (int t = 0; t < THREAD_COUNTS; t++)
    for (size_t depth = 1; depth <= 9; depth += 2) {
      ls_prefetch *p = new_prefetch(s, thread_counts[t], depth);
      for (uint64_t i = 0; i < COUNT; i++) order[i] = (uint32_t)(ls_random(4, depth, i) % EVENTS);
      for (int epoch = 0; epoch < 3; epoch++) {
        start(p, order, COUNT);
        for (size_t i = 0; i < COUNT; i++) expect_event(p, s, order[i]);
        expect_error(p, LS_INTERNAL, "image 73 is asked for, but 72 were started");
      }
      assert_int_equal(ls_prefetch_get_statistics(p).images, 3 * COUNT);
      ls_prefetch_free(p);
    }
}

/* The caller's array is its own again after the start. */
static void test_order_is_copied(void **state) {
  const source *s = *state;
  uint32_t order[] = {3, 1, 2, 5, 5};
  ls_prefetch *p = new_prefetch(s, 1, 1);
  start(p, order, 5);
  memset(order, 0, sizeof order);
  static const uint32_t expected[] = {3, 1, 2, 5, 5};
  for (int i = 0; i < 5; i++) expect_event(p, s, expected[i]);
  ls_prefetch_free(p);
}

/* As many images are ahead as was said, not one more, and the one handed out stays as it is. */
static void test_depth(void **state) {
  source *s = *state;
  enum { DEPTH = 3 };
  uint32_t order[EVENTS];
  for (uint32_t i = 0; i < EVENTS; i++) order[i] = i;
  for (int t = 1; t < THREAD_COUNTS; t++) {
    ls_prefetch *p = new_prefetch(s, thread_counts[t], DEPTH);
    start(p, order, EVENTS);
    settle(p);
    damage(s, DEPTH - 1);
    damage(s, DEPTH);
    for (uint32_t i = 0; i < DEPTH; i++) expect_event(p, s, i);
    damage(s, DEPTH - 1);
    expect_error(p, LS_FORMAT, "event 3 ");
    settle(p);
    damage(s, DEPTH);
    const ls_image *image;
    assert_int_equal(ls_prefetch_next(p, &image, NULL), LS_OK);
    settle(p);
    assert_true(ls_image_checksum(image) == s->checksum[DEPTH + 1]);
    ls_prefetch_free(p);
  }
}

static void test_errors_in_order(void **state) {
  source *s = *state;
  static const uint32_t order[] = {8, 4, ABSENT, 4, 4, 9, 7};
  damage(s, 4);
  damage(s, 7);
  for (int t = 0; t < THREAD_COUNTS; t++) {
    ls_prefetch *p = new_prefetch(s, thread_counts[t], 4);
    expect_error(p, LS_INTERNAL, "image 1 is asked for, but 0 were");
    start(p, order, 7);
    expect_event(p, s, 8);
    expect_error(p, LS_FORMAT, "event 4 is damaged");
    expect_error(p, LS_INTERNAL, "event 1000 is not in this rank's store");
    expect_error(p, LS_FORMAT, "event 4 is damaged");
    const ls_image *image;
    assert_int_equal(ls_prefetch_next(p, &image, NULL), LS_FORMAT); /* without a message too */
    expect_event(p, s, 9);
    expect_error(p, LS_FORMAT, "event 7 is damaged");
    assert_int_equal(ls_prefetch_get_statistics(p).images, 7);
    ls_prefetch_free(p);
  }
  damage(s, 4);
  damage(s, 7);
}

static void test_statistics(void **state) {
  const source *s = *state;
  static const uint32_t order[] = {1, 2, 3, 4};
  ls_prefetch *p = new_prefetch(s, 0, 4);
  start(p, order, 4);
  settle(p);
  assert_true(ls_prefetch_get_statistics(p).decompress_seconds <= 0);
  for (int i = 0; i < 4; i++) expect_event(p, s, order[i]);
  ls_prefetch_statistics all = ls_prefetch_get_statistics(p);
  assert_true(all.decompress_seconds > 0);
  assert_true(all.waited_seconds >= all.decompress_seconds);
  ls_prefetch_free(p);
  /* All is there before the caller asks. */
  p = new_prefetch(s, 2, 5);
  start(p, order, 4);
  settle(p);
  for (int i = 0; i < 4; i++) expect_event(p, s, order[i]);
  all = ls_prefetch_get_statistics(p);
  assert_true(all.decompress_seconds > 0);
  assert_true(all.waited_seconds <= 0);
  ls_prefetch_free(p);
}

static void test_ends(void **state) {
  const source *s = *state;
  uint32_t order[EVENTS] = {0};
  for (int t = 0; t < THREAD_COUNTS; t++)
    for (int taken = -2; taken < EVENTS; taken += 3) {
      ls_prefetch *p = new_prefetch(s, thread_counts[t], 5);
      if (taken >= -1) start(p, order, EVENTS);
      for (int i = 0; i < taken; i++) expect_event(p, s, 0);
      ls_prefetch_free(p);
    }
  ls_prefetch_free(NULL);
}

static void refuse(const source *s, int threads, size_t depth, ls_status status, const char *text) {
  ls_error error = {0};
  ls_prefetch *p = (ls_prefetch *)&error;
  assert_int_equal(ls_prefetch_new(s->store, threads, depth, &p, &error), status);
  assert_null(p);
  if (!strstr(error.message, text)) fail_msg("'%s' lacks '%s'", error.message, text);
}

static void test_refusals(void **state) {
  const source *s = *state;
  refuse(s, -1, 4, LS_USAGE, "-1 prefetch threads; choose 0 to 256");
  refuse(s, 257, 4, LS_USAGE, "257 prefetch threads");
  refuse(s, 2, 0, LS_USAGE, "choose 1 to 65536");
  refuse(s, 2, 65537, LS_USAGE, "prefetch of 65537 images");
  creatable = 2;
  refuse(s, 4, 4, LS_MEMORY, "prefetch thread 3 of 4");
  creatable = -1;
}

typedef struct dice {
  uint64_t seed, round, rolls;
} dice;

/* 0 .. sides-1 */
static size_t roll(dice *d, size_t sides) {
  return (size_t)(ls_random(d->seed, d->round, d->rolls++) % sides);
}

/* One life: some orders, each left somewhere, and an end. */
static void live(const source *s, const uint8_t *damaged, uint64_t seed, uint64_t round) {
  enum { MOST = 60 };
  dice d = {seed, round, 0};
  uint32_t order[MOST];
  int threads = (int)roll(&d, 5);
  ls_prefetch *p = new_prefetch(s, threads, 1 + roll(&d, 6));
  for (size_t starts = roll(&d, 6); starts > 0; starts--) {
    size_t count = roll(&d, MOST + 1);
    size_t taken = roll(&d, 3) ? roll(&d, count + 1) : count;
    for (size_t i = 0; i < count; i++)
      order[i] = (uint32_t)(roll(&d, 30) ? roll(&d, EVENTS) : ABSENT);
    start(p, order, count);
    for (size_t i = 0; i < taken; i++) {
      const struct timespec pause = {.tv_nsec = (long)roll(&d, 200000)};
      if (roll(&d, 8) == 0) nanosleep(&pause, NULL);
      if (order[i] == ABSENT)
        expect_error(p, LS_INTERNAL, "event 1000 ");
      else if (damaged[order[i]])
        expect_error(p, LS_FORMAT, "is damaged");
      else
        expect_event(p, s, order[i]);
    }
    if (taken == count) expect_error(p, LS_INTERNAL, "is asked for");
  }
  ls_prefetch_free(p);
}

static void test_stress(void **state) {
  source *s = *state;
  const char *given = getenv("LARSCALE_TEST_SEED");
  uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
  print_message("LARSCALE_TEST_SEED=%llu\n", (unsigned long long)seed);
  uint8_t damaged[EVENTS];
  for (uint32_t e = 0; e < EVENTS; e++) {
    damaged[e] = ls_random(seed, 1u << 30, e) % 10 == 0;
    if (damaged[e]) damage(s, e);
  }
  double begin = ls_seconds();
  uint64_t round = 0;
  for (; round < 400 && ls_seconds() - begin < 20; round++) live(s, damaged, seed, round);
  assert_true(round > 5);
  for (uint32_t e = 0; e < EVENTS; e++)
    if (damaged[e]) damage(s, e);
}

int main(void) {
  static source s;
  static void *given = &s;
  open_source(&s);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(test_order, given),
      cmocka_unit_test_prestate(test_order_is_copied, given),
      cmocka_unit_test_prestate(test_depth, given),
      cmocka_unit_test_prestate(test_errors_in_order, given),
      cmocka_unit_test_prestate(test_statistics, given),
      cmocka_unit_test_prestate(test_ends, given),
      cmocka_unit_test_prestate(test_refusals, given),
      cmocka_unit_test_prestate(test_stress, given),
  };
  int failed = cmocka_run_group_tests_name("prefetch", tests, NULL, NULL);
  ls_store_free(s.store);
  return failed;
}
