/* Weights in Keras' files.
 *
 * Written: Keras 3's .weights.h5 (/layers/<layer>/vars/0 kernel, /1 bias; layers are numbered per
 * class, in Sequential and functional models alike: conv2d, conv2d_1, .., dense, dense_1). Read:
 * the same, whatever else is there (optimizer/, metadata, layers without weights), and Keras'
 * legacy .h5 of whole models (/model_weights/<name>/.../kernel:0) and of weights alone. Refused are
 * layers with weights that the network lacks (normalisation, nested models), as leaving them out
 * would change the network. Kernels are HWIO, dense (in, out), flatten channels last: the parameter
 * arena's own layout. Not to be called by two threads at once (HDF5 is not thread-safe). */
#ifndef LS_WEIGHTS_KERAS_WEIGHTS_H
#define LS_WEIGHTS_KERAS_WEIGHTS_H

#include "base/status.h"
#include "network/spec.h"

/* parameters: ls_network_parameter_count floats in arena order. Read takes 16, 32 and 64 bit floats
 * and fills parameters only on success: LS_IO, LS_FORMAT (not HDF5, truncated, not a Keras file,
 * wrong type), LS_MISMATCH (weights of another network, naming the layer and both shapes; a spec
 * that is none), LS_VALUE (NaN or infinity, also by conversion, naming the layer), LS_MEMORY,
 * LS_UNAVAILABLE (build without HDF5). Write goes under a temporary name first; the same weights
 * give the same bytes: LS_IO, LS_MISMATCH, LS_MEMORY, LS_UNAVAILABLE. */
ls_status ls_keras_weights_read(const char *path, const ls_network_spec *spec, float *parameters,
                                ls_error *error);
ls_status ls_keras_weights_write(const char *path, const ls_network_spec *spec,
                                 const float *parameters, ls_error *error);

/* Whether this build can read and write weights: LS_OK, or LS_UNAVAILABLE as the two above would
 * say it of path. */
ls_status ls_keras_weights_available(const char *path, ls_error *error);

/* The file of `larscale step --dump`: /loss (scalar), /logits and /probabilities [batch][classes],
 * /gradients/NAME for every parameter (conv1.kernel .. denseN.bias, Keras' axis order). gradients
 * is an arena in parameter order, already averaged over the batch. loss is float64, the rest
 * float32. Statuses as for writing weights; LS_MISMATCH also if classes are not the network's. */
typedef struct ls_step_dump {
  double loss;
  int batch, classes;
  const float *logits, *probabilities, *gradients;
} ls_step_dump;
ls_status ls_step_dump_write(const char *path, const ls_network_spec *spec,
                             const ls_step_dump *dump, ls_error *error);

#endif
