#include "backends/net.h"

#include "base/memory.h"
#include "cases/cases.h"
#include "support/compare.h"

#include <string.h>

static ls_status make_operator(ls_net *net, int layer, ls_error *error) {
  ls_operator_place place = {.first = layer == 0};
  if (layer < net->spec.block_count) {
    ls_conv_block_shape shape = ls_network_block(&net->spec, layer);
    return net->backend->conv_block_new(net->device, &shape, &place, &net->op[layer], error);
  }
  ls_dense_shape shape = ls_network_dense(&net->spec, layer - net->spec.block_count);
  return net->backend->dense_new(net->device, &shape, &place, &net->op[layer], error);
}

ls_status ls_net_open(ls_net *net, const ls_backend *backend, const ls_backend_options *options,
                      const ls_network_spec *spec, const float *parameters, ls_error *error) {
  *net = (ls_net){.backend = backend, .spec = *spec, .layers = ls_network_layer_count(spec)};
  LS_TRY(backend->device_open(options, &net->device, error));
  for (int l = 0; l < net->layers; l++) {
    LS_TRY(make_operator(net, l, error));
    const ls_operator_sizes *sizes = &net->op[l]->sizes;
    LS_TRY(ls_allocate(&net->output[l], sizes->output, "test output", error));
    LS_TRY(ls_allocate(&net->gradient[l], sizes->output, "test gradient", error));
    LS_TRY(ls_allocate(&net->saved[l], sizes->saved, "test saved", error));
    if (sizes->workspace > net->workspace_bytes) net->workspace_bytes = sizes->workspace;
    ls_layer_parameters at = ls_network_layer(spec, l);
    LS_TRY(net->op[l]->functions->set_weights(net->op[l], parameters + at.kernel_offset,
                                              parameters + at.bias_offset, error));
  }
  return ls_allocate(&net->workspace, net->workspace_bytes, "test workspace", error);
}

void ls_net_close(ls_net *net) {
  for (int l = 0; l < net->layers; l++) {
    if (net->op[l]) net->op[l]->functions->destroy(net->op[l]);
    ls_free(net->output[l]);
    ls_free(net->gradient[l]);
    ls_free(net->saved[l]);
  }
  ls_free(net->workspace);
  net->backend->device_close(net->device);
}

static const void *input_of(const ls_net *net, int layer) {
  return layer ? net->output[layer - 1] : (const void *)net->image;
}

ls_status ls_net_forward(ls_net *net, const ls_image *image, ls_error *error) {
  net->image = image;
  for (int l = 0; l < net->layers; l++) {
    ls_poison(net->output[l], net->op[l]->sizes.output);
    ls_poison(net->saved[l], net->op[l]->sizes.saved);
    ls_poison(net->workspace, net->workspace_bytes);
    LS_TRY(net->op[l]->functions->forward(net->op[l], input_of(net, l), net->output[l],
                                          net->saved[l], net->workspace, error));
  }
  return LS_OK;
}

ls_status ls_net_backward(ls_net *net, const float *logit_gradient, float *gradients,
                          ls_error *error) {
  int last = net->layers - 1;
  memset(gradients, 0, ls_network_parameter_count(&net->spec) * sizeof *gradients);
  ls_block_home home = {net->backend, net->device};
  LS_TRY(ls_operator_import(home, net->op[last], logit_gradient, net->gradient[last], error));
  for (int l = last; l >= 0; l--) {
    ls_layer_parameters at = ls_network_layer(&net->spec, l);
    if (l) ls_poison(net->gradient[l - 1], net->op[l - 1]->sizes.output);
    ls_poison(net->workspace, net->workspace_bytes);
    LS_TRY(net->op[l]->functions->backward(
        net->op[l], input_of(net, l), net->output[l], net->gradient[l], net->saved[l],
        l ? net->gradient[l - 1] : NULL, gradients + at.kernel_offset, gradients + at.bias_offset,
        net->workspace, error));
  }
  return LS_OK;
}

ls_status ls_net_export(const ls_net *net, int layer, float *plain, ls_error *error) {
  ls_block_home home = {net->backend, net->device};
  return ls_operator_export(home, net->op[layer], net->output[layer], plain, error);
}

size_t ls_net_output_floats(const ls_net *net, int layer) {
  if (layer >= net->spec.block_count)
    return (size_t)net->spec.dense_outputs[layer - net->spec.block_count];
  ls_conv_block_shape s = ls_network_block(&net->spec, layer);
  return (size_t)(s.height / s.pool) * (size_t)(s.width / s.pool) * (size_t)s.out_channels;
}

void ls_net_parameters(const ls_network_spec *spec, uint64_t seed, float *parameters) {
  ls_network_initialise(spec, seed, parameters);
  for (int l = 0; l < ls_network_layer_count(spec); l++) {
    ls_layer_parameters at = ls_network_layer(spec, l);
    ls_case_fill_uniform(seed, (uint64_t)l, at.bias_count, parameters + at.bias_offset);
  }
}
