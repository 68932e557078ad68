/* Shapes, parameters and operation counts of the published network, and what is refused. */
#include "support/test.h"

#include "network/spec.h"
#include "network/work.h"

#include <math.h>
#include <string.h>

static void assert_block(const ls_network_spec *spec, int block, const ls_conv_block_shape *e) {
  ls_conv_block_shape s = ls_network_block(spec, block);
  assert_int_equal(s.height, e->height);
  assert_int_equal(s.width, e->width);
  assert_int_equal(s.in_channels, e->in_channels);
  assert_int_equal(s.out_channels, e->out_channels);
  assert_int_equal(s.kernel, e->kernel);
  assert_int_equal(s.pool, e->pool);
}

/* The table of the publication: outputs of 720, 144, 28 and 5 pixels a side. */
static void test_published_shapes(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(3600, 1);
  ls_error error = {0};
  assert_int_equal(ls_network_check(&spec, &error), LS_OK);
  static const ls_conv_block_shape blocks[] = {{3600, 3600, 1, 10, 5, 5},
                                               {720, 720, 10, 64, 5, 5},
                                               {144, 144, 64, 128, 5, 5},
                                               {28, 28, 128, 256, 5, 5}};
  for (int b = 0; b < 4; b++) assert_block(&spec, b, &blocks[b]);
  ls_dense_shape d = ls_network_dense(&spec, 0);
  assert_true(d.rows == 5 && d.columns == 5 && d.channels == 256 && d.outputs == 32 && d.elu == 1);
  d = ls_network_dense(&spec, 1);
  assert_true(d.rows == 1 && d.columns == 1 && d.channels == 32 && d.outputs == 5 && d.elu == 0);
  assert_int_equal(ls_network_classes(&spec), 5);
}

static void test_published_parameters(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t count;
    int rank, shape[4];
  } layers[] = {{"conv1", 260, 4, {5, 5, 1, 10}},        {"conv2", 16064, 4, {5, 5, 10, 64}},
                {"conv3", 204928, 4, {5, 5, 64, 128}},   {"conv4", 819456, 4, {5, 5, 128, 256}},
                {"dense1", 204832, 2, {6400, 32, 0, 0}}, {"dense2", 165, 2, {32, 5, 0, 0}}};
  ls_network_spec spec = ls_network_study(3600, 1);
  assert_int_equal(ls_network_layer_count(&spec), 6);
  size_t offset = 0;
  for (int l = 0; l < 6; l++) {
    ls_layer_parameters p = ls_network_layer(&spec, l);
    assert_string_equal(p.name, layers[l].name);
    assert_int_equal(p.kernel_count + p.bias_count, layers[l].count);
    assert_int_equal(p.kernel_rank, layers[l].rank);
    assert_memory_equal(p.kernel_shape, layers[l].shape, sizeof p.kernel_shape);
    assert_int_equal(p.bias_count, layers[l].shape[layers[l].rank - 1]);
    assert_int_equal(p.kernel_offset, offset);
    assert_int_equal(p.bias_offset, offset + p.kernel_count);
    offset += layers[l].count;
  }
  assert_int_equal(ls_network_parameter_count(&spec), 1245705);
  assert_int_equal(offset, 1245705);
}

/* 6.48 + 16.59 + 8.49 + 1.28 GFLOP, to the last digit: multiply and add of every kernel element at
 * every pixel. */
static void test_published_flop(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(3600, 1);
  double conv[4] = {2. * 25 * 1 * 10 * 3600 * 3600, 2. * 25 * 10 * 64 * 720 * 720,
                    2. * 25 * 64 * 128 * 144 * 144, 2. * 25 * 128 * 256 * 28 * 28};
  static const double published[4] = {6.48, 16.59, 8.49, 1.28};
  double sum = 2. * 6400 * 32 + 2. * 32 * 5;
  for (int b = 0; b < 4; b++) {
    assert_true(fabs(conv[b] / 1e9 - published[b]) < 0.0051);
    sum += conv[b];
  }
  assert_true(ls_network_forward_flop(&spec) == sum);
  /* Each layer's two gradients as much as its forward pass, but none of the image. */
  assert_true(ls_network_step_flop(&spec) == 3 * sum - conv[0]);
}

/* Tensors of block 2: 720 x 720 x 10 in, 144 x 144 x 64 out, 16,064 parameters. */
static void test_work_of_a_layer(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(3600, 1);
  double in = 720. * 720 * 10, out = 144. * 144 * 64, parameters = 16064;
  ls_work forward = ls_network_layer_work(&spec, 1, 0),
          backward = ls_network_layer_work(&spec, 1, 1);
  assert_true(forward.flop == 2. * 25 * 10 * 64 * 720 * 720);
  assert_true(forward.bytes == 4 * (in + parameters + out));
  assert_true(backward.flop == 2 * forward.flop);
  assert_true(backward.bytes == 4 * (in + parameters + 2 * out + 2 * parameters + in));
  ls_work first = ls_network_layer_work(&spec, 0, 1);
  assert_true(first.flop == 2. * 25 * 10 * 3600 * 3600);
  assert_true(first.bytes == 4 * (3600. * 3600 + 2 * 720. * 720 * 10 + 3 * 260.));
  ls_work dense = ls_network_layer_work(&spec, 5, 0);
  assert_true(dense.flop == 2. * 32 * 5 && dense.bytes == 4. * (32 + 33 * 5 + 5));
}

static void test_other_sizes_and_planes(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(1000, 3);
  spec.width = 1300;
  assert_int_equal(ls_network_check(&spec, NULL), LS_OK);
  assert_int_equal(ls_network_block(&spec, 0).in_channels, 3);
  assert_int_equal(ls_network_layer(&spec, 0).kernel_count, 5 * 5 * 3 * 10);
  ls_dense_shape d = ls_network_dense(&spec, 0);
  assert_int_equal(d.rows, 1);
  assert_int_equal(d.columns, 2);
  assert_int_equal(ls_network_layer(&spec, 4).kernel_shape[0], 512);
}

static void assert_refused(const ls_network_spec *spec, const char *says) {
  ls_error error = {0};
  assert_int_equal(ls_network_check(spec, &error), LS_MISMATCH);
  if (!strstr(error.message, says)) fail_msg("'%s' does not say '%s'", error.message, says);
}

static void test_sizes_that_are_refused(void **state) {
  (void)state;
  ls_network_spec good = ls_network_study(625, 1), spec;
  assert_int_equal(ls_network_check(&good, NULL), LS_OK);
  spec = good, spec.height = 624;
  assert_refused(&spec, "--size 625 or more");
  spec = good, spec.width = 624;
  assert_refused(&spec, "625 x 624 is too small");
  spec = good, spec.width = 0;
  assert_refused(&spec, "too small");
  spec = good, spec.width = 1 << 20;
  assert_refused(&spec, "too large");
  spec = good, spec.planes = 0;
  assert_refused(&spec, "planes, not 0");
  spec = good, spec.planes = 4;
  assert_refused(&spec, "planes, not 4");
}

static void test_layers_that_are_refused(void **state) {
  (void)state;
  ls_network_spec good = ls_network_study(625, 1), spec;
  static const int kernels[] = {-1, 0, 4, 17};
  for (size_t i = 0; i < 4; i++) {
    spec = good, spec.kernel = kernels[i];
    assert_refused(&spec, "kernel");
  }
  spec = good, spec.pool = 0;
  assert_refused(&spec, "pool 0");
  spec = good, spec.pool = 16;
  assert_refused(&spec, "pool 16");
  spec = good, spec.block_count = 0;
  assert_refused(&spec, "at least one block");
  spec = good, spec.dense_count = 0;
  assert_refused(&spec, "one dense layer");
}

/* Numbers that each are in range, but whose products leave an int. */
static void test_products_that_are_refused(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(1 << 14, 1);
  spec.block_count = 8, spec.pool = 15;
  for (int b = 0; b < 8; b++) spec.block_channels[b] = 1;
  assert_refused(&spec, "--size 2562890625 or more");
  spec.block_count = 1, spec.pool = 1, spec.block_channels[0] = 1 << 20;
  assert_refused(&spec, "281474976710656 inputs");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_published_shapes),
      cmocka_unit_test(test_published_parameters),
      cmocka_unit_test(test_published_flop),
      cmocka_unit_test(test_work_of_a_layer),
      cmocka_unit_test(test_other_sizes_and_planes),
      cmocka_unit_test(test_sizes_that_are_refused),
      cmocka_unit_test(test_layers_that_are_refused),
      cmocka_unit_test(test_products_that_are_refused),
  };
  return cmocka_run_group_tests_name("network spec", tests, NULL, NULL);
}
