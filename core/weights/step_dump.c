#include "weights/hdf5_image.h"
#include "weights/keras_weights.h"

#include <stdio.h>

typedef struct content {
  const ls_network_spec *spec;
  const ls_step_dump *dump;
} content;

static int write_gradients(hid_t file, const content *c) {
  for (int l = 0; l < ls_network_layer_count(c->spec); l++) {
    ls_layer_parameters p = ls_network_layer(c->spec, l);
    hsize_t shape[4], bias_shape = p.bias_count;
    for (int i = 0; i < p.kernel_rank; i++) shape[i] = (hsize_t)p.kernel_shape[i];
    char path[64];
    snprintf(path, sizeof path, "gradients/%s.kernel", p.name);
    if (ls_hdf5_write_floats(file, path, p.kernel_rank, shape, H5T_IEEE_F32LE,
                             c->dump->gradients + p.kernel_offset))
      return -1;
    snprintf(path, sizeof path, "gradients/%s.bias", p.name);
    if (ls_hdf5_write_floats(file, path, 1, &bias_shape, H5T_IEEE_F32LE,
                             c->dump->gradients + p.bias_offset))
      return -1;
  }
  return 0;
}

static int fill(hid_t file, const void *context) {
  const content *c = context;
  hsize_t shape[2] = {(hsize_t)c->dump->batch, (hsize_t)c->dump->classes};
  if (ls_hdf5_write_floats(file, "loss", 0, NULL, H5T_IEEE_F64LE, &c->dump->loss) ||
      ls_hdf5_write_floats(file, "logits", 2, shape, H5T_IEEE_F32LE, c->dump->logits) ||
      ls_hdf5_write_floats(file, "probabilities", 2, shape, H5T_IEEE_F32LE, c->dump->probabilities))
    return -1;
  return write_gradients(file, c);
}

ls_status ls_step_dump_write(const char *path, const ls_network_spec *spec,
                             const ls_step_dump *dump, ls_error *error) {
  LS_TRY(ls_network_check(spec, error));
  if (dump->batch < 1 || dump->classes != ls_network_classes(spec))
    return ls_fail(error, LS_MISMATCH,
                   "%s: a step of %d images and %d classes, but the network has"
                   " %d classes",
                   path, dump->batch, dump->classes, ls_network_classes(spec));
  return ls_hdf5_write_file(path, fill, &(content){spec, dump}, error);
}
