/* Lists on the command line: words with commas between. */
#ifndef LS_BENCH_HARNESS_WORDS_H
#define LS_BENCH_HARNESS_WORDS_H

#include "base/status.h"

#include <stddef.h>

/* The next word into word[size] (cut if it is longer, empty between two commas) and *list behind
 * it; 0 after the last one. */
int ls_word_next(const char **list, char *word, size_t size);

/* LS_USAGE unless word is one of choices ("warm|cold"). */
ls_status ls_word_check(const char *option, const char *word, const char *choices, ls_error *error);

#endif
