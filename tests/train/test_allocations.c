/* A step allocates nothing, nor does prefetching its events: the calls of malloc and its kin from
 * the suite's own code are counted (the linker sends them here). */
#include "support/test.h"

#include "backends/registry.h"
#include "base/memory.h"
#include "train/prefetch.h"
#include "train/tiny.h"

#include <stdatomic.h>

static _Atomic size_t calls;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes) {
  calls++;
  return __real_malloc(bytes);
}
void *__wrap_calloc(size_t count, size_t bytes) {
  calls++;
  return __real_calloc(count, bytes);
}
void *__wrap_realloc(void *block, size_t bytes) {
  calls++;
  return __real_realloc(block, bytes);
}
void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
  calls++;
  return __real_aligned_alloc(alignment, bytes);
}

static void test_calls_are_counted(void **state) {
  (void)state;
  void *block;
  calls = 0;
  assert_int_equal(ls_allocate(&block, 10, "block", NULL), LS_OK);
  assert_int_equal(calls, 1);
  ls_free(block);
}

/* The first epoch lets the image's buffers grow to the largest event; after that every epoch, order
 * and update included, makes do with what is there. */
static void test_a_step_allocates_nothing(void **state) {
  enum { EVENTS = 14, BATCH = 4, EPOCHS = 3 };
  const ls_optimizer_kind kind = *(const ls_optimizer_kind *)*state;
  ls_error error = {0};
  int argc = 0;
  char **argv = NULL;
  ls_comm *comm;
  ls_store *store;
  ls_trainer *trainer;
  const ls_backend *backend;
  ls_network_spec spec = tiny_network();
  assert_int_equal(ls_backend_find("reference", &backend, &error), LS_OK);
  assert_int_equal(ls_comm_start(&argc, &argv, &comm, &error), LS_OK);
  assert_int_equal(tiny_store(&spec, EVENTS, NULL, NULL, &store, &error), LS_OK);
  ls_trainer_options options = tiny_options(backend, spec, BATCH, EVENTS);
  options.optimizer = kind;
  assert_int_equal(ls_trainer_new(&options, store, comm, &trainer, &error), LS_OK);
  ls_step_result result;
  for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
    calls = 0;
    for (size_t step = 0; step < ls_trainer_steps_per_epoch(trainer); step++)
      assert_int_equal(ls_trainer_step(trainer, epoch, step, &result, &error), LS_OK);
    if (epoch > 0) assert_int_equal(calls, 0);
  }
  ls_trainer_free(trainer);
  ls_store_free(store);
  ls_comm_finish(comm, 0, 0);
}

/* The first pass shows each event to each image of the ring (their numbers have no common factor),
 * so that all buffers grow to the largest. */
static void test_prefetch_allocates_nothing(void **state) {
  (void)state;
  enum { EVENTS = 14, DEPTH = 3, PASSES = 4 };
  ls_error error = {0};
  ls_store *store;
  ls_prefetch *prefetch;
  ls_network_spec spec = tiny_study();
  uint32_t order[EVENTS * DEPTH];
  for (uint32_t i = 0; i < EVENTS * DEPTH; i++) order[i] = i % EVENTS;
  assert_int_equal(tiny_store(&spec, EVENTS, NULL, NULL, &store, &error), LS_OK);
  for (int threads = 0; threads <= 2; threads++) {
    assert_int_equal(ls_prefetch_new(store, threads, DEPTH, &prefetch, &error), LS_OK);
    for (int pass = 0; pass < PASSES; pass++) {
      calls = 0;
      assert_int_equal(ls_prefetch_start(prefetch, order, EVENTS * DEPTH, &error), LS_OK);
      for (uint32_t i = 0; i < EVENTS * DEPTH; i++) {
        const ls_image *image;
        assert_int_equal(ls_prefetch_next(prefetch, &image, &error), LS_OK);
      }
      assert_int_equal(calls > 0, pass == 0);
    }
    ls_prefetch_free(prefetch);
  }
  ls_store_free(store);
}

int main(void) {
  static ls_optimizer_kind sgd = LS_SGD, adam = LS_ADAM;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_calls_are_counted),
      cmocka_unit_test_prestate(test_a_step_allocates_nothing, &sgd),
      cmocka_unit_test_prestate(test_a_step_allocates_nothing, &adam),
      cmocka_unit_test(test_prefetch_allocates_nothing),
  };
  return cmocka_run_group_tests_name("allocations", tests, NULL, NULL);
}
