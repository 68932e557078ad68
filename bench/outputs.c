#define _POSIX_C_SOURCE 200809L
#include "bench/outputs.h"

#include "base/output_file.h"

#include <sys/stat.h>

ls_status ls_output_wanted(const ls_settings *settings, const char *option, const char *path,
                           ls_error *error) {
  if (!path) return LS_OK;
  ls_status status = ls_output_check(path, settings->overwrite, error);
  return status == LS_OK ? LS_OK : ls_fail_within(error, status, "%s", option);
}

static int same_file(const char *path, const struct stat *output) {
  struct stat input;
  return path && stat(path, &input) == 0 && input.st_dev == output->st_dev &&
         input.st_ino == output->st_ino;
}

ls_status ls_output_is_no_input(const ls_settings *settings, const ls_dataset *dataset,
                                const char *option, const char *path, ls_error *error) {
  struct stat output;
  if (!path || stat(path, &output)) return LS_OK;
  const char *found = NULL, *const others[] = {settings->labels, settings->validation_labels,
                                               settings->weights, settings->network};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (same_file(others[i], &output)) found = others[i];
  for (size_t i = 0; dataset && i < ls_dataset_file_count(dataset); i++)
    if (same_file(ls_dataset_file(dataset, i), &output)) found = ls_dataset_file(dataset, i);
  if (!found) return LS_OK;
  return ls_fail(error, LS_USAGE, "%s %s: would replace %s, which is read; name another file",
                 option, path, found);
}
