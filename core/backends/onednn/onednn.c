/* Backend onednn: primitives of oneDNN, in two variants.
 *
 * literal: conv with bias and ELU, max-pool, each over the whole image with the library's threads,
 * as a framework does.
 *
 * rewritten: pooling before bias and ELU (they commute), a strip of the image at a time so that a
 * strip's conv output stays in the cache of the thread that makes it and never exists whole. */
#include "backends/onednn/onednn.h"

#include "backends/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *isa_name(int isa) {
  /* Values of dnnl_cpu_isa_t: the names differ between the majors, the values do not. */
  static const struct {
    int value;
    const char *name;
  } names[] = {
      {0x1, "sse41"},
      {0x3, "avx"},
      {0x7, "avx2"},
      {0xf, "avx2_vnni"},
      {0x27, "avx512_core"},
      {0x67, "avx512_core_vnni"},
      {0xe7, "avx512_core_bf16"},
      {0x1ef, "avx512_core_fp16"},
      {0x3e7, "avx512_core_amx"},
      {0xfef, "avx512_core_amx"},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].value == isa) return names[i].name;
  return NULL;
}

static void version(char *text, size_t length) {
  const dnnl_version_t *v = dnnl_version();
  int isa = (int)dnnl_get_effective_cpu_isa();
  const char *name = isa_name(isa);
  char number[32];
  snprintf(number, sizeof number, "ISA %#x", (unsigned)isa);
  snprintf(text, length, "oneDNN %d.%d.%d, kernels for %s", v->major, v->minor, v->patch,
           name ? name : number);
}

static void device_close(ls_device *device) {
  if (!device) return;
  for (int i = 0; device->streams && i < device->threads; i++)
    if (device->streams[i]) dnnl_stream_destroy(device->streams[i]);
  free(device->streams);
  if (device->attributes) dnnl_primitive_attr_destroy(device->attributes);
  if (device->with_elu) dnnl_primitive_attr_destroy(device->with_elu);
  if (device->engine) dnnl_engine_destroy(device->engine);
  free(device);
}

static dnnl_status_t make_attributes(dnnl_primitive_attr_t *attributes) {
  dnnl_status_t status = dnnl_primitive_attr_create(attributes);
  if (status != dnnl_success) return status;
  return dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
}

static dnnl_status_t open_library(ls_device *device) {
  dnnl_status_t status = dnnl_engine_create(&device->engine, dnnl_cpu, 0);
  for (int i = 0; status == dnnl_success && i < device->threads; i++)
    status = dnnl_stream_create(&device->streams[i], device->engine, dnnl_stream_default_flags);
  if (status == dnnl_success) status = make_attributes(&device->attributes);
  if (status == dnnl_success) status = make_attributes(&device->with_elu);
  if (status == dnnl_success) status = ls_dnnl_append_elu(device->with_elu);
  return status;
}

static const char *const variants[] = {"rewritten", "literal", NULL};

static ls_status device_open(const ls_backend_options *options, ls_device **opened,
                             ls_error *error) {
  *opened = NULL;
  LS_TRY(ls_backend_refuse_settings("onednn", options, error));
  int literal = options->variant && !strcmp(options->variant, variants[1]);
  if (options->variant && !literal && strcmp(options->variant, variants[0]))
    return ls_fail(error, LS_USAGE, "backend onednn: no variant %s; choose %s or %s",
                   options->variant, variants[0], variants[1]);
  ls_device *device = calloc(1, sizeof *device);
  if (!device) return ls_fail(error, LS_MEMORY, "backend onednn: no memory");
  device->threads = options->threads;
  device->literal = literal;
  device->lanes = ls_onednn_lanes_here();
  device->streams = calloc((size_t)device->threads, sizeof(dnnl_stream_t));
  dnnl_status_t status = device->streams ? open_library(device) : dnnl_out_of_memory;
  if (status != dnnl_success) {
    device_close(device);
    return ls_fail(error, LS_UNAVAILABLE, "backend onednn: no CPU engine (status %d)", status);
  }
  *opened = device;
  return LS_OK;
}

const ls_onednn_lanes *ls_onednn_lanes_here(void) {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return &ls_onednn_lanes_avx512;
  if (__builtin_cpu_supports("avx2")) return &ls_onednn_lanes_avx2;
#endif
  return &ls_onednn_lanes_plain;
}

static ls_status conv_block_new(ls_device *device, const ls_conv_block_shape *shape,
                                const ls_operator_place *place, ls_operator **op, ls_error *error) {
  *op = NULL;
  int before = ls_onednn_use_threads(device->literal ? device->threads : 1);
  ls_status status = device->literal
                         ? ls_onednn_literal_new(device, shape, place->first, op, error)
                         : ls_onednn_rewritten_new(device, shape, place->first, op, error);
  ls_onednn_use_threads(before);
  return status;
}

static ls_status dense_new(ls_device *device, const ls_dense_shape *shape,
                           const ls_operator_place *place, ls_operator **op, ls_error *error) {
  (void)place;
  *op = NULL;
  int before = ls_onednn_use_threads(device->literal ? device->threads : 1);
  ls_status status = ls_onednn_dense_new(device, shape, op, error);
  ls_onednn_use_threads(before);
  return status;
}

const ls_backend ls_backend_onednn = {
    .name = "onednn",
    .summary = "primitives of oneDNN: in strips with pooling before ELU, or as a framework does",
    .variants = variants,
    .version = version,
    .device_open = device_open,
    .device_close = device_close,
    .conv_block_new = conv_block_new,
    .dense_new = dense_new,
};
