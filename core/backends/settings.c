#include "backends/settings.h"

#include "base/text.h"

#include <string.h>

ls_status ls_backend_refuse_settings(const char *backend, const ls_backend_options *options,
                                     ls_error *error) {
  const struct {
    const char *name, *value;
  } settings[] = {
      {"--isa", options->isa}, {"--winograd", options->winograd}, {"--skip", options->skip}};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    if (settings[i].value)
      return ls_fail(error, LS_USAGE,
                     "%s %s: backend %s has no such setting; leave it out or choose --backend "
                     "openmp",
                     settings[i].name, settings[i].value, backend);
  return LS_OK;
}

ls_status ls_backend_choose(const char *backend, const char *setting, const char *value,
                            const char *const *choices, int *chosen, ls_error *error) {
  *chosen = 0;
  if (!value) return LS_OK;
  char names[256] = "";
  for (int i = 0; choices[i]; i++) {
    if (!strcmp(value, choices[i])) {
      *chosen = i;
      return LS_OK;
    }
    ls_text_add_name(names, sizeof names, choices[i]);
  }
  return ls_fail(error, LS_USAGE, "%s %s: backend %s has only %s", setting, value, backend, names);
}
