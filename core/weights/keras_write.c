#include "weights/hdf5_image.h"
#include "weights/keras_layout.h"
#include "weights/keras_weights.h"

#include <stdio.h>

typedef struct content {
  const ls_network_spec *spec;
  const float *parameters;
} content;

static int fill(hid_t file, const void *context) {
  const content *c = context;
  for (int l = 0; l < ls_network_layer_count(c->spec); l++) {
    ls_layer_parameters p = ls_network_layer(c->spec, l);
    hsize_t shape[4], bias_shape = p.bias_count;
    for (int i = 0; i < p.kernel_rank; i++) shape[i] = (hsize_t)p.kernel_shape[i];
    char name[32], path[64];
    ls_keras_class_name(c->spec, l, name);
    snprintf(path, sizeof path, "layers/%s/vars/0", name);
    if (ls_hdf5_write_floats(file, path, p.kernel_rank, shape, H5T_IEEE_F32LE,
                             c->parameters + p.kernel_offset))
      return -1;
    snprintf(path, sizeof path, "layers/%s/vars/1", name);
    if (ls_hdf5_write_floats(file, path, 1, &bias_shape, H5T_IEEE_F32LE,
                             c->parameters + p.bias_offset))
      return -1;
  }
  return 0;
}

ls_status ls_keras_weights_write(const char *path, const ls_network_spec *spec,
                                 const float *parameters, ls_error *error) {
  LS_TRY(ls_network_check(spec, error));
  return ls_hdf5_write_file(path, fill, &(content){spec, parameters}, error);
}

ls_status ls_keras_weights_available(const char *path, ls_error *error) {
  (void)path, (void)error;
  return LS_OK;
}
