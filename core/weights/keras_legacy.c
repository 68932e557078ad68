/* Keras' older layout, of whole models and of weights in .h5: the attribute layer_names lists the
 * layers in the order of the model, under the names that the user gave; each layer's attribute
 * weight_names lists its data sets (kernel, bias) by their paths below the layer. What a layer is
 * shows in its kernel: 4 dimensions are a convolution, 2 a dense layer. */
#include "weights/keras_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct legacy_search {
  hid_t file;
  const char *path, *root;
  const ls_network_spec *spec;
  ls_keras_layer *layers;
  int convolutions, dense; /* found so far */
} legacy_search;

static ls_status join(const legacy_search *search, const char *layer, const char *weight,
                      char *text, ls_error *error) {
  int length = snprintf(text, LS_HDF5_PATH, "%s%s/%s", search->root, layer, weight);
  if (length < 0 || length >= LS_HDF5_PATH)
    return ls_fail(error, LS_FORMAT, "%s: layer %s: the name of a weight is too long", search->path,
                   layer);
  return LS_OK;
}

static ls_status add_layer(legacy_search *search, const char *layer, const ls_hdf5_names *weights,
                           ls_error *error) {
  ls_keras_layer found;
  if (weights->count != 2)
    return ls_fail(error, LS_MISMATCH,
                   "%s: weights of another network: layer %s has %zu weights, not kernel and bias",
                   search->path, layer, weights->count);
  LS_TRY(join(search, layer, weights->name[0], found.kernel, error));
  LS_TRY(join(search, layer, weights->name[1], found.bias, error));
  int rank = ls_hdf5_rank(search->file, found.kernel);
  const ls_network_spec *spec = search->spec;
  int place = -1;
  if (rank == 4 && search->convolutions < spec->block_count) place = search->convolutions++;
  if (rank == 2 && search->dense < spec->dense_count) place = spec->block_count + search->dense++;
  if (place < 0)
    return ls_fail(error, LS_MISMATCH,
                   "%s: weights of another network: layer %s (a kernel of %d dimensions) does not "
                   "fit %d convolutions and %d dense layers",
                   search->path, layer, rank, spec->block_count, spec->dense_count);
  search->layers[place] = found;
  return LS_OK;
}

static ls_status visit_layer(legacy_search *search, const char *layer, ls_error *error) {
  char path[LS_HDF5_PATH];
  int length = snprintf(path, sizeof path, "%s%s", search->root, layer);
  if (length < 0 || (size_t)length >= sizeof path || !ls_hdf5_exists(search->file, path))
    return ls_fail(error, LS_FORMAT, "%s: layer %s is listed in layer_names but not there",
                   search->path, layer);
  hid_t group = H5Gopen2(search->file, path, H5P_DEFAULT);
  if (group < 0) return ls_fail(error, LS_FORMAT, "%s: layer %s is no group", search->path, layer);
  ls_hdf5_names weights;
  ls_status status = ls_hdf5_read_names(group, "weight_names", search->path, &weights, error);
  H5Gclose(group);
  if (status != LS_OK) return ls_fail_within(error, status, "layer %s", layer);
  if (weights.count) status = add_layer(search, layer, &weights, error);
  free(weights.name);
  return status;
}

ls_status ls_keras_locate_legacy(hid_t file, const char *path, const char *root,
                                 const ls_network_spec *spec, ls_keras_layer *layers,
                                 ls_error *error) {
  hid_t group = H5Gopen2(file, root, H5P_DEFAULT);
  if (group < 0) return ls_fail(error, LS_FORMAT, "%s: %s is no group", path, root);
  ls_hdf5_names names;
  ls_status status = ls_hdf5_read_names(group, "layer_names", path, &names, error);
  H5Gclose(group);
  if (status != LS_OK) return status;
  legacy_search search = {file, path, root, spec, layers, 0, 0};
  for (size_t i = 0; status == LS_OK && i < names.count; i++)
    status = visit_layer(&search, names.name[i], error);
  free(names.name);
  if (status == LS_OK &&
      (search.convolutions < spec->block_count || search.dense < spec->dense_count))
    status = ls_fail(error, LS_MISMATCH,
                     "%s: weights of another network: %d convolutions and %d dense layers, but the "
                     "network has %d and %d",
                     path, search.convolutions, search.dense, spec->block_count, spec->dense_count);
  return status;
}
