/* Which ranks take part in a point, on hosts that are only described; lists of nodes are tests of
 * the command line (tests/cli/test_bench_faults.py). */
#include "support/test.h"

#include "bench/harness/sweep.h"

#include <stdio.h>
#include <string.h>

enum { RANKS = 6 };

/* Ranks dealt out to 3 hosts in turn (mpirun --map-by node), one core and thread each. */
static void describe(ls_launch_rank *ranks) {
  memset(ranks, 0, RANKS * sizeof *ranks);
  for (int r = 0; r < RANKS; r++) {
    ranks[r].node = r % 3;
    ranks[r].node_rank = r / 3;
    ranks[r].threads = 1;
    snprintf(ranks[r].host, sizeof ranks[r].host, "host%d", r % 3);
    ls_set_add(&ranks[r].place.cores, r / 3);
    ls_set_add(&ranks[r].place.processors, r / 3);
    ranks[r].place.node_cores = ranks[r].place.node_processors = 2;
  }
}

static void test_hosts(void **state) {
  (void)state;
  ls_launch_rank ranks[RANKS];
  int node_of_rank[RANKS];
  describe(ranks);
  ls_sweep sweep = {.ranks = RANKS, .node_of_rank = node_of_rank};
  assert_int_equal(ls_sweep_number_nodes(ranks, RANKS, 0, node_of_rank), 3);
  for (int nodes = 0; nodes <= 3; nodes++) {
    assert_int_equal(ls_sweep_ranks(&sweep, nodes), 2 * nodes);
    for (int r = 0; r < RANKS; r++) assert_int_equal(ls_sweep_has(&sweep, nodes, r), r % 3 < nodes);
  }
}

static void test_virtual_nodes(void **state) {
  (void)state;
  ls_launch_rank ranks[RANKS];
  int node_of_rank[RANKS];
  describe(ranks);
  ls_sweep sweep = {.ranks = RANKS, .node_of_rank = node_of_rank};
  assert_int_equal(ls_sweep_number_nodes(ranks, RANKS, 1, node_of_rank), RANKS);
  for (int nodes = 0; nodes <= RANKS; nodes++) {
    assert_int_equal(ls_sweep_ranks(&sweep, nodes), nodes);
    for (int r = 0; r < RANKS; r++) assert_int_equal(ls_sweep_has(&sweep, nodes, r), r < nodes);
  }
}

/* Only a point's own ranks crowd it, and hosts that are alike are said once. */
static void test_place(void **state) {
  (void)state;
  ls_launch_rank ranks[RANKS];
  int node_of_rank[RANKS];
  describe(ranks);
  ranks[5].threads = 4; /* of the third host */
  ls_sweep sweep = {.ranks = RANKS, .node_of_rank = node_of_rank};
  ls_launch launch = {.ranks = ranks, .count = RANKS};
  ls_sweep_number_nodes(ranks, RANKS, 0, node_of_rank);
  ls_point_place place;
  ls_error error = {0};
  assert_int_equal(ls_sweep_place(&sweep, &launch, 2, &place, &error), LS_OK);
  assert_int_equal(place.crowded, 0);
  assert_string_equal(place.text, "2 ranks x 1 threads on cores 0-1 (2 of 2), bound to 1 each");
  assert_int_equal(ls_sweep_place(&sweep, &launch, 3, &place, &error), LS_OK);
  assert_int_equal(place.crowded, 1);
  assert_string_equal(place.text, "2 ranks x 1 threads on cores 0-1 (2 of 2), bound to 1 each; "
                                  "2 ranks x 1-4 threads on cores 0-1 (2 of 2), bound to 1 each");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hosts),
      cmocka_unit_test(test_virtual_nodes),
      cmocka_unit_test(test_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
