#include "network/work.h"

/* Counts in floats. */
static ls_work work(double flop, double inputs, double parameters, double outputs, int first,
                    int backward) {
  if (!backward) return (ls_work){flop, sizeof(float) * (inputs + parameters + outputs)};
  double read = inputs + parameters + 2 * outputs;
  double written = 2 * parameters + (first ? 0 : inputs);
  return (ls_work){(first ? 1 : 2) * flop, sizeof(float) * (read + written)};
}

ls_work ls_conv_block_work(const ls_conv_block_shape *s, int first, int backward) {
  double pixels = (double)s->height * s->width;
  double kernel = (double)s->kernel * s->kernel * s->in_channels * s->out_channels;
  int rows = s->height / s->pool, columns = s->width / s->pool;
  double outputs = (double)rows * columns * s->out_channels;
  return work(2 * kernel * pixels, pixels * s->in_channels, kernel + s->out_channels, outputs,
              first, backward);
}

ls_work ls_dense_work(const ls_dense_shape *s, int first, int backward) {
  double inputs = (double)s->rows * s->columns * s->channels;
  return work(2 * inputs * s->outputs, inputs, (inputs + 1) * s->outputs, s->outputs, first,
              backward);
}

ls_work ls_network_layer_work(const ls_network_spec *spec, int layer, int backward) {
  if (layer < spec->block_count) {
    ls_conv_block_shape shape = ls_network_block(spec, layer);
    return ls_conv_block_work(&shape, layer == 0, backward);
  }
  ls_dense_shape shape = ls_network_dense(spec, layer - spec->block_count);
  return ls_dense_work(&shape, layer == 0, backward);
}

static double total_flop(const ls_network_spec *spec, int backward) {
  double flop = 0;
  for (int l = 0; l < ls_network_layer_count(spec); l++)
    flop += ls_network_layer_work(spec, l, backward).flop;
  return flop;
}

double ls_network_forward_flop(const ls_network_spec *spec) {
  return total_flop(spec, 0);
}

double ls_network_step_flop(const ls_network_spec *spec) {
  return total_flop(spec, 0) + total_flop(spec, 1);
}
