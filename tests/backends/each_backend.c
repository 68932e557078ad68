#include "backends/each_backend.h"

#include "backends/registry.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TESTS = 64 };

typedef struct subject {
  const ls_backend *backend;
  const char *variant;
  const ls_backend_check *check;
  char name[128];
} subject;

static void run(void **state) {
  const subject *s = *state;
  char reason[256] = "";
  if (s->backend->available && !s->backend->available(reason, sizeof reason)) {
    printf("# %s: skipped: %s\n", s->name, reason);
    skip();
  }
  ls_error error = {0};
  if (s->check->check(s->backend, s->variant, &error) != LS_OK)
    fail_msg("%s: %s", s->name, error.message);
}

/* LARSCALE_TEST_BACKENDS=NAME,NAME..: these alone. */
static int is_wanted(const char *name) {
  const char *wanted = getenv("LARSCALE_TEST_BACKENDS");
  size_t length = strlen(name);
  if (!wanted) return 1;
  for (const char *at = wanted; (at = strstr(at, name)); at += length)
    if ((at == wanted || at[-1] == ',') && (!at[length] || at[length] == ',')) return 1;
  return 0;
}

int ls_run_for_each_backend(const ls_backend_check *checks, int count) {
  static subject subjects[MOST_TESTS];
  struct CMUnitTest tests[MOST_TESTS];
  size_t n = 0;
  for (int i = 0; ls_backend_at(i); i++)
    for (const char *const *variant = ls_backend_at(i)->variants; *variant; variant++)
      for (int c = 0; c < count && is_wanted(ls_backend_at(i)->name); c++, n++) {
        if (n == MOST_TESTS) {
          fprintf(stderr, "more than %d tests: enlarge MOST_TESTS\n", MOST_TESTS);
          return 1;
        }
        subjects[n] = (subject){ls_backend_at(i), *variant, &checks[c], ""};
        snprintf(subjects[n].name, sizeof subjects[n].name, "%s %s: %s", ls_backend_at(i)->name,
                 *variant, checks[c].name);
        tests[n] = (struct CMUnitTest){subjects[n].name, run, NULL, NULL, &subjects[n]};
      }
  return _cmocka_run_group_tests("every backend against float64", tests, n, NULL, NULL);
}
