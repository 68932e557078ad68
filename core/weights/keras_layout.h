/* Where the two layouts of Keras' files keep the weights of a network. */
#ifndef LS_WEIGHTS_KERAS_LAYOUT_H
#define LS_WEIGHTS_KERAS_LAYOUT_H

#include "network/spec.h"
#include "weights/hdf5_names.h"

/* Paths of one layer's data sets from the root of the file. */
typedef struct ls_keras_layer {
  char kernel[LS_HDF5_PATH], bias[LS_HDF5_PATH];
} ls_keras_layer;

/* "conv2d", "conv2d_1", .., "dense", "dense_1", ..: Keras 3 counts each class on its own. layer:
 * number in the spec. text: at least 32 characters. */
void ls_keras_class_name(const ls_network_spec *spec, int layer, char *text);

/* Fill layers[ls_network_layer_count(spec)] in the order of the spec, or return LS_MISMATCH: a
 * layer is missing, or one is left over that has weights. path: the file's name, for messages. */
ls_status ls_keras_locate(hid_t file, const char *path, const ls_network_spec *spec,
                          ls_keras_layer *layers, ls_error *error);
/* root: the group that has the attribute layer_names, "/" or "/model_weights". Also LS_FORMAT and
 * LS_MEMORY. */
ls_status ls_keras_locate_legacy(hid_t file, const char *path, const char *root,
                                 const ls_network_spec *spec, ls_keras_layer *layers,
                                 ls_error *error);

#endif
