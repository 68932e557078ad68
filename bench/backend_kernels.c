#include "bench/backend_kernels.h"

#include <stdio.h>
#include <string.h>

static ls_status make(const ls_backend *backend, ls_device *device, const ls_network_spec *spec,
                      int layer, ls_operator **op, ls_error *error) {
  ls_operator_place place = {.first = layer == 0};
  if (layer < spec->block_count) {
    ls_conv_block_shape shape = ls_network_block(spec, layer);
    return backend->conv_block_new(device, &shape, &place, op, error);
  }
  ls_dense_shape shape = ls_network_dense(spec, layer - spec->block_count);
  return backend->dense_new(device, &shape, &place, op, error);
}

static ls_status describe(const ls_backend *backend, ls_device *device, const ls_network_spec *spec,
                          char *text, size_t length, ls_error *error) {
  for (int l = 0; l < ls_network_layer_count(spec); l++) {
    ls_operator *op;
    ls_layer_parameters layer = ls_network_layer(spec, l);
    ls_status status = make(backend, device, spec, l, &op, error);
    if (status != LS_OK) return ls_fail_within(error, status, "%s", layer.name);
    size_t used = strlen(text);
    snprintf(text + used, length - used, "%s%s: %s", l ? "; " : "", layer.name,
             op->functions->describe ? op->functions->describe(op) : backend->name);
    op->functions->destroy(op);
  }
  return LS_OK;
}

ls_status ls_backend_kernels(const ls_backend_choice *choice, const ls_network_spec *spec,
                             char *text, size_t length, ls_error *error) {
  ls_device *device;
  text[0] = 0;
  LS_TRY(ls_network_check(spec, error));
  LS_TRY(choice->backend->device_open(&choice->options, &device, error));
  ls_status status = describe(choice->backend, device, spec, text, length, error);
  choice->backend->device_close(device);
  return status;
}
