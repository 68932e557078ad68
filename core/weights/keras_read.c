#define _POSIX_C_SOURCE 200809L
#include "base/input_file.h"
#include "hdf5/hdf5_read.h"
#include "weights/keras_layout.h"
#include "weights/keras_weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One data set with the layer's name for messages: "conv2.kernel". */
typedef struct weight {
  const char *file, *path;
  char name[32];
  int rank;
  const int *shape;
  size_t count;
} weight;

/* "5x5x10x64"; "a single number" for rank 0. text: at least 128 characters. */
static void describe_shape(int rank, const hsize_t *shape, char *text) {
  if (!rank) snprintf(text, 128, "a single number");
  for (int i = 0, used = 0; i < rank && used < 100; i++)
    used += snprintf(text + used, 128 - (size_t)used, "%s%llu", i ? "x" : "",
                     (unsigned long long)shape[i]);
}

static ls_status check_shape(hid_t data, const weight *w, ls_error *error) {
  hsize_t found[H5S_MAX_RANK] = {0}, wanted[4] = {0};
  hid_t space = H5Dget_space(data);
  int rank = H5Sget_simple_extent_dims(space, found, NULL);
  H5Sclose(space);
  if (rank < 0)
    return ls_fail(error, LS_FORMAT, "%s: %s (%s): no shape: damaged", w->file, w->name, w->path);
  int same = rank == w->rank;
  for (int i = 0; i < w->rank; i++) {
    wanted[i] = (hsize_t)w->shape[i];
    same = same && found[i] == wanted[i];
  }
  if (same) return LS_OK;
  char found_text[128], wanted_text[128];
  describe_shape(rank, found, found_text);
  describe_shape(w->rank, wanted, wanted_text);
  return ls_fail(error, LS_MISMATCH,
                 "%s: weights of another network: %s (%s) is %s, but the network takes %s; "
                 "check --size, the planes and the network file",
                 w->file, w->name, w->path, found_text, wanted_text);
}

static ls_status read_checked(hid_t data, const weight *w, float *values, ls_error *error) {
  hid_t type = H5Dget_type(data);
  H5T_class_t class = H5Tget_class(type);
  H5Tclose(type);
  if (class != H5T_FLOAT)
    return ls_fail(error, LS_FORMAT,
                   "%s: %s (%s) does not hold floating-point numbers of 16, 32 or 64 bits", w->file,
                   w->name, w->path);
  LS_TRY(check_shape(data, w, error));
  ls_hdf5_reader reader;
  ls_status status = ls_hdf5_reader_open(data, &reader, error);
  if (status == LS_OK) status = ls_hdf5_read(&reader, H5T_NATIVE_FLOAT, NULL, NULL, values, error);
  ls_hdf5_reader_close(&reader);
  if (status != LS_OK)
    return ls_fail_within(error, status, "%s: %s (%s)", w->file, w->name, w->path);
  for (size_t i = 0; i < w->count; i++)
    if (!isfinite(values[i]))
      return ls_fail(error, LS_VALUE, "%s: %s (%s): value number %zu is %f", w->file, w->name,
                     w->path, i, (double)values[i]);
  return LS_OK;
}

static ls_status read_weight(hid_t file, const weight *w, float *values, ls_error *error) {
  hid_t data;
  ls_status status = ls_hdf5_open_dataset(file, w->path, H5P_DEFAULT, &data, error);
  if (status != LS_OK)
    return ls_fail_within(error, status, "%s: %s (%s)", w->file, w->name, w->path);
  status = read_checked(data, w, values, error);
  H5Dclose(data);
  return status;
}

static ls_status read_layers(hid_t file, const char *path, const ls_network_spec *spec,
                             const ls_keras_layer *layers, float *values, ls_error *error) {
  for (int l = 0; l < ls_network_layer_count(spec); l++) {
    ls_layer_parameters p = ls_network_layer(spec, l);
    int outputs = p.kernel_shape[p.kernel_rank - 1];
    weight kernel = {.file = path,
                     .path = layers[l].kernel,
                     .rank = p.kernel_rank,
                     .shape = p.kernel_shape,
                     .count = p.kernel_count};
    weight bias = {
        .file = path, .path = layers[l].bias, .rank = 1, .shape = &outputs, .count = p.bias_count};
    snprintf(kernel.name, sizeof kernel.name, "%s.kernel", p.name);
    snprintf(bias.name, sizeof bias.name, "%s.bias", p.name);
    LS_TRY(read_weight(file, &kernel, values + p.kernel_offset, error));
    LS_TRY(read_weight(file, &bias, values + p.bias_offset, error));
  }
  return LS_OK;
}

static ls_status locate(hid_t file, const char *path, const ls_network_spec *spec,
                        ls_keras_layer *layers, ls_error *error) {
  if (ls_hdf5_exists(file, "layers")) return ls_keras_locate(file, path, spec, layers, error);
  if (ls_hdf5_exists(file, "model_weights"))
    return ls_keras_locate_legacy(file, path, "/model_weights/", spec, layers, error);
  if (H5Aexists(file, "layer_names") > 0)
    return ls_keras_locate_legacy(file, path, "/", spec, layers, error);
  return ls_fail(error, LS_FORMAT,
                 "%s: neither Keras' .weights.h5 (no group layers) nor its legacy .h5 (no "
                 "layer_names)",
                 path);
}

static ls_status read_file(hid_t file, const char *path, const ls_network_spec *spec,
                           float *parameters, ls_error *error) {
  size_t count = ls_network_parameter_count(spec);
  int layer_count = ls_network_layer_count(spec);
  ls_keras_layer *layers = calloc((size_t)layer_count, sizeof *layers);
  float *values = malloc(count * sizeof *values);
  ls_status status = LS_MEMORY;
  if (layers && values) {
    status = locate(file, path, spec, layers, error);
    if (status == LS_OK) status = read_layers(file, path, spec, layers, values, error);
    if (status == LS_OK) memcpy(parameters, values, count * sizeof *values);
  } else {
    ls_fail(error, LS_MEMORY, "%s: no memory for %zu weights", path, count);
  }
  free(values);
  free(layers);
  return status;
}

static ls_status open_and_read(const char *path, const ls_network_spec *spec, float *parameters,
                               ls_error *error) {
  int descriptor;
  LS_TRY(ls_input_open(path, &descriptor, error));
  close(descriptor);
  if (H5Fis_hdf5(path) <= 0)
    return ls_fail(error, LS_FORMAT, "%s: not an HDF5 file; weights are Keras' .weights.h5 or .h5",
                   path);
  hid_t file;
  LS_TRY(ls_hdf5_open(path, &file, error));
  ls_status status = read_file(file, path, spec, parameters, error);
  H5Fclose(file);
  return status;
}

ls_status ls_keras_weights_read(const char *path, const ls_network_spec *spec, float *parameters,
                                ls_error *error) {
  LS_TRY(ls_network_check(spec, error));
  ls_hdf5_printing before = ls_hdf5_quiet();
  ls_status status = open_and_read(path, spec, parameters, error);
  ls_hdf5_loud(before);
  return status;
}
