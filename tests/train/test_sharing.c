/* Who trains on which event when, for many numbers of events, batches and ranks. */
#include "support/test.h"

#include "train/sharing.h"

#include <stdio.h>
#include <string.h>

enum { MOST_EVENTS = 60, MOST_BATCH = 17, MOST_RANKS = 7, NOBODY = UINT32_MAX };

/* What an epoch looks like: the event of each slot in each step. */
typedef struct epoch {
  size_t steps, batch;
  uint32_t event[MOST_EVENTS + 1][MOST_BATCH];
} epoch;

static void add_rank(epoch *e, const ls_sharing *s, uint64_t number, unsigned char *seen) {
  for (size_t slot = s->first_slot; slot < s->first_slot + s->slot_count; slot++) {
    uint32_t shard[MOST_EVENTS];
    size_t count = ls_sharing_shard(s, slot, number, shard);
    assert_true(count <= e->steps);
    for (size_t t = 0; t < count; t++) {
      assert_true(shard[t] < s->events);
      assert_true(ls_sharing_mine(s, shard[t]));
      assert_int_equal(seen[shard[t]]++, 0);
      assert_int_equal(e->event[t][slot], NOBODY);
      e->event[t][slot] = shard[t];
    }
  }
}

/* Fills *e from all ranks, checking that each event and each slot is taken once and that no rank
 * thinks an event its own that it never trains on. */
static void make_epoch(epoch *e, size_t events, size_t batch, int ranks, uint64_t number,
                       int shuffle) {
  unsigned char seen[MOST_EVENTS] = {0};
  size_t slots = 0, owned = 0, before = SIZE_MAX;
  memset(e, 0xff, sizeof *e);
  for (int r = 0; r < ranks; r++) {
    ls_sharing s;
    assert_int_equal(ls_sharing_init(&s, LS_SHARE_SLOTS, events, batch, r, ranks, 4, shuffle, NULL),
                     LS_OK);
    e->steps = ls_sharing_steps(&s), e->batch = batch;
    assert_int_equal(e->steps, (events + batch - 1) / batch);
    assert_int_equal(s.first_slot, slots);
    /* Contiguous runs, as even as can be, the longer ones first. */
    assert_true(s.slot_count == batch / (size_t)ranks || s.slot_count == batch / (size_t)ranks + 1);
    assert_true(s.slot_count <= before);
    before = s.slot_count;
    slots += s.slot_count;
    for (size_t i = 0; i < events; i++) owned += ls_sharing_mine(&s, i) != 0;
    add_rank(e, &s, number, seen);
  }
  assert_int_equal(slots, batch);
  assert_int_equal(owned, events);
  for (size_t i = 0; i < events; i++) assert_int_equal(seen[i], 1);
}

/* Each step's batch is as large as announced, and only the last may be short. */
static void check_batches(const epoch *e, size_t events) {
  ls_sharing s;
  assert_int_equal(ls_sharing_init(&s, LS_SHARE_SLOTS, events, e->batch, 0, 1, 4, 1, NULL), LS_OK);
  for (size_t t = 0; t < e->steps; t++) {
    size_t size = 0;
    for (size_t slot = 0; slot < e->batch; slot++) size += e->event[t][slot] != NOBODY;
    assert_int_equal(size, ls_sharing_batch(&s, t));
    assert_true(size == e->batch || (t == e->steps - 1 && size > 0));
  }
}

static int accepted(size_t events, size_t batch, int ranks) {
  ls_sharing s;
  return ls_sharing_init(&s, LS_SHARE_SLOTS, events, batch, 0, ranks, 4, 1, NULL) == LS_OK;
}

static void test_every_event_once_whatever_the_ranks(void **state) {
  (void)state;
  static epoch one, many;
  int combinations = 0;
  for (size_t events = 1; events <= MOST_EVENTS; events += 1 + events / 6)
    for (size_t batch = 1; batch <= MOST_BATCH; batch++)
      for (int ranks = 1; ranks <= MOST_RANKS; ranks++) {
        if (!accepted(events, batch, ranks)) continue;
        make_epoch(&many, events, batch, ranks, 3, 1);
        make_epoch(&one, events, batch, 1, 3, 1);
        check_batches(&many, events);
        assert_memory_equal(&one, &many, sizeof one);
        combinations++;
      }
  assert_true(combinations > 900);
}

static void test_without_shuffle_in_order(void **state) {
  (void)state;
  static epoch e;
  make_epoch(&e, 23, 5, 2, 9, 0);
  for (size_t i = 0; i < 23; i++) assert_int_equal(e.event[i / 5][i % 5], i);
}

static void test_order_depends_on_seed_and_epoch(void **state) {
  (void)state;
  uint32_t shard[4][30];
  static const struct {
    uint64_t seed, epoch;
    size_t slot;
  } of[4] = {{1, 0, 0}, {2, 0, 0}, {1, 1, 0}, {1, 0, 1}};
  for (int k = 0; k < 4; k++) {
    ls_sharing s;
    assert_int_equal(ls_sharing_init(&s, LS_SHARE_SLOTS, 60, 2, 0, 1, of[k].seed, 1, NULL), LS_OK);
    assert_int_equal(ls_sharing_shard(&s, of[k].slot, of[k].epoch, shard[k]), 30);
    uint32_t again[30];
    ls_sharing_shard(&s, of[k].slot, of[k].epoch, again);
    assert_memory_equal(shard[k], again, sizeof again);
    for (int i = 0; i < 30; i++) shard[k][i] /= 2; /* position in the shard */
    for (int j = 0; j < k; j++) assert_memory_not_equal(shard[j], shard[k], sizeof again);
  }
}

static void assert_refused(size_t events, size_t batch, int ranks, const char *says) {
  for (int r = 0; r < ranks; r++) {
    ls_sharing s;
    ls_error error = {0};
    assert_int_equal(ls_sharing_init(&s, LS_SHARE_SLOTS, events, batch, r, ranks, 1, 1, &error),
                     LS_MISMATCH);
    if (!strstr(error.message, says)) fail_msg("'%s' does not say '%s'", error.message, says);
  }
}

static void test_idle_ranks_are_refused(void **state) {
  (void)state;
  assert_refused(100, 2, 3, "3 ranks but a global batch of only 2");
  assert_refused(100, 0, 1, "a global batch of only 0");
  assert_refused(2, 3, 3, "2 events do not reach 3 ranks");
  assert_refused(0, 4, 1, "0 events");
  /* Slots that no event ever fills, for any number of ranks alike. */
  assert_refused(11, 12, 3, "11 events do not reach 3 ranks with a global batch of 12");
  assert_refused(11, 12, 1, "11 events do not reach 1 ranks with a global batch of 12");
  assert_true(accepted(12, 12, 3));
  assert_true(accepted(12, 12, 1));
  assert_true(accepted(3, 3, 3));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_event_once_whatever_the_ranks),
      cmocka_unit_test(test_without_shuffle_in_order),
      cmocka_unit_test(test_order_depends_on_seed_and_epoch),
      cmocka_unit_test(test_idle_ranks_are_refused),
  };
  return cmocka_run_group_tests_name("sharing", tests, NULL, NULL);
}
