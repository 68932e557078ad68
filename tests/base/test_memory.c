/* Allocation: aligned, zeroed, with slack, refused when absurd; and the sizes the system reports.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include "base/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* The address sanitizer ends the program at an absurd size unless told to answer NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "allocator_may_return_null=1";
}

static const size_t sizes[] = {
    0, 1, 63, 64, 65, 1000, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, (6 << 20) + 13};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void test_aligned_zeroed_with_slack(void **state) {
  (void)state;
  for (int round = 0; round < 3; round++) /* later rounds may get blocks used before */
    for (int s = 0; s < SIZES; s++) {
      void *block = NULL;
      assert_int_equal(ls_allocate(&block, sizes[s], "block", NULL), LS_OK);
      assert_non_null(block);
      assert_int_equal((uintptr_t)block % LS_ALIGNMENT, 0);
      assert_true(malloc_usable_size(block) >= sizes[s] + LS_ALIGNMENT);
      const unsigned char *bytes = block;
      unsigned set = 0;
      for (size_t i = 0; i < sizes[s] + LS_ALIGNMENT; i++) set |= bytes[i];
      assert_int_equal(set, 0);
      memset(block, 0xff, sizes[s] + LS_ALIGNMENT);
      ls_free(block);
    }
  ls_free(NULL);
}

static void test_absurd_sizes_are_refused(void **state) {
  (void)state;
  static const size_t absurd[] = {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX / 2 + 1, SIZE_MAX / 2,
                                  SIZE_MAX / 4};
  for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
    ls_error error = {0};
    int something;
    void *block = &something;
    assert_int_equal(ls_allocate(&block, absurd[i], "the activations", &error), LS_MEMORY);
    assert_null(block);
    assert_non_null(strstr(error.message, "the activations"));
  }
}

static void test_more_than_there_is(void **state) {
  (void)state;
  ls_error error = {0};
  void *block;
  size_t bytes = ls_memory_available() + ((size_t)1 << 30);
  assert_int_equal(ls_allocate(&block, bytes, "the activations", &error), LS_MEMORY);
  assert_non_null(strstr(error.message, "are left"));
}

static void write_text(const char *folder, const char *name, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static size_t limit_of(const char *folder, const char *list) {
  char path[256];
  write_text(folder, "list", list);
  snprintf(path, sizeof path, "%s/list", folder);
  return ls_memory_group_limit(path, folder);
}

static void test_limits_of_control_groups(void **state) {
  (void)state;
  char folder[] = "/tmp/larscale-memory-XXXXXX", command[128];
  assert_non_null(mkdtemp(folder));
  snprintf(command, sizeof command, "mkdir -p %s/a/b %s/memory/job/step", folder, folder);
  assert_int_equal(system(command), 0);
  write_text(folder, "a/b/memory.max", "max\n");
  write_text(folder, "a/memory.max", "1000\n");
  write_text(folder, "memory/job/step/memory.limit_in_bytes", "3000\n");
  write_text(folder, "memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  assert_int_equal(limit_of(folder, "0::/a/b\n"), 1000);
  assert_int_equal(limit_of(folder, "0::/\n"), SIZE_MAX);
  assert_int_equal(limit_of(folder, "9:cpu:/job\n4:memory:/job/step\n0::/\n"), 3000);
  assert_int_equal(limit_of(folder, "4:memory:/job\n0::/\n"), SIZE_MAX);
  write_text(folder, "memory/memory.limit_in_bytes", "2000\n");
  assert_int_equal(limit_of(folder, "4:memory:/job/step\n0::/\n"), 2000);
  assert_int_equal(limit_of(folder, "4:memory:/elsewhere\n"), 2000);
  assert_int_equal(ls_memory_group_limit("/tmp/larscale-none", folder), SIZE_MAX);
  snprintf(command, sizeof command, "rm -r %s", folder);
  assert_int_equal(system(command), 0);
}

static void test_what_the_system_reports(void **state) {
  (void)state;
  enum { BYTES = 64 << 20 };
  size_t before = ls_memory_resident();
  void *block;
  assert_int_equal(ls_allocate(&block, BYTES, "block", NULL), LS_OK);
  size_t during = ls_memory_resident();
  ls_free(block);
  assert_true(before > 0 && during >= before + BYTES * 3 / 4 && during < before + 2 * BYTES);
  assert_true(ls_memory_peak() >= during - during / 16); /* Linux counts pages in batches */
  assert_true(ls_memory_available() > BYTES);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_aligned_zeroed_with_slack),
      cmocka_unit_test(test_absurd_sizes_are_refused),
      cmocka_unit_test(test_more_than_there_is),
      cmocka_unit_test(test_limits_of_control_groups),
      cmocka_unit_test(test_what_the_system_reports),
  };
  return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
