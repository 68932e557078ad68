#include "bench/backend_choice.h"

#include "backends/registry.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A setting of ls_backend_options that only some backends have. */
typedef struct setting {
  const char *name;
  size_t option;   /* offset in ls_backend_options */
  size_t fallback; /* offset in ls_settings */
  const char *values[4];
} setting;

static const setting settings_known[] = {
    {"isa",
     offsetof(ls_backend_options, isa),
     offsetof(ls_settings, isa),
     {"baseline", "avx2", "avx512"}},
    {"winograd",
     offsetof(ls_backend_options, winograd),
     offsetof(ls_settings, winograd),
     {"off", "1d"}},
    {"skip",
     offsetof(ls_backend_options, skip),
     offsetof(ls_settings, skip),
     {"shortcut", "exact", "off"}},
};
enum { SETTINGS = sizeof settings_known / sizeof *settings_known };

static const char **value_of(const setting *s, ls_backend_options *options) {
  return (const char **)(void *)((char *)options + s->option);
}

static int is_word(const char *word, const char *text, size_t length) {
  return strlen(word) == length && !strncmp(word, text, length);
}

static void append(char *text, size_t size, const char *before, const char *word) {
  size_t used = strlen(text);
  snprintf(text + used, size - used, "%s%s", before, word);
}

/* "winograd=1d" of length characters. */
static ls_status set_setting(const char *part, size_t length, ls_backend_choice *choice,
                             ls_error *error) {
  size_t name_length = strcspn(part, "=");
  for (int i = 0; i < SETTINGS; i++) {
    const setting *s = &settings_known[i];
    if (!is_word(s->name, part, name_length)) continue;
    for (int v = 0; v < 4 && s->values[v]; v++)
      if (is_word(s->values[v], part + name_length + 1, length - name_length - 1)) {
        *value_of(s, &choice->options) = s->values[v];
        return LS_OK;
      }
    char all[64] = "";
    for (int v = 0; v < 4 && s->values[v]; v++) ls_text_add_name(all, sizeof all, s->values[v]);
    return ls_fail(error, LS_USAGE, "--backend: %.*s: choose one of %s", (int)length, part, all);
  }
  return ls_fail(error, LS_USAGE, "--backend: %.*s: settings are isa, winograd and skip",
                 (int)length, part);
}

static ls_status set_variant(const char *text, size_t length, const char *option,
                             ls_backend_choice *choice, ls_error *error) {
  const char *const *variants = choice->backend->variants;
  char all[256] = "";
  for (int i = 0; variants[i]; i++) {
    if (is_word(variants[i], text, length)) {
      choice->options.variant = variants[i];
      return LS_OK;
    }
    ls_text_add_name(all, sizeof all, variants[i]);
  }
  return ls_fail(error, LS_USAGE, "%s %.*s: backend %s has only %s", option, (int)length, text,
                 choice->backend->name, all);
}

static void give_name(ls_backend_choice *choice) {
  snprintf(choice->name, sizeof choice->name, "%s:%s", choice->backend->name,
           choice->options.variant);
  for (int i = 0; i < SETTINGS; i++) {
    const char *value = *value_of(&settings_known[i], &choice->options);
    if (!value) continue;
    append(choice->name, sizeof choice->name, ":", settings_known[i].name);
    append(choice->name, sizeof choice->name, "=", value);
  }
}

static ls_status find_backend(const char *text, size_t length, ls_backend_choice *choice,
                              ls_error *error) {
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)length, text);
  return ls_backend_find(name, &choice->backend, error);
}

ls_status ls_backend_from_text(const ls_settings *settings, const char *text,
                               ls_backend_choice *choice, ls_error *error) {
  *choice = (ls_backend_choice){0};
  size_t length = text ? strcspn(text, ":") : 0;
  if (text)
    LS_TRY(find_backend(text, length, choice, error));
  else
    LS_TRY(ls_backend_find(NULL, &choice->backend, error));
  choice->options.variant = choice->backend->variants[0];
  if (settings->variant)
    LS_TRY(set_variant(settings->variant, strlen(settings->variant), "--variant", choice, error));
  for (int i = 0; i < SETTINGS; i++)
    *value_of(&settings_known[i], &choice->options) =
        *(char *const *)(const void *)((const char *)settings + settings_known[i].fallback);
  for (const char *part = text ? text + length : ""; *part; part += length) {
    length = strcspn(++part, ":");
    if (memchr(part, '=', length))
      LS_TRY(set_setting(part, length, choice, error));
    else
      LS_TRY(set_variant(part, length, "--backend: variant", choice, error));
  }
  give_name(choice);
  return LS_OK;
}

static ls_status add_choice(const ls_settings *settings, const char *text,
                            ls_backend_choice *choices, int *count, ls_error *error) {
  if (*count == LS_MOST_CHOICES)
    return ls_fail(error, LS_USAGE, "--backend: at most %d of them", LS_MOST_CHOICES);
  LS_TRY(ls_backend_from_text(settings, text, &choices[*count], error));
  for (int i = 0; i < *count; i++)
    if (!strcmp(choices[i].name, choices[*count].name))
      return ls_fail(error, LS_USAGE, "--backend: %s is named twice", choices[i].name);
  ++*count;
  return LS_OK;
}

static ls_status add_all(const ls_settings *settings, int variants, ls_backend_choice *choices,
                         int *count, ls_error *error) {
  if (variants && settings->variant)
    return ls_fail(error, LS_USAGE, "--backend variants: leave --variant out");
  for (int i = 0; ls_backend_at(i); i++) {
    const ls_backend *backend = ls_backend_at(i);
    char text[128];
    if (backend->emulated) continue;
    if (backend->available && !backend->available(text, sizeof text)) continue;
    for (int v = 0; backend->variants[v] && (variants || v == 0); v++) {
      snprintf(text, sizeof text, variants ? "%s:%s" : "%s", backend->name, backend->variants[v]);
      LS_TRY(add_choice(settings, text, choices, count, error));
    }
  }
  return LS_OK;
}

ls_status ls_backends_from_text(const ls_settings *settings, const char *text,
                                ls_backend_choice *choices, int *count, ls_error *error) {
  *count = 0;
  if (!text) return add_choice(settings, NULL, choices, count, error);
  if (!strcmp(text, "all") || !strcmp(text, "variants"))
    return add_all(settings, text[0] == 'v', choices, count, error);
  for (size_t length; *text; text += length + (text[length] == ',')) {
    char one[128];
    length = strcspn(text, ",");
    if (length >= sizeof one || !length || !strcmp(text + length, ","))
      return ls_fail(error, LS_USAGE, "--backend %s: backends with commas between", text);
    snprintf(one, sizeof one, "%.*s", (int)length, text);
    LS_TRY(add_choice(settings, one, choices, count, error));
  }
  return LS_OK;
}
