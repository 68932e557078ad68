/* Error messages, their contexts and the exit codes. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "base/status.h"

#include <string.h>

static void test_fail_records(void **state) {
  (void)state;
  ls_error error = {0};
  assert_int_equal(ls_fail(&error, LS_FORMAT, "%s:%d: bad", "file", 7), LS_FORMAT);
  assert_int_equal(error.status, LS_FORMAT);
  assert_string_equal(error.message, "file:7: bad");
  assert_int_equal(ls_fail(&error, LS_IO, "later"), LS_IO);
  assert_int_equal(error.status, LS_IO);
  assert_string_equal(error.message, "later");
}

static void test_context_goes_before(void **state) {
  (void)state;
  ls_error error = {0};
  ls_fail(&error, LS_VALUE, "pixel 3 is nan");
  assert_int_equal(ls_fail_within(&error, LS_INTERNAL, "event %d", 12), LS_VALUE);
  assert_int_equal(ls_fail_within(&error, LS_INTERNAL, "rank %d", 1), LS_VALUE);
  assert_int_equal(error.status, LS_VALUE);
  assert_string_equal(error.message, "rank 1: event 12: pixel 3 is nan");
}

static void test_fallback_is_for_no_status(void **state) {
  (void)state;
  ls_error error = {0};
  assert_int_equal(ls_fail_within(&error, LS_COMM, "rank 2"), LS_COMM);
  assert_int_equal(error.status, LS_COMM);
}

static void test_no_error_wanted(void **state) {
  (void)state;
  assert_int_equal(ls_fail(NULL, LS_MEMORY, "%d", 1), LS_MEMORY);
  assert_int_equal(ls_fail_within(NULL, LS_USAGE, "%d", 1), LS_USAGE);
}

/* The struct is followed by bytes that must stay as they are. */
typedef struct guarded {
  ls_error error;
  char after[64];
} guarded;

static void assert_cut(const guarded *g, const char *start) {
  static const char expected[64] = "untouched";
  assert_memory_equal(g->after, expected, sizeof expected);
  size_t length = strnlen(g->error.message, LS_ERROR_LENGTH);
  assert_in_range(length, LS_ERROR_LENGTH - 3, LS_ERROR_LENGTH - 1);
  assert_string_equal(g->error.message + length - strlen("do that"), "do that");
  assert_memory_equal(g->error.message, start, strlen(start));
}

static void test_long_messages_are_cut(void **state) {
  (void)state;
  guarded g = {.after = "untouched"};
  char text[2 * LS_ERROR_LENGTH];
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = 0;
  ls_fail(&g.error, LS_IO, "start %s: do that", text);
  assert_cut(&g, "start xxx");
  ls_fail_within(&g.error, LS_IO, "context");
  assert_cut(&g, "context: start xxx");
  ls_fail_within(&g.error, LS_IO, "outer %s", text);
  assert_cut(&g, "outer xxx");
}

static void test_exit_codes(void **state) {
  (void)state;
  for (int s = LS_OK; s <= LS_INTERNAL; s++) {
    int expected = s == LS_OK            ? 0
                   : s == LS_USAGE       ? 2
                   : s == LS_UNAVAILABLE ? 77
                   : s == LS_STOPPED     ? 3
                                         : 1;
    assert_int_equal(ls_exit_code((ls_status)s), expected);
  }
  assert_int_equal(ls_exit_code((ls_status)99), 1);
}

static ls_status tries(ls_status status, int *passed) {
  LS_TRY(status);
  *passed = 1;
  return LS_OK;
}

static void test_try_returns(void **state) {
  (void)state;
  int passed = 0;
  assert_int_equal(tries(LS_MISMATCH, &passed), LS_MISMATCH);
  assert_int_equal(passed, 0);
  assert_int_equal(tries(LS_OK, &passed), LS_OK);
  assert_int_equal(passed, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fail_records),
      cmocka_unit_test(test_context_goes_before),
      cmocka_unit_test(test_fallback_is_for_no_status),
      cmocka_unit_test(test_no_error_wanted),
      cmocka_unit_test(test_long_messages_are_cut),
      cmocka_unit_test(test_exit_codes),
      cmocka_unit_test(test_try_returns),
  };
  return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
