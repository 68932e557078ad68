/* The sum over slots: the same bits however the slots are dealt to ranks. */
#include "support/test.h"

#include "base/random.h"
#include "train/slot_sum.h"

#include <stdio.h>
#include <string.h>

enum { MOST_SLOTS = 70, FLOATS = 5, SEED = 11 };

/* Values of very different size, so that another order of additions gives other bits. */
static float value(size_t slot, size_t i) {
  float v = (float)(2 * ls_random_uniform(SEED, slot, i) - 1);
  return ls_random(SEED, slot, i + 100) % 3 ? v : v * 4096;
}

/* The definition, word for word: left half plus right half, over the slots that are there. */
static int define(int level, size_t index, const unsigned char *there, size_t i, float *sum) {
  if (level == 0) {
    *sum = value(index, i);
    return index < MOST_SLOTS && there[index];
  }
  float left, right;
  int has_left = define(level - 1, 2 * index, there, i, &left);
  int has_right = define(level - 1, 2 * index + 1, there, i, &right);
  *sum = has_left && has_right ? left + right : has_left ? left : right;
  return has_left || has_right;
}

/* All nodes of a way to deal the slots. */
typedef struct dealt {
  ls_slot_node nodes[4 * MOST_SLOTS];
  float sums[4 * MOST_SLOTS][FLOATS];
  int count;
} dealt;

/* One rank's run, summed by its stack as a rank does. */
static void add_run(dealt *d, size_t first, size_t count) {
  float buffers[LS_MOST_SLOT_NODES][FLOATS];
  unsigned char in_use[LS_MOST_SLOT_NODES] = {0};
  int into[64], from[64], buffer_count = ls_slot_buffers(first, count ? count : 1);
  ls_slot_stack stack = {.count = 0};
  for (size_t s = first; s < first + count; s++) {
    int b = 0;
    while (in_use[b]) b++;
    assert_true(b < buffer_count);
    in_use[b] = 1;
    for (size_t i = 0; i < FLOATS; i++) buffers[b][i] = value(s, i);
    int additions = ls_slot_stack_push(&stack, s, b, into, from);
    for (int a = 0; a < additions; a++) {
      for (size_t i = 0; i < FLOATS; i++) buffers[into[a]][i] += buffers[from[a]][i];
      in_use[from[a]] = 0;
    }
  }
  ls_slot_node nodes[LS_MOST_SLOT_NODES];
  int made = ls_slot_nodes(first, count, nodes);
  assert_int_equal(made, stack.count);
  for (int n = 0; n < made; n++) {
    assert_int_equal(nodes[n].level, stack.node[n].level);
    assert_int_equal(nodes[n].index, stack.node[n].index);
    d->nodes[d->count] = nodes[n];
    memcpy(d->sums[d->count++], buffers[stack.buffer[n]], sizeof buffers[0]);
  }
}

static void check_sum(const dealt *d, const unsigned char *there) {
  const float *parts[4 * MOST_SLOTS];
  float sum[FLOATS], expected;
  for (int n = 0; n < d->count; n++) parts[n] = d->sums[n];
  ls_slot_sum(d->nodes, parts, d->count, sum, FLOATS);
  for (size_t i = 0; i < FLOATS; i++) {
    if (!define(7, 0, there, i, &expected)) expected = 0;
    assert_memory_equal(&sum[i], &expected, sizeof expected);
  }
}

/* slots over ranks as equally as can be, the last `absent` slots of each run without an image if
 * ragged, of the whole batch if not. */
static void check_split(size_t slots, size_t ranks, size_t absent, int ragged) {
  unsigned char there[MOST_SLOTS] = {0};
  static dealt d;
  d.count = 0;
  for (size_t r = 0, first = 0; r < ranks; r++) {
    size_t run = slots / ranks + (r < slots % ranks), present = run;
    if (ragged)
      present = run > absent ? run - absent : 0;
    else if (first + run > slots - absent)
      present = slots - absent > first ? slots - absent - first : 0;
    memset(there + first, 1, present);
    add_run(&d, first, present);
    first += run;
  }
  check_sum(&d, there);
}

static void test_any_number_of_ranks(void **state) {
  (void)state;
  for (size_t slots = 1; slots <= MOST_SLOTS; slots++)
    for (size_t ranks = 1; ranks <= slots && ranks <= 20; ranks++) {
      check_split(slots, ranks, 0, 0);
      check_split(slots, ranks, slots / 3, 0);
      check_split(slots, ranks, slots - 1, 0);
      check_split(slots, ranks, 1, 1);
    }
}

static void test_no_slot_at_all(void **state) {
  (void)state;
  float sum[3] = {1, 2, 3};
  ls_slot_sum(NULL, NULL, 0, sum, 3);
  for (int i = 0; i < 3; i++) assert_true(sum[i] == 0);
}

/* Longer than one tile: every position is summed, none twice. */
static void test_long_arrays(void **state) {
  (void)state;
  enum { LONG = 5000 };
  static float parts[3][LONG], sum[LONG];
  const float *pointers[3] = {parts[0], parts[1], parts[2]};
  const ls_slot_node nodes[3] = {{1, 0}, {0, 2}, {0, 4}};
  for (int p = 0; p < 3; p++)
    for (int i = 0; i < LONG; i++) parts[p][i] = value((size_t)p, (size_t)i);
  ls_slot_sum(nodes, pointers, 3, sum, LONG);
  for (int i = 0; i < LONG; i++) {
    float expected = (parts[0][i] + parts[1][i]) + parts[2][i];
    assert_memory_equal(&sum[i], &expected, sizeof expected);
  }
}

/* One more than the levels of the largest node: what makes long batches affordable. */
static void test_few_buffers(void **state) {
  (void)state;
  assert_int_equal(ls_slot_buffers(0, 1), 1);
  assert_int_equal(ls_slot_buffers(0, 2), 2);
  assert_int_equal(ls_slot_buffers(0, 1024), 11);
  assert_true(ls_slot_buffers(3, 1000) <= 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_any_number_of_ranks),
      cmocka_unit_test(test_no_slot_at_all),
      cmocka_unit_test(test_long_arrays),
      cmocka_unit_test(test_few_buffers),
  };
  return cmocka_run_group_tests_name("sum over slots", tests, NULL, NULL);
}
