/* Keras 3: /layers/CLASS[_NUMBER]/vars/0 and /1. The names are the snake-cased class and a number
 * counted per class, whatever names the user gave the layers; so a layer's path is known from its
 * place, and no sorting (conv2d_10 after conv2d_9) is needed. */
#include "weights/keras_layout.h"

#include <stdio.h>
#include <string.h>

void ls_keras_class_name(const ls_network_spec *spec, int layer, char *text) {
  int dense = layer >= spec->block_count;
  int number = dense ? layer - spec->block_count : layer;
  const char *class = dense ? "dense" : "conv2d";
  if (number)
    snprintf(text, 32, "%s_%d", class, number);
  else
    snprintf(text, 32, "%s", class);
}

static int is_known(const ls_network_spec *spec, const char *name) {
  for (int l = 0; l < ls_network_layer_count(spec); l++) {
    char known[32];
    ls_keras_class_name(spec, l, known);
    if (!strcmp(name, known)) return 1;
  }
  return 0;
}

typedef struct leftover_search {
  const ls_network_spec *spec;
  char name[LS_HDF5_PATH];
} leftover_search;

/* Stops (1) at a layer with weights that the network does not have. */
static herr_t visit_layer(hid_t layers, const char *name, const H5L_info_t *info, void *context) {
  (void)info;
  leftover_search *search = context;
  char first[LS_HDF5_PATH + 16], inner[LS_HDF5_PATH + 16];
  if (strlen(name) >= LS_HDF5_PATH) return -1;
  snprintf(first, sizeof first, "%s/vars/0", name);
  snprintf(inner, sizeof inner, "%s/layers", name);
  int weights = ls_hdf5_exists(layers, first) || ls_hdf5_exists(layers, inner);
  if (!weights || is_known(search->spec, name)) return 0;
  snprintf(search->name, sizeof search->name, "%s", name);
  return 1;
}

ls_status ls_keras_locate(hid_t file, const char *path, const ls_network_spec *spec,
                          ls_keras_layer *layers, ls_error *error) {
  leftover_search search = {.spec = spec};
  herr_t found = H5Literate_by_name(file, "layers", H5_INDEX_NAME, H5_ITER_INC, NULL, visit_layer,
                                    &search, H5P_DEFAULT);
  if (found < 0) return ls_fail(error, LS_FORMAT, "%s: /layers cannot be listed: damaged", path);
  if (found > 0)
    return ls_fail(error, LS_MISMATCH,
                   "%s: weights of another network: layer %s has weights, but the network has only "
                   "%d convolutions and %d dense layers",
                   path, search.name, spec->block_count, spec->dense_count);
  for (int l = 0; l < ls_network_layer_count(spec); l++) {
    char name[32];
    ls_keras_class_name(spec, l, name);
    snprintf(layers[l].kernel, LS_HDF5_PATH, "layers/%s/vars/0", name);
    snprintf(layers[l].bias, LS_HDF5_PATH, "layers/%s/vars/1", name);
    if (!ls_hdf5_exists(file, layers[l].kernel) || !ls_hdf5_exists(file, layers[l].bias))
      return ls_fail(error, LS_MISMATCH,
                     "%s: weights of another network: %s (/layers/%s/vars/0 and /1) is missing",
                     path, ls_network_layer(spec, l).name, name);
  }
  return LS_OK;
}
