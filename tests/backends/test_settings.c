/* Settings that only some backends have are refused by the others, and by all if their value is
 * none that there is. */
#include "backends/registry.h"
#include "support/test.h"

#include <string.h>

static const char *const names[] = {"--isa", "--winograd", "--skip"};

static ls_backend_options with(int setting, const char *value) {
  ls_backend_options options = {.threads = 1};
  if (setting == 0) options.isa = value;
  if (setting == 1) options.winograd = value;
  if (setting == 2) options.skip = value;
  return options;
}

static ls_status open_and_close(const ls_backend *backend, const ls_backend_options *options,
                                ls_error *error) {
  ls_device *device;
  ls_status status = backend->device_open(options, &device, error);
  backend->device_close(device);
  return status;
}

static void backends_without_settings_refuse_them(void **state) {
  (void)state;
  for (int b = 0; ls_backend_at(b); b++) {
    const ls_backend *backend = ls_backend_at(b);
    if (!strcmp(backend->name, "openmp")) continue;
    for (int s = 0; s < 3; s++) {
      if (s == 2 && backend->device_count) continue; /* --skip is for those of a device as well */
      ls_error error = {0};
      ls_backend_options options = with(s, "off");
      assert_int_equal(open_and_close(backend, &options, &error), LS_USAGE);
      assert_non_null(strstr(error.message, names[s]));
      assert_non_null(strstr(error.message, backend->name));
    }
  }
}

static void nobody_takes_values_that_there_are_not(void **state) {
  (void)state;
  for (int b = 0; ls_backend_at(b); b++)
    for (int s = 0; s < 3; s++) {
      ls_error error = {0};
      ls_backend_options options = with(s, "nonsense");
      assert_int_equal(open_and_close(ls_backend_at(b), &options, &error), LS_USAGE);
      assert_non_null(strstr(error.message, "nonsense"));
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(backends_without_settings_refuse_them),
      cmocka_unit_test(nobody_takes_values_that_there_are_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
