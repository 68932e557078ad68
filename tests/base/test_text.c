/* Texts made fit to be shown. */
#include "support/test.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static void assert_utf8(const char *text, const char *expected) {
  char copy[64];
  snprintf(copy, sizeof copy, "%s", text);
  ls_text_make_utf8(copy);
  assert_string_equal(copy, expected);
}

static void test_utf8(void **state) {
  (void)state;
  assert_utf8("", "");
  assert_utf8("a\n\t\x7F", "a\n\t\x7F");
  assert_utf8("d\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80.", "d\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80.");
  assert_utf8("\xFF\xFE,", "??,");
  assert_utf8("\xC3", "?");                /* cut */
  assert_utf8("\xE2\x82", "??");           /* cut */
  assert_utf8("\xC0\x80", "??");           /* a long form of NUL */
  assert_utf8("\xE0\x80\x80", "???");      /* the same */
  assert_utf8("\xED\xA0\x80", "???");      /* a half pair */
  assert_utf8("\xF4\x90\x80\x80", "????"); /* beyond Unicode */
  assert_utf8("\xC3x", "?x");
}

static void test_printable(void **state) {
  (void)state;
  char text[] = "bad\nname\x1b[31m\x7F \xC2\x9B \xC3\xA9 \xFF";
  ls_text_make_printable(text);
  assert_string_equal(text, "bad?name?[31m? ?? \xC3\xA9 ?");
}

static void test_list(void **state) {
  (void)state;
  char list[16] = "";
  ls_text_add_name(list, sizeof list, "lz4");
  assert_string_equal(list, "lz4");
  ls_text_add_name(list, sizeof list, "zstd");
  ls_text_add_name(list, sizeof list, "blosclz"); /* too long */
  assert_string_equal(list, "lz4, zstd, blos");
  ls_text_add_name(list, sizeof list, "none");
  assert_string_equal(list, "lz4, zstd, blos");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_list),
      cmocka_unit_test(test_utf8),
      cmocka_unit_test(test_printable),
  };
  return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
