#include "backends/onednn/onednn.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

static ls_status refused(dnnl_status_t status, const char *what, ls_error *error) {
  if (status == dnnl_out_of_memory)
    return ls_fail(error, LS_MEMORY, "backend onednn: no memory for a %s", what);
  return ls_fail(error, LS_UNAVAILABLE, "backend onednn: the library cannot make a %s (status %d)",
                 what, (int)status);
}

static dnnl_status_t make_argument(dnnl_exec_arg_t *argument, int id, ls_dnnl_const_layout layout,
                                   dnnl_engine_t engine) {
  argument->arg = id;
  return dnnl_memory_create(&argument->memory, layout, engine, DNNL_MEMORY_NONE);
}

/* The scratchpad, if there is one, is the last argument. */
static dnnl_status_t make_arguments(ls_onednn_primitive *p, dnnl_engine_t engine, int copy,
                                    const int *arguments) {
  dnnl_exec_arg_t *to = p->arguments + (size_t)copy * LS_ONEDNN_MOST_ARGUMENTS;
  p->count = 0;
  for (; arguments[p->count]; p->count++) {
    int id = arguments[p->count];
    dnnl_status_t status = make_argument(to + p->count, id, ls_onednn_layout(p, id), engine);
    if (status != dnnl_success) return status;
  }
  if (!p->scratch) return dnnl_success;
  return make_argument(to + p->count, DNNL_ARG_SCRATCHPAD, ls_onednn_layout(p, DNNL_ARG_SCRATCHPAD),
                       engine);
}

ls_status ls_onednn_primitive_new(ls_onednn_primitive *p, ls_device *device, int copies,
                                  dnnl_status_t made, dnnl_primitive_desc_t description,
                                  const int *arguments, const char *what, ls_error *error) {
  *p = (ls_onednn_primitive){.copies = copies, .streams = device->streams};
  if (made != dnnl_success) return refused(made, what, error);
  dnnl_status_t status = dnnl_primitive_create(&p->primitive, description);
  dnnl_primitive_desc_destroy(description);
  if (status != dnnl_success) return refused(status, what, error);
  const char *name = NULL;
  dnnl_primitive_desc_query(ls_onednn_description(p), dnnl_query_impl_info_str, 0, (void *)&name);
  snprintf(p->implementation, sizeof p->implementation, "%s", name ? name : "unnamed");
  p->scratch = ls_onednn_bytes(p, DNNL_ARG_SCRATCHPAD);
  p->arguments = calloc((size_t)copies * LS_ONEDNN_MOST_ARGUMENTS, sizeof *p->arguments);
  if (!p->arguments) return refused(dnnl_out_of_memory, what, error);
  for (int copy = 0; copy < copies; copy++) {
    status = make_arguments(p, device->engine, copy, arguments);
    if (status != dnnl_success) return refused(status, what, error);
  }
  return LS_OK;
}

void ls_onednn_primitive_destroy(ls_onednn_primitive *p) {
  for (int i = 0; p->arguments && i < p->copies * LS_ONEDNN_MOST_ARGUMENTS; i++)
    if (p->arguments[i].memory) dnnl_memory_destroy(p->arguments[i].memory);
  free(p->arguments);
  if (p->primitive) dnnl_primitive_destroy(p->primitive);
  *p = (ls_onednn_primitive){0};
}

const_dnnl_primitive_desc_t ls_onednn_description(const ls_onednn_primitive *p) {
  const_dnnl_primitive_desc_t description = NULL;
  dnnl_primitive_get_primitive_desc(p->primitive, &description);
  return description;
}

ls_dnnl_const_layout ls_onednn_layout(const ls_onednn_primitive *p, int argument) {
  return dnnl_primitive_desc_query_md(ls_onednn_description(p), dnnl_query_exec_arg_md, argument);
}

size_t ls_onednn_bytes(const ls_onednn_primitive *p, int argument) {
  ls_dnnl_const_layout layout = ls_onednn_layout(p, argument);
  return layout ? dnnl_memory_desc_get_size(layout) : 0;
}

/* Setting the data anew can make the library write the padding of a layout: not twice for the same
 * data. */
static int point(dnnl_exec_arg_t *argument, const void *data) {
  void *before = NULL;
  if (dnnl_memory_get_data_handle(argument->memory, &before) != dnnl_success) return 1;
  if (before == data) return 0;
  return dnnl_memory_set_data_handle(argument->memory, (void *)data) != dnnl_success;
}

int ls_onednn_run(const ls_onednn_primitive *p, int copy, const void *const *data, void *scratch) {
  dnnl_exec_arg_t *arguments = p->arguments + (size_t)copy * LS_ONEDNN_MOST_ARGUMENTS;
  int failed = 0, count = p->count;
  for (int i = 0; i < count; i++) failed |= point(arguments + i, data[i]);
  if (p->scratch) failed |= point(arguments + count++, scratch);
  dnnl_stream_t stream = p->streams[copy];
  if (!failed) failed = dnnl_primitive_execute(p->primitive, stream, count, arguments) != 0;
  return failed | (dnnl_stream_wait(stream) != dnnl_success);
}

ls_status ls_onednn_reorder_new(ls_onednn_primitive *p, ls_device *device,
                                ls_dnnl_const_layout from, ls_dnnl_const_layout to,
                                ls_error *error) {
  static const int arguments[] = {DNNL_ARG_FROM, DNNL_ARG_TO, 0};
  dnnl_primitive_desc_t description = NULL;
  /* No attributes: no scratchpad of ours. */
  dnnl_status_t made = dnnl_reorder_primitive_desc_create(&description, from, device->engine, to,
                                                          device->engine, NULL);
  return ls_onednn_primitive_new(p, device, device->threads, made, description, arguments,
                                 "reorder", error);
}

ls_status ls_onednn_ran(int ran, const char *what, ls_error *error) {
  if (!ran) return LS_OK;
  return ls_fail(error, LS_INTERNAL, "backend onednn: the library failed in %s", what);
}

int ls_onednn_use_threads(int threads) {
#ifdef _OPENMP
  int before = omp_get_max_threads();
  omp_set_num_threads(threads);
  return before;
#else
  return threads;
#endif
}

int ls_onednn_thread(void) {
#ifdef _OPENMP
  return omp_get_thread_num();
#else
  return 0;
#endif
}

size_t ls_onednn_aligned(size_t bytes) {
  return (bytes + LS_ALIGNMENT - 1) / LS_ALIGNMENT * LS_ALIGNMENT;
}
