/* How two ranks' facts are compared. Over real ranks: tests/cli/test_launch.py. */
#include "support/test.h"

#include "bench/same_ranks.h"

#include <cjson/cJSON.h>

#include <string.h>

/* What is said if own and root, objects in JSON, are the facts of a rank and of rank 0. */
static void compare(const char *own, const char *root, const char *expected) {
  cJSON *a = cJSON_Parse(own), *b = cJSON_Parse(root);
  assert_non_null(a);
  assert_non_null(b);
  char text[480] = "";
  assert_int_equal(ls_same_difference(a, b, text, sizeof text), *expected != 0);
  assert_string_equal(text, expected);
  cJSON_Delete(a);
  cJSON_Delete(b);
}

static void test_difference(void **state) {
  (void)state;
  compare("{}", "{}", "");
  compare("{\"revision\":\"abc\",\"argument 1\":\"train\"}",
          "{\"revision\":\"abc\",\"argument 1\":\"train\"}", "");
  compare("{\"revision\":\"abc\",\"argument 1\":\"train\"}",
          "{\"revision\":\"def\",\"argument 1\":\"test\"}",
          "another revision: abc there, def on rank 0");
  compare("{\"revision\":\"abc\",\"argument 1\":\"train\"}", "{\"revision\":\"abc\"}",
          "another argument 1: train there, nothing on rank 0");
  compare("{\"revision\":\"abc\"}", "{\"revision\":\"abc\",\"argument 1\":\"train\"}",
          "another argument 1: nothing there, train on rank 0");
  compare("{\"Revision\":\"a\"}", "{\"revision\":\"a\"}", "another Revision: a there, a on rank 0");
  compare("{\"argument 1\":\"\"}", "{}", "another argument 1:  there, nothing on rank 0");
}

/* Long values are cut, and the other side is still told. */
static void test_long_values(void **state) {
  (void)state;
  char value[4096], text[480];
  for (size_t i = 0; i < sizeof value; i++) value[i] = 'x';
  value[sizeof value - 1] = 0;
  cJSON *own = cJSON_CreateObject(), *root = cJSON_CreateObject();
  cJSON_AddStringToObject(own, value, value);
  cJSON_AddStringToObject(root, value, "short");
  assert_true(ls_same_difference(own, root, text, sizeof text));
  assert_non_null(strstr(text, "there, short on rank 0"));
  cJSON_Delete(own);
  cJSON_Delete(root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_difference),
      cmocka_unit_test(test_long_values),
  };
  return cmocka_run_group_tests_name("same_ranks", tests, NULL, NULL);
}
