/* A network of one backend as a chain of operators, with what lies between them in reach. */
#ifndef LS_TESTS_BACKENDS_NET_H
#define LS_TESTS_BACKENDS_NET_H

#include "backends/block.h"

typedef struct ls_net {
  const ls_backend *backend;
  ls_network_spec spec;
  int layers;
  ls_device *device;
  ls_operator *op[LS_MAX_LAYERS];
  void *output[LS_MAX_LAYERS], *gradient[LS_MAX_LAYERS], *saved[LS_MAX_LAYERS];
  void *workspace;
  size_t workspace_bytes;
  const ls_image *image; /* of the last forward */
} ls_net;

/* The backend must take images and compute in plain memory. *net is undefined before; ls_net_close
 * is always to be called. */
ls_status ls_net_open(ls_net *net, const ls_backend *backend, const ls_backend_options *options,
                      const ls_network_spec *spec, const float *parameters, ls_error *error);
void ls_net_close(ls_net *net);

/* Every buffer is poisoned before it is written. gradients (as large as the parameters) are set.
 * image stays as it is until backward is over. */
ls_status ls_net_forward(ls_net *net, const ls_image *image, ls_error *error);
ls_status ls_net_backward(ls_net *net, const float *logit_gradient, float *gradients,
                          ls_error *error);

/* Output of a layer as plain floats. */
ls_status ls_net_export(const ls_net *net, int layer, float *plain, ls_error *error);

/* Number of floats in a layer's plain output. */
size_t ls_net_output_floats(const ls_net *net, int layer);

/* Parameters as after some training: Glorot's weights, biases away from zero. */
void ls_net_parameters(const ls_network_spec *spec, uint64_t seed, float *parameters);

#endif
