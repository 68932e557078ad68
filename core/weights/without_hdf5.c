/* Stands in for all of this folder in a build without HDF5. */
#include "weights/keras_weights.h"

static ls_status unavailable(const char *path, ls_error *error) {
  return ls_fail(error, LS_UNAVAILABLE,
                 "%s: this build has no HDF5: install its development files (ci/setup build) and "
                 "build again",
                 path);
}

ls_status ls_keras_weights_read(const char *path, const ls_network_spec *spec, float *parameters,
                                ls_error *error) {
  (void)spec, (void)parameters;
  return unavailable(path, error);
}

ls_status ls_keras_weights_write(const char *path, const ls_network_spec *spec,
                                 const float *parameters, ls_error *error) {
  (void)spec, (void)parameters;
  return unavailable(path, error);
}

ls_status ls_keras_weights_available(const char *path, ls_error *error) {
  return unavailable(path, error);
}

ls_status ls_step_dump_write(const char *path, const ls_network_spec *spec,
                             const ls_step_dump *dump, ls_error *error) {
  (void)spec, (void)dump;
  return unavailable(path, error);
}
