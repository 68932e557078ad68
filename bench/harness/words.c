#include "bench/harness/words.h"

#include <stdio.h>
#include <string.h>

int ls_word_next(const char **list, char *word, size_t size) {
  if (!*list) return 0;
  size_t length = strcspn(*list, ",");
  snprintf(word, size, "%.*s", (int)(length < size ? length : size - 1), *list);
  *list = (*list)[length] ? *list + length + 1 : NULL;
  return 1;
}

ls_status ls_word_check(const char *option, const char *word, const char *choices,
                        ls_error *error) {
  size_t length = strlen(word);
  for (const char *c = choices; length && *c; c += strcspn(c, "|"), c += *c == '|')
    if (strcspn(c, "|") == length && !strncmp(c, word, length)) return LS_OK;
  return ls_fail(error, LS_USAGE, "%s: '%s' is none of %s; write words with commas between", option,
                 word, choices);
}
