/* Threads for ranks, and cores that are shared, on machines that are only described. */
#include "support/test.h"

#include "bench/launch_rules.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 64 };

/* Ranks of a described launch; nodes of 2 packages x 8 cores x 2 processors each. */
typedef struct described {
  ls_launch_rank ranks[MOST];
  int count;
} described;

/* One more rank, allowed cores first .. last with both processors of each. node: its lowest rank.
 */
static void add(described *d, int node, int first, int last) {
  ls_launch_rank *r = &d->ranks[d->count];
  *r = (ls_launch_rank){.node = node, .node_rank = d->count - node};
  snprintf(r->host, sizeof r->host, "%s", node ? "other" : "one");
  for (int core = first; core <= last; core++) {
    ls_set_add(&r->place.cores, core);
    ls_set_add(&r->place.processors, 2 * core);
    ls_set_add(&r->place.processors, 2 * core + 1);
  }
  r->place.node_processors = 32;
  r->place.node_cores = 16;
  d->count++;
}

/* Chooses for all ranks of the node that begins at rank first. */
static void choose(described *d, int first, int count) {
  for (int r = 0; r < count; r++)
    d->ranks[first + r].threads = ls_launch_threads(d->ranks + first, count, r);
}

static int crowded(const described *d) {
  ls_launch_crowd crowd;
  return ls_launch_find_crowd(d->ranks, (size_t)d->count, &crowd);
}

static void test_unbound(void **state) {
  (void)state;
  static const int expected[][2] = {{1, 16}, {2, 8}, {3, 5}, {4, 4}, {5, 3}, {16, 1}, {17, 1}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    described d = {0};
    for (int r = 0; r < expected[i][0]; r++) add(&d, 0, 0, 15);
    choose(&d, 0, d.count);
    for (int r = 0; r < d.count; r++) assert_int_equal(d.ranks[r].threads, expected[i][1]);
    assert_int_equal(crowded(&d), expected[i][0] > 16);
  }
}

static void test_bound(void **state) {
  (void)state;
  described d = {0};
  add(&d, 0, 0, 7); /* a package each */
  add(&d, 0, 8, 15);
  choose(&d, 0, 2);
  assert_int_equal(d.ranks[0].threads, 8);
  assert_int_equal(d.ranks[1].threads, 8);
  assert_false(crowded(&d));
  char text[128];
  ls_launch_describe_node(d.ranks, 2, 0, text, sizeof text);
  assert_string_equal(text, "2 ranks x 8 threads on cores 0-15 (16 of 16), bound to 8 each");

  described few = {0}; /* Open MPI with 2 ranks */
  add(&few, 0, 0, 0);
  add(&few, 0, 1, 1);
  choose(&few, 0, 2);
  assert_int_equal(few.ranks[0].threads, 1);
  assert_false(crowded(&few));
  ls_launch_describe_node(few.ranks, 2, 0, text, sizeof text);
  assert_string_equal(text, "2 ranks x 1 threads on cores 0-1 (2 of 16), bound to 1 each");
}

/* Three ranks, two of them on the same package. */
static void test_partly_shared(void **state) {
  (void)state;
  described d = {0};
  add(&d, 0, 0, 7);
  add(&d, 0, 0, 7);
  add(&d, 0, 8, 13);
  choose(&d, 0, 3);
  assert_int_equal(d.ranks[0].threads, 4);
  assert_int_equal(d.ranks[1].threads, 4);
  assert_int_equal(d.ranks[2].threads, 6);
  assert_false(crowded(&d));
  char text[128];
  ls_launch_describe_node(d.ranks, 3, 0, text, sizeof text);
  assert_string_equal(text, "3 ranks x 4-6 threads on cores 0-13 (14 of 16), bound to 6-8 each");
}

/* Cores 0-3 for one, 2-5 for the other: two for each alone, and half of two. */
static void test_overlap(void **state) {
  (void)state;
  described d = {0};
  add(&d, 0, 0, 3);
  add(&d, 0, 2, 5);
  choose(&d, 0, 2);
  assert_int_equal(d.ranks[0].threads, 3);
  assert_int_equal(d.ranks[1].threads, 3);
  assert_false(crowded(&d));
  d.ranks[0].threads = d.ranks[1].threads = 4;
  assert_int_equal(crowded(&d), 1);
}

/* Bound to the two processors of one core: one core between them. */
static void test_siblings(void **state) {
  (void)state;
  described d = {0};
  for (int r = 0; r < 2; r++) {
    add(&d, 0, 3, 3);
    d.ranks[r].place.processors = (ls_processor_set){0};
    ls_set_add(&d.ranks[r].place.processors, 6 + r);
  }
  choose(&d, 0, 2);
  assert_int_equal(d.ranks[0].threads, 1);
  ls_launch_crowd crowd;
  assert_int_equal(ls_launch_find_crowd(d.ranks, 2, &crowd), 1);
  assert_int_equal(crowd.threads, 2);
  assert_int_equal(crowd.cores, 1);
}

/* A job that may use 4 of the node's cores: not bound any further, so unbound. */
static void test_restricted(void **state) {
  (void)state;
  described d = {0};
  for (int r = 0; r < 2; r++) {
    add(&d, 0, 4, 7);
    d.ranks[r].place.node_processors = 8;
    d.ranks[r].place.node_cores = 4;
  }
  choose(&d, 0, 2);
  assert_int_equal(d.ranks[0].threads, 2);
  char text[128];
  ls_launch_describe_node(d.ranks, 2, 0, text, sizeof text);
  assert_string_equal(text, "2 ranks x 2 threads on cores 4-7 (4 of 4), unbound");
}

static void test_uneven_nodes(void **state) {
  (void)state;
  described d = {0};
  for (int r = 0; r < 3; r++) add(&d, 0, 0, 15);
  add(&d, 3, 0, 15);
  choose(&d, 0, 3);
  choose(&d, 3, 1);
  assert_int_equal(ls_launch_nodes(d.ranks, 4), 2);
  assert_int_equal(d.ranks[2].threads, 5);
  assert_int_equal(d.ranks[3].threads, 16);
  assert_false(crowded(&d));
  char text[128];
  ls_launch_describe_node(d.ranks, 4, 0, text, sizeof text);
  assert_string_equal(text, "3 ranks x 5 threads on cores 0-15 (16 of 16), unbound");
  ls_launch_describe_node(d.ranks, 4, 3, text, sizeof text);
  assert_string_equal(text, "1 ranks x 16 threads on cores 0-15 (16 of 16), unbound");
  d.ranks[3].threads = 17;
  ls_launch_crowd crowd;
  assert_int_equal(ls_launch_find_crowd(d.ranks, 4, &crowd), 1);
  assert_string_equal(crowd.host, "other");
  assert_int_equal(crowd.ranks, 1);
}

/* More threads asked for than a rank is bound to, though the node has cores enough. */
static void test_bound_too_narrow(void **state) {
  (void)state;
  described d = {0};
  add(&d, 0, 0, 0);
  add(&d, 0, 1, 1);
  d.ranks[0].threads = d.ranks[1].threads = 4;
  ls_launch_crowd crowd;
  assert_int_equal(ls_launch_find_crowd(d.ranks, 2, &crowd), 1);
  assert_int_equal(crowd.threads, 8);
  assert_int_equal(crowd.ranks, 2);
  assert_int_equal(crowd.cores, 2);
  assert_int_equal(crowd.most_threads, 4);
  assert_true(crowd.node_threads <= crowd.node_cores);
  /* One rank alone is too narrow; the union would have cores enough. */
  described wide = {0};
  add(&wide, 0, 0, 0);
  add(&wide, 0, 1, 15);
  wide.ranks[0].threads = wide.ranks[1].threads = 2;
  assert_int_equal(ls_launch_find_crowd(wide.ranks, 2, &crowd), 1);
  assert_int_equal(crowd.ranks, 1);
  assert_int_equal(crowd.cores, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unbound),       cmocka_unit_test(test_bound),
      cmocka_unit_test(test_partly_shared), cmocka_unit_test(test_overlap),
      cmocka_unit_test(test_siblings),      cmocka_unit_test(test_restricted),
      cmocka_unit_test(test_uneven_nodes),  cmocka_unit_test(test_bound_too_narrow),
  };
  return cmocka_run_group_tests_name("launch_rules", tests, NULL, NULL);
}
